/* SPDX-License-Identifier: MIT */
/*
 * The programs. They are written from their end, so that each jump, and they all lead forward,
 * knows where it goes.
 */
#include <assert.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "sandbox/filter.h"

/* ---- instructions ---- */

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
	const struct policy_condition call = { .mask = filter_call_mask(entry->number),
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
	struct segment segment = { .first = number, .entry = filter_find_entry(table, number) };

	for (size_t i = segment.entry; i < table->count && table->entries[i].number == number;
	     i++) {
		segment.count++;
		if (filter_is_unconditional(policy, &table->entries[i]))
			break;
	}
	if (segment.count == 1 && filter_is_unconditional(policy, &table->entries[segment.entry])) {
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
	uint64_t next = w->table->arch->x32 ? FILTER_X32_FIRST : UINT64_C(1) << 32;
	size_t entry = filter_find_entry(w->table, (uint32_t)first);

	if (entry < w->table->count && w->table->entries[entry].number < next)
		next = w->table->entries[entry].number;
	for (size_t i = 0; i < w->open_count; i++)
		if (w->open[i] >= first && w->open[i] < next)
			next = w->open[i];
	return next;
}

static int make_segments(const struct writer *w, struct segments *segments)
{
	uint64_t end = w->table->arch->x32 ? FILTER_X32_FIRST : UINT64_C(1) << 32;
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
		add_segment(segments, (struct segment){ .first = FILTER_X32_FIRST,
							.answer = answer(w, filter_absent) });
	return 0;
}

static void put_segment(struct writer *w, const struct segment *segment)
{
	const struct policy *policy = w->filter->policy;

	if (!segment->count) {
		put_return(w, segment->answer);
		return;
	}
	if (!filter_is_unconditional(policy,
				     &w->table->entries[segment->entry + segment->count - 1]))
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
	put_return(w, answer(w, filter_foreign));
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
