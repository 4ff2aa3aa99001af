/* SPDX-License-Identifier: MIT */
/*
 * The defaults, and what spec_check() makes of a command and its signals.
 */
#include "spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static char word_make[] = "make", word_j[] = "-j", word_empty[] = "";

static void nothing_is_limited_or_asked_for_by_default(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec);
	assert_int_equal(spec.timeout_ns, NS_NEVER);
	assert_int_equal(spec.first_signal, SIGTERM);
	assert_int_equal(spec.kill_after_ns, 10 * NS_PER_S);
	assert_int_equal(spec.drain_ns, NS_PER_S);
	assert_int_equal(spec.tail_lines, 20);
	assert_int_equal(spec.cgroup, CGROUP_AUTO);
	assert_int_equal(spec.leftovers, LEFTOVERS_KILL);
	assert_int_equal(spec.group, GROUP_AUTO);
	assert_true(spec.die_with_parent);
	assert_int_equal(spec.in.mode, STDIO_INHERIT);
	assert_int_equal(spec.out.mode, STDIO_AUTO);
	assert_int_equal(spec.err.mode, STDIO_AUTO);
	assert_int_equal(spec.verbosity, VERBOSITY_NORMAL);
	assert_int_equal(spec.signal_exit, SIGNAL_EXIT_RAISE);
	assert_int_equal(spec.report_count, 0);
	assert_int_equal(spec.limits.set, 0);
	assert_false(spec.privs.set || spec.set_umask || spec.set_nice || spec.set_oom_score_adj);
	for (size_t i = 0; i < ARRAY_LENGTH(spec.ok); i++)
		assert_false(spec.ok[i]);
	spec_fini(&spec);
}

static void assert_argv(char *const *argv, const char *const *expected)
{
	for (; *expected; argv++, expected++) {
		assert_non_null(*argv);
		assert_string_equal(*argv, *expected);
	}
	assert_null(*argv);
}

static void the_command_gets_what_comes_before_it(void **state)
{
	char *const command[] = { word_make, word_j, word_empty, NULL };
	char *const alone[] = { word_make, NULL };
	/* clang-format off */
	const struct {
		bool shell;
		const char *interpreter;
		char *const *command;
		const char *expected[8];
	} rows[] = {
		{ false, NULL, command, { "make", "-j", "" } },
		{ false, NULL, alone, { "make" } },
		{ true, NULL, command, { "/bin/sh", "-c", "make", "sh", "-j", "" } },
		{ true, NULL, alone, { "/bin/sh", "-c", "make", "sh" } },
		{ false, "python3", command, { "python3", "make", "-j", "" } },
		{ false, "python3", alone, { "python3", "make" } },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct spec spec;
		spec_init(&spec);
		spec.shell = rows[i].shell;
		spec.interpreter = rows[i].interpreter;
		spec.command = rows[i].command;
		spec_check(&spec);
		assert_argv(spec.argv, rows[i].expected);
		assert_ptr_equal(spec.command, rows[i].command);
		spec_fini(&spec);
	}
}

static struct ladder checked_ladder(bool timeout_mode, enum group_mode group, int64_t kill_after_ns)
{
	char *const command[] = { word_make, NULL };
	struct ladder ladder;
	struct spec spec;

	spec_init(&spec);
	spec.command = command;
	spec.first_signal = SIGINT;
	spec.timeout_mode = timeout_mode;
	spec.group = group;
	spec.kill_after_ns = kill_after_ns;
	spec_check(&spec);
	ladder = spec.ladder;
	spec_fini(&spec);
	return ladder;
}

static void the_ladder_is_made_of_a_signal_and_a_delay(void **state)
{
	struct ladder ladder = checked_ladder(false, GROUP_AUTO, 5 * NS_PER_S);

	(void)state;
	assert_int_equal(ladder.count, 2);
	assert_int_equal(ladder.rung[0].sig, SIGINT);
	assert_int_equal(ladder.rung[0].target, TARGET_TREE);
	assert_int_equal(ladder.rung[0].wait_ns, 5 * NS_PER_S);
	assert_int_equal(ladder.rung[1].sig, SIGKILL);
	assert_int_equal(ladder.rung[1].target, TARGET_TREE);

	ladder = checked_ladder(false, GROUP_STAY, NS_NEVER);
	assert_int_equal(ladder.count, 1);
	assert_int_equal(ladder.rung[0].target, TARGET_TREE);
}

static void timeout_signals_its_group_or_the_command_alone(void **state)
{
	struct ladder ladder = checked_ladder(true, GROUP_LIKE_TIMEOUT, NS_PER_S);

	(void)state;
	assert_int_equal(ladder.rung[0].target, TARGET_GROUP);
	assert_int_equal(ladder.rung[1].target, TARGET_GROUP);
	ladder = checked_ladder(true, GROUP_STAY, NS_PER_S);
	assert_int_equal(ladder.rung[0].target, TARGET_MAIN);
	assert_int_equal(ladder.rung[1].target, TARGET_MAIN);
}

static void a_ladder_that_was_given_stays(void **state)
{
	char *const command[] = { word_make, NULL };
	struct spec spec;

	(void)state;
	spec_init(&spec);
	spec.command = command;
	spec.ladder_given = true;
	spec.ladder = (struct ladder){ .count = 1, .rung[0] = { TARGET_MAIN, SIGHUP, NS_NEVER } };
	spec_check(&spec);
	assert_int_equal(spec.ladder.count, 1);
	assert_int_equal(spec.ladder.rung[0].sig, SIGHUP);
	spec_fini(&spec);
}

/* The sanitizers see it if memory is released twice, or never. */
static void memory_lives_as_long_as_its_spec(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec);
	for (int i = 0; i < 100; i++) {
		char *text = malloc(8);
		assert_int_equal(spec_keep(&spec, text), 0);
		memcpy(text, "kept...", 8);
	}
	assert_string_equal(spec.kept[99], "kept...");
	spec_fini(&spec);
	assert_int_equal(spec.kept_count, 0);
	spec_fini(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_limited_or_asked_for_by_default),
		cmocka_unit_test(the_command_gets_what_comes_before_it),
		cmocka_unit_test(the_ladder_is_made_of_a_signal_and_a_delay),
		cmocka_unit_test(timeout_signals_its_group_or_the_command_alone),
		cmocka_unit_test(a_ladder_that_was_given_stays),
		cmocka_unit_test(memory_lives_as_long_as_its_spec),
	};
	return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
