/* SPDX-License-Identifier: MIT */
/* What a policy means, number by number. */
#include "sandbox/filter.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__LP64__)
const struct filter_arch filter_arches[] = { { .token = AUDIT_ARCH_X86_64, .x32 = true },
					     { .token = AUDIT_ARCH_I386, .multiplexed = true } };
#elif defined(__i386__)
const struct filter_arch filter_arches[] = { { .token = AUDIT_ARCH_I386, .multiplexed = true } };
#elif defined(__aarch64__) && defined(__AARCH64EL__)
const struct filter_arch filter_arches[] = { { .token = AUDIT_ARCH_AARCH64 },
					     { .token = AUDIT_ARCH_ARM } };
#elif defined(__arm__) && defined(__ARMEL__)
const struct filter_arch filter_arches[] = { { .token = AUDIT_ARCH_ARM } };
#elif defined(__riscv) && __riscv_xlen == 64
const struct filter_arch filter_arches[] = { { .token = AUDIT_ARCH_RISCV64 } };
#else
const struct filter_arch filter_arches[] = { { .token = 0 } };
#endif
const size_t filter_arch_count = sizeof(filter_arches) / sizeof(filter_arches[0]);

const char *filter_arch_name(uint32_t token)
{
	switch (token) {
	case AUDIT_ARCH_X86_64:
		return "x86_64";
	case AUDIT_ARCH_I386:
		return "i386";
	case AUDIT_ARCH_AARCH64:
		return "aarch64";
	case AUDIT_ARCH_ARM:
		return "arm";
	case AUDIT_ARCH_RISCV64:
		return "riscv64";
	default:
		return "unknown";
	}
}

/* ---- i386's calls in calls ---- */

/* linux/net.h, linux/ipc.h; DIRECT: the number of the call by itself, since 4.3 and 5.1. */
#define SOCKETCALL 102
#define IPC 117

static const struct multiplexed {
	char name[12];
	uint16_t number, call, direct;
} multiplexed[] = {
	{ "socket", SOCKETCALL, 1, 359 },
	{ "bind", SOCKETCALL, 2, 361 },
	{ "connect", SOCKETCALL, 3, 362 },
	{ "listen", SOCKETCALL, 4, 363 },
	{ "accept", SOCKETCALL, 5, 0 },
	{ "getsockname", SOCKETCALL, 6, 367 },
	{ "getpeername", SOCKETCALL, 7, 368 },
	{ "socketpair", SOCKETCALL, 8, 360 },
	{ "send", SOCKETCALL, 9, 0 },
	{ "recv", SOCKETCALL, 10, 0 },
	{ "sendto", SOCKETCALL, 11, 369 },
	{ "recvfrom", SOCKETCALL, 12, 371 },
	{ "shutdown", SOCKETCALL, 13, 373 },
	{ "setsockopt", SOCKETCALL, 14, 366 },
	{ "getsockopt", SOCKETCALL, 15, 365 },
	{ "sendmsg", SOCKETCALL, 16, 370 },
	{ "recvmsg", SOCKETCALL, 17, 372 },
	{ "accept4", SOCKETCALL, 18, 364 },
	{ "recvmmsg", SOCKETCALL, 19, 337 },
	{ "sendmmsg", SOCKETCALL, 20, 345 },
	{ "semop", IPC, 1, 0 },
	{ "semget", IPC, 2, 393 },
	{ "semctl", IPC, 3, 394 },
	{ "semtimedop", IPC, 4, 0 },
	{ "msgsnd", IPC, 11, 400 },
	{ "msgget", IPC, 13, 399 },
	{ "msgrcv", IPC, 12, 401 },
	{ "msgctl", IPC, 14, 402 },
	{ "shmat", IPC, 21, 397 },
	{ "shmdt", IPC, 22, 398 },
	{ "shmget", IPC, 23, 395 },
	{ "shmctl", IPC, 24, 396 },
};

static const struct multiplexed *find_multiplexed(const struct filter_arch *arch, const char *name)
{
	for (size_t i = 0; arch->multiplexed && i < sizeof(multiplexed) / sizeof(*multiplexed); i++)
		if (strcmp(name, multiplexed[i].name) == 0)
			return &multiplexed[i];
	return NULL;
}

uint64_t filter_call_mask(uint32_t number)
{
	return number == IPC ? 0xffff : 0xffffffff;
}

/* ---- tables ---- */

static int add_entry(struct filter_table *table, struct filter_entry entry)
{
	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 512;
		void *grown = reallocarray(table->entries, room, sizeof(*table->entries));
		if (!grown)
			return -1;
		table->entries = grown;
		table->room = room;
	}
	table->entries[table->count++] = entry;
	return 0;
}

/*
 * Inside such a call the arguments cannot be seen: what is denied under some condition is denied,
 * what is allowed under some is not.
 */
static int add_multiplexed(struct filter_table *table, const struct multiplexed *call,
			   const struct policy_rule *rule, uint32_t index)
{
	struct filter_entry inside = { .number = call->number, .rule = index, .call = call->call };
	struct filter_entry direct = { .number = call->direct, .rule = index };

	if (call->direct && add_entry(table, direct) < 0)
		return -1;
	if (rule->verdict.action == POLICY_ALLOW && rule->condition_count)
		return 0;
	return add_entry(table, inside);
}

/* To allow socketcall(2) as such would be to allow what is in it. */
static bool is_idle(const struct filter_arch *arch, const struct policy_rule *rule)
{
	return arch->multiplexed && rule->verdict.action == POLICY_ALLOW &&
	       (strcmp(rule->name, "socketcall") == 0 || strcmp(rule->name, "ipc") == 0);
}

/* Returns 1 if the name is known, 0 if not, -1 with errno. */
static int add_rule(struct filter_table *table, const struct policy_rule *rule, uint32_t index,
		    filter_resolve *resolve, void *context)
{
	const struct multiplexed *call = find_multiplexed(table->arch, rule->name);

	if (call)
		return add_multiplexed(table, call, rule, index) < 0 ? -1 : 1;
	int64_t number = resolve(context, table->arch->token, rule->name);
	if (number == FILTER_UNKNOWN)
		return 0;
	if (number < 0 || is_idle(table->arch, rule))
		return 1;
	struct filter_entry entry = { .number = (uint32_t)number, .rule = index };
	return add_entry(table, entry) < 0 ? -1 : 1;
}

static int compare_entries(const void *left, const void *right)
{
	const struct filter_entry *a = left, *b = right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule > b->rule ? -1 : 1;
	return 0;
}

static int fill_table(struct filter_table *table, const struct policy *policy,
		      filter_resolve *resolve, void *context, const struct policy_rule **unknown)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		int known = add_rule(table, rule, (uint32_t)i, resolve, context);
		if (known < 0)
			return -1;
		if (!known && !rule->optional) {
			*unknown = rule;
			errno = ENOENT;
			return -1;
		}
	}
	if (table->count)
		qsort(table->entries, table->count, sizeof(*table->entries), compare_entries);
	return 0;
}

int filter_init(struct filter *filter, const struct policy *policy,
		const struct filter_arch *arches, size_t count, filter_resolve *resolve,
		void *context, const struct policy_rule **unknown)
{
	assert(count <= FILTER_ARCHES_MAX);
	*filter = (struct filter){ .policy = policy };
	for (size_t i = 0; i < count; i++) {
		struct filter_table *table = &filter->tables[filter->table_count++];
		table->arch = &arches[i];
		if (fill_table(table, policy, resolve, context, unknown) < 0) {
			int err = errno;
			filter_fini(filter);
			errno = err;
			return -1;
		}
	}
	return 0;
}

void filter_fini(struct filter *filter)
{
	for (size_t i = 0; i < filter->table_count; i++)
		free(filter->tables[i].entries);
	filter->table_count = 0;
}

/* ---- what it means ---- */

const struct policy_verdict filter_absent = { POLICY_HIDE, ENOSYS };
const struct policy_verdict filter_foreign = { .action = POLICY_KILL };

static const struct filter_table *find_table(const struct filter *filter, uint32_t token)
{
	for (size_t i = 0; i < filter->table_count; i++)
		if (filter->tables[i].arch->token == token)
			return &filter->tables[i];
	return NULL;
}

size_t filter_find_entry(const struct filter_table *table, uint32_t number)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->entries[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool entry_matches(const struct policy *policy, const struct filter_entry *entry,
			  const uint64_t *arguments)
{
	if (entry->call)
		return (arguments[0] & filter_call_mask(entry->number)) == entry->call;
	return policy_matches(policy, &policy->rules[entry->rule], arguments);
}

struct policy_verdict filter_decide(const struct filter *filter, uint32_t token, uint32_t number,
				    const uint64_t *arguments)
{
	const struct policy *policy = filter->policy;
	const struct filter_table *table = find_table(filter, token);

	if (!table)
		return filter_foreign;
	if (table->arch->x32 && number >= FILTER_X32_FIRST)
		return filter_absent;
	for (size_t i = filter_find_entry(table, number);
	     i < table->count && table->entries[i].number == number; i++)
		if (entry_matches(policy, &table->entries[i], arguments))
			return policy->rules[table->entries[i].rule].verdict;
	return policy->otherwise;
}

bool filter_is_unconditional(const struct policy *policy, const struct filter_entry *entry)
{
	return !entry->call && policy->rules[entry->rule].condition_count == 0;
}

bool filter_always_allows(const struct filter *filter, uint32_t number)
{
	const struct policy *policy = filter->policy;
	const struct filter_table *table = &filter->tables[0];

	for (size_t i = filter_find_entry(table, number);
	     i < table->count && table->entries[i].number == number; i++) {
		if (policy->rules[table->entries[i].rule].verdict.action != POLICY_ALLOW)
			return false;
		if (filter_is_unconditional(policy, &table->entries[i]))
			return true;
	}
	return policy->otherwise.action == POLICY_ALLOW;
}
