/* SPDX-License-Identifier: MIT */
/*
 * The kill ladder: its text and its default.
 */
#include "ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define S NS_PER_S

static void check_ladder(const char *text, const struct ladder *got, const struct ladder *expected)
{
	if (got->count != expected->count)
		fail_msg("'%s': %d rungs", text, got->count);
	for (int i = 0; i < got->count; i++) {
		const struct rung *a = &got->rung[i], *b = &expected->rung[i];
		if (a->target != b->target || a->sig != b->sig || a->wait_ns != b->wait_ns)
			fail_msg("'%s': rung %d: %s@%d:%lld", text, i,
				 ladder_target_name(a->target), a->sig, (long long)a->wait_ns);
	}
}

static void ladders_are_lists_of_signals_and_waits(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		struct ladder ladder;
	} rows[] = {
		{"KILL", {1, {{TARGET_TREE, SIGKILL, NS_NEVER}}}},
		{"9", {1, {{TARGET_TREE, SIGKILL, NS_NEVER}}}},
		{"main@sigterm", {1, {{TARGET_MAIN, SIGTERM, NS_NEVER}}}},
		{"tree@TERM", {1, {{TARGET_TREE, SIGTERM, NS_NEVER}}}},
		{"TERM,KILL",
		 {2, {{TARGET_TREE, SIGTERM, 10 * S}, {TARGET_TREE, SIGKILL, NS_NEVER}}}},
		{"TERM:5,KILL",
		 {2, {{TARGET_TREE, SIGTERM, 5 * S}, {TARGET_TREE, SIGKILL, NS_NEVER}}}},
		{"main@INT:2s,TERM:5s,KILL",
		 {3,
		  {{TARGET_MAIN, SIGINT, 2 * S},
		   {TARGET_TREE, SIGTERM, 5 * S},
		   {TARGET_TREE, SIGKILL, NS_NEVER}}}},
		{"main@KILL:1m30s,tree@KILL:1e-100,HUP",
		 {3,
		  {{TARGET_MAIN, SIGKILL, 90 * S},
		   {TARGET_TREE, SIGKILL, 1},
		   {TARGET_TREE, SIGHUP, NS_NEVER}}}},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct ladder ladder;
		if (ladder_parse(rows[i].text, &ladder) < 0)
			fail_msg("'%s': errno %d", rows[i].text, errno);
		check_ladder(rows[i].text, &ladder, &rows[i].ladder);
	}
}

static void ladders_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"",	       " ",	       ",",	      "TERM,",	       ",TERM",
		"TERM,,KILL",  "TERM:",	       "TERM:5s",     "TERM:infinity", "KILL:0",
		"TERM:,KILL",  "TERM:0,KILL",  "TERM:infinity,KILL",	       "TERM:x,KILL",
		"TERM:-1,KILL", "TERM:5s:6s,KILL", "TERM 5s,KILL", "TERM, KILL", " TERM",
		"TERM ",       "@TERM",	       "main@",	      "main@,KILL",    "group@TERM",
		"MAIN@TERM",   "main@main@TERM", "main@tree@TERM", "all@TERM", "main:TERM",
		"TERM@main",   "0",	       "NOSUCH",      "99",	       "99:1s,KILL",
		"TERM;KILL",   "TERM:1s;KILL", "TERM:9223372036854775808d,KILL", "5s:TERM,KILL",
		"TERM:1s,5s",  ":5s,KILL",     "TERM\n",      "32",
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct ladder ladder, before;
		memset(&before, 0x5a, sizeof(before));
		ladder = before;
		errno = 0;
		if (ladder_parse(texts[i], &ladder) != -1 || errno != EINVAL)
			fail_msg("'%s': errno %d", texts[i], errno);
		assert_memory_equal(&ladder, &before, sizeof(ladder));
	}
}

static void ladders_have_a_highest_number_of_rungs(void **state)
{
	/* LADDER_MAX rungs, and one more behind them */
	static const char text[] = "HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP,"
				   "HUP,HUP,HUP,HUP,HUP,HUP,HUP,INT,KILL";
	struct ladder ladder = { .count = -1 };
	char highest[sizeof(text)];
	(void)state;

	assert_int_equal(ladder_parse(text, &ladder), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(ladder.count, -1);

	snprintf(highest, sizeof(highest), "%.*s", (int)(strlen(text) - strlen(",KILL")), text);
	assert_int_equal(ladder_parse(highest, &ladder), 0);
	assert_int_equal(ladder.count, LADDER_MAX);
	assert_true(ladder.rung[LADDER_MAX - 2].wait_ns == 10 * S);
	assert_int_equal(ladder.rung[LADDER_MAX - 1].sig, SIGINT);
	assert_true(ladder.rung[LADDER_MAX - 1].wait_ns == NS_NEVER);
}

static void ladders_refuse_a_rung_of_absurd_length(void **state)
{
	struct ladder ladder = { .count = -1 };
	char text[1024];
	(void)state;

	snprintf(text, sizeof(text), "TERM:%0900ds,KILL", 1);
	assert_int_equal(ladder_parse(text, &ladder), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ladder.count, -1);
}

static void ladder_default_is_a_signal_and_then_kill(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what;
		enum target target;
		int sig;
		int64_t kill_after_ns;
		struct ladder ladder;
	} rows[] = {
		{"TERM, 10 s", TARGET_TREE, SIGTERM, 10 * S,
		 {2, {{TARGET_TREE, SIGTERM, 10 * S}, {TARGET_TREE, SIGKILL, NS_NEVER}}}},
		{"INT to main, 1 ns", TARGET_MAIN, SIGINT, 1,
		 {2, {{TARGET_MAIN, SIGINT, 1}, {TARGET_MAIN, SIGKILL, NS_NEVER}}}},
		{"TERM to group, never", TARGET_GROUP, SIGTERM, NS_NEVER,
		 {1, {{TARGET_GROUP, SIGTERM, NS_NEVER}}}},
		{"KILL, 10 s", TARGET_TREE, SIGKILL, 10 * S,
		 {1, {{TARGET_TREE, SIGKILL, NS_NEVER}}}},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct ladder ladder;
		memset(&ladder, 0x5a, sizeof(ladder));
		ladder_default(&ladder, rows[i].target, rows[i].sig, rows[i].kill_after_ns);
		check_ladder(rows[i].what, &ladder, &rows[i].ladder);
	}
}

static void ladder_targets_have_names(void **state)
{
	(void)state;
	assert_string_equal(ladder_target_name(TARGET_MAIN), "main");
	assert_string_equal(ladder_target_name(TARGET_TREE), "tree");
	assert_string_equal(ladder_target_name(TARGET_GROUP), "group");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ladders_are_lists_of_signals_and_waits),
		cmocka_unit_test(ladders_of_any_other_form_are_refused),
		cmocka_unit_test(ladders_have_a_highest_number_of_rungs),
		cmocka_unit_test(ladders_refuse_a_rung_of_absurd_length),
		cmocka_unit_test(ladder_default_is_a_signal_and_then_kill),
		cmocka_unit_test(ladder_targets_have_names),
	};
	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
