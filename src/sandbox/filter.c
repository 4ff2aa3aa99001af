/* SPDX-License-Identifier: MIT */
/*
 * Programs are written from their end, so that each jump, and they all lead forward, knows where
 * it goes.
 */
#include "sandbox/filter.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

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

#define X32_FIRST 0x40000000u

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

/* ipc(2) has a version in the upper half. */
static uint64_t call_mask(uint32_t number)
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

static const struct policy_verdict absent = { POLICY_HIDE, ENOSYS };
static const struct policy_verdict foreign = { .action = POLICY_KILL };

static const struct filter_table *find_table(const struct filter *filter, uint32_t token)
{
	for (size_t i = 0; i < filter->table_count; i++)
		if (filter->tables[i].arch->token == token)
			return &filter->tables[i];
	return NULL;
}

/* The first entry for NUMBER or one above. */
static size_t find_entry(const struct filter_table *table, uint32_t number)
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
		return (arguments[0] & call_mask(entry->number)) == entry->call;
	return policy_matches(policy, &policy->rules[entry->rule], arguments);
}

struct policy_verdict filter_decide(const struct filter *filter, uint32_t token, uint32_t number,
				    const uint64_t *arguments)
{
	const struct policy *policy = filter->policy;
	const struct filter_table *table = find_table(filter, token);

	if (!table)
		return foreign;
	if (table->arch->x32 && number >= X32_FIRST)
		return absent;
	for (size_t i = find_entry(table, number);
	     i < table->count && table->entries[i].number == number; i++)
		if (entry_matches(policy, &table->entries[i], arguments))
			return policy->rules[table->entries[i].rule].verdict;
	return policy->otherwise;
}

static bool is_unconditional(const struct policy *policy, const struct filter_entry *entry)
{
	return !entry->call && policy->rules[entry->rule].condition_count == 0;
}

bool filter_always_allows(const struct filter *filter, uint32_t number)
{
	const struct policy *policy = filter->policy;
	const struct filter_table *table = &filter->tables[0];

	for (size_t i = find_entry(table, number);
	     i < table->count && table->entries[i].number == number; i++) {
		if (policy->rules[table->entries[i].rule].verdict.action != POLICY_ALLOW)
			return false;
		if (is_unconditional(policy, &table->entries[i]))
			return true;
	}
	return policy->otherwise.action == POLICY_ALLOW;
}

/* ---- writing a program ---- */

/* How far from the program's end an instruction is: 1 is the last one. */
typedef size_t place;

struct writer {
	const struct filter *filter;
	const struct filter_table *table;
	enum filter_mode mode;
	const uint32_t *open;
	size_t open_count;
	struct sock_filter *code; /* BPF_MAXINSNS of them, filled from the end */
	place at;                 /* of the instruction written last */
	bool full;
};

static void put(struct writer *w, uint16_t code, uint32_t k, size_t jt, size_t jf)
{
	assert(jt <= UINT8_MAX && jf <= UINT8_MAX);
	if (w->at == BPF_MAXINSNS) {
		w->full = true;
		return;
	}
	w->code[BPF_MAXINSNS - ++w->at] =
		(struct sock_filter){ .code = code, .jt = (uint8_t)jt, .jf = (uint8_t)jf, .k = k };
}

static void put_return(struct writer *w, uint32_t value)
{
	put(w, BPF_RET | BPF_K, value, 0, 0);
}

static void put_load(struct writer *w, size_t offset)
{
	put(w, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/*
 * Compare the accumulator with K by OPERATION: go on with the next instruction, or to ELSEWHERE
 * if it is true (JUMP_IF) or is not.
 */
static void put_branch(struct writer *w, uint16_t operation, uint32_t k, bool jump_if,
		       place elsewhere)
{
	size_t distance = w->at - elsewhere;

	if (distance > UINT8_MAX) {
		put(w, BPF_JMP | BPF_JA, (uint32_t)distance, 0, 0);
		put(w, BPF_JMP | operation | BPF_K, k, jump_if ? 0 : 1, jump_if ? 1 : 0);
	} else {
		put(w, BPF_JMP | operation | BPF_K, k, jump_if ? distance : 0,
		    jump_if ? 0 : distance);
	}
}

static uint32_t answer(const struct writer *w, struct policy_verdict verdict)
{
	switch (verdict.action) {
	case POLICY_ALLOW:
		return SECCOMP_RET_ALLOW;
	case POLICY_DENY:
		if (w->mode == FILTER_LISTENED)
			return SECCOMP_RET_USER_NOTIF;
		return SECCOMP_RET_ERRNO | ((uint32_t)verdict.err & SECCOMP_RET_DATA);
	case POLICY_HIDE:
		return SECCOMP_RET_ERRNO | ((uint32_t)verdict.err & SECCOMP_RET_DATA);
	case POLICY_KILL:
		return w->mode == FILTER_LISTENED ? SECCOMP_RET_USER_NOTIF
						  : SECCOMP_RET_KILL_PROCESS;
	}
	__builtin_unreachable();
}

/* ---- one number ---- */

#define LOW_HALF UINT64_C(0xffffffff)

/* Half of an argument: go on if it is as it should be, else to ELSEWHERE (or so if DIFFERS). */
static void put_half(struct writer *w, size_t offset, uint64_t mask, uint64_t value, bool differs,
		     place elsewhere)
{
	uint32_t low_mask = (uint32_t)(mask & LOW_HALF);

	put_branch(w, BPF_JEQ, (uint32_t)(value & LOW_HALF), differs, elsewhere);
	if (low_mask != UINT32_MAX)
		put(w, BPF_ALU | BPF_AND | BPF_K, low_mask, 0, 0);
	put_load(w, offset);
}

/* Go on if CONDITION is true, else to ELSEWHERE. The upper half is looked at first. */
static void put_condition(struct writer *w, const struct policy_condition *condition,
			  place elsewhere)
{
	size_t low = offsetof(struct seccomp_data, args) + condition->argument * sizeof(uint64_t);
	uint64_t mask = condition->mask, value = condition->value;
	place holds = w->at;

	put_half(w, low, mask, value, condition->differs, elsewhere);
	if (mask >> 32 == 0)
		return;
	/* When the upper half differs, that settles it. */
	put_half(w, low + sizeof(uint32_t), mask >> 32, value >> 32, false,
		 condition->differs ? holds : elsewhere);
}

/* The verdict of ENTRY if its conditions are true, else what is there already. */
static void put_entry(struct writer *w, const struct filter_entry *entry)
{
	const struct policy *policy = w->filter->policy;
	const struct policy_rule *rule = &policy->rules[entry->rule];
	const struct policy_condition call = { .mask = call_mask(entry->number),
					       .value = entry->call };
	place otherwise = w->at;

	put_return(w, answer(w, rule->verdict));
	if (entry->call)
		put_condition(w, &call, otherwise);
	for (size_t i = entry->call ? 0 : rule->condition_count; i-- > 0;)
		put_condition(w, &policy->conditions[rule->condition + i], otherwise);
}

/* ---- all numbers ---- */

/* From FIRST on, up to the next segment: one verdict, or what the entries of that number say. */
struct segment {
	uint32_t first;
	uint32_t answer;
	size_t entry, count; /* COUNT 0: ANSWER */
};

struct segments {
	struct segment *segment; /* owned */
	size_t count;
};

static void segments_fini(struct segments *segments)
{
	free(segments->segment);
}

/* Behind those that are there, which it may replace or go on with. */
static void add_segment(struct segments *segments, struct segment next)
{
	if (segments->count && segments->segment[segments->count - 1].first == next.first)
		segments->count--; /* there was nothing between */
	if (segments->count) {
		const struct segment *last = &segments->segment[segments->count - 1];
		if (!next.count && !last->count && last->answer == next.answer)
			return;
	}
	segments->segment[segments->count++] = next;
}

static bool is_open(const struct writer *w, uint32_t number)
{
	for (size_t i = 0; w->table == &w->filter->tables[0] && i < w->open_count; i++)
		if (w->open[i] == number)
			return true;
	return false;
}

/* What the policy says of NUMBER. */
static struct segment policy_segment(const struct writer *w, uint32_t number)
{
	const struct policy *policy = w->filter->policy;
	const struct filter_table *table = w->table;
	struct segment segment = { .first = number, .entry = find_entry(table, number) };

	for (size_t i = segment.entry; i < table->count && table->entries[i].number == number;
	     i++) {
		segment.count++;
		if (is_unconditional(policy, &table->entries[i]))
			break;
	}
	if (segment.count == 1 && is_unconditional(policy, &table->entries[segment.entry])) {
		segment.count = 0;
		segment.answer =
			answer(w, policy->rules[table->entries[segment.entry].rule].verdict);
	} else if (segment.count == 0) {
		segment.answer = answer(w, policy->otherwise);
	}
	return segment;
}

static struct segment make_segment(const struct writer *w, uint32_t number)
{
	bool open = is_open(w, number);

	if (w->mode == FILTER_LISTENED && open)
		return (struct segment){ .first = number, .answer = SECCOMP_RET_ALLOW };
	if (w->mode == FILTER_CLOSING && !open)
		return (struct segment){ .first = number, .answer = SECCOMP_RET_ALLOW };
	return policy_segment(w, number);
}

/* The next number from FIRST on that is anything in particular, or the end of all. */
static uint64_t next_number(const struct writer *w, uint64_t first)
{
	uint64_t next = w->table->arch->x32 ? X32_FIRST : UINT64_C(1) << 32;
	size_t entry = find_entry(w->table, (uint32_t)first);

	if (entry < w->table->count && w->table->entries[entry].number < next)
		next = w->table->entries[entry].number;
	for (size_t i = 0; i < w->open_count; i++)
		if (w->open[i] >= first && w->open[i] < next)
			next = w->open[i];
	return next;
}

static int make_segments(const struct writer *w, struct segments *segments)
{
	uint64_t end = w->table->arch->x32 ? X32_FIRST : UINT64_C(1) << 32;
	uint32_t between = w->mode == FILTER_CLOSING ? SECCOMP_RET_ALLOW
						     : answer(w, w->filter->policy->otherwise);

	segments->count = 0;
	segments->segment =
		calloc(2 * (w->table->count + w->open_count) + 2, sizeof(*segments->segment));
	if (!segments->segment)
		return -1;
	add_segment(segments, (struct segment){ .first = 0, .answer = between });
	for (uint64_t at = next_number(w, 0); at < end; at = next_number(w, at + 1)) {
		add_segment(segments, make_segment(w, (uint32_t)at));
		if (at + 1 < end)
			add_segment(segments, (struct segment){ .first = (uint32_t)at + 1,
								.answer = between });
	}
	if (w->table->arch->x32)
		add_segment(segments,
			    (struct segment){ .first = X32_FIRST, .answer = answer(w, absent) });
	return 0;
}

static void put_segment(struct writer *w, const struct segment *segment)
{
	const struct policy *policy = w->filter->policy;

	if (!segment->count) {
		put_return(w, segment->answer);
		return;
	}
	if (!is_unconditional(policy, &w->table->entries[segment->entry + segment->count - 1]))
		put_return(w, answer(w, policy->otherwise));
	for (size_t i = segment->count; i-- > 0;)
		put_entry(w, &w->table->entries[segment->entry + i]);
}

/* Halves of halves; the accumulator has the number. */
static void put_tree(struct writer *w, const struct segment *segment, size_t count)
{
	size_t half = count / 2;

	if (count == 1) {
		put_segment(w, segment);
		return;
	}
	put_tree(w, segment + half, count - half);
	place upper = w->at;
	put_tree(w, segment, half);
	if (!w->full)
		put_branch(w, BPF_JGE, segment[half].first, true, upper);
}

/* One architecture, before what is there for the others. */
static int put_table(struct writer *w, const struct filter_table *table)
{
	_cleanup_(segments_fini) struct segments segments = { .segment = NULL };
	place others = w->at;

	w->table = table;
	if (make_segments(w, &segments) < 0)
		return -1;
	put_tree(w, segments.segment, segments.count);
	put_load(w, offsetof(struct seccomp_data, nr));
	if (!w->full)
		put_branch(w, BPF_JEQ, table->arch->token, false, others);
	return 0;
}

static int write_program(struct writer *w)
{
	put_return(w, answer(w, foreign));
	for (size_t i = w->filter->table_count; i-- > 0;)
		if (put_table(w, &w->filter->tables[i]) < 0)
			return -1;
	put_load(w, offsetof(struct seccomp_data, arch));
	if (!w->full)
		return 0;
	errno = E2BIG;
	return -1;
}

int filter_compile(const struct filter *filter, enum filter_mode mode, const uint32_t *open,
		   size_t count, struct sock_fprog *program)
{
	_cleanup_free_ struct sock_filter *code = calloc(BPF_MAXINSNS, sizeof(*code));
	struct writer w = {
		.filter = filter, .mode = mode, .open = open, .open_count = count, .code = code
	};

	if (!code || write_program(&w) < 0)
		return -1;
	memmove(code, code + BPF_MAXINSNS - w.at, w.at * sizeof(*code));
	program->len = (unsigned short)w.at;
	program->filter = take_ptr(code);
	return 0;
}
