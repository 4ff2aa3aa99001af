/* SPDX-License-Identifier: MIT */
/*
 * The report for people: the line, and the block below it.
 */
#include "a_run.h"

#include <signal.h>

#include "report/format.h"

static void check_line(struct fixture *f, const char *expected)
{
	char *line = report_human(&f->run, false);
	assert_string_equal(line, expected);
	free(line);
}

static void a_good_run_is_one_line(void **state)
{
	check_line(*state, "cordon: make test: exit 0 after 12.4s \u00b7 cpu 41.1s (332%) \u00b7 "
			   "peak 412 MiB \u00b7 214 processes\n");
}

static void durations_are_short(void **state)
{
	static const struct {
		int64_t ns;
		const char *expected;
	} rows[] = {
		{ 0, "0us" },
		{ 350 * NS_PER_US, "350us" },
		{ 2140 * NS_PER_US, "2.1ms" },
		{ 9949 * NS_PER_US, "9.9ms" },
		{ 9950 * NS_PER_US, "10ms" },
		{ 350 * NS_PER_MS, "350ms" },
		{ 999499 * NS_PER_US, "999ms" },
		{ 999500 * NS_PER_US, "1.0s" },
		{ 59949 * NS_PER_MS, "59.9s" },
		{ 59950 * NS_PER_MS, "1m00s" },
		{ 123 * NS_PER_S, "2m03s" },
		{ 3599600 * NS_PER_MS, "1h00m" },
		{ 3720 * NS_PER_S, "1h02m" },
		{ (3 * 86400 + 4 * 3600) * NS_PER_S, "3d04h" },
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char expected[64];
		snprintf(expected, sizeof(expected), "exit 0 after %s \u00b7", rows[i].expected);
		set_wall(f, rows[i].ns);
		char *line = report_human(&f->run, false);
		if (!strstr(line, expected))
			fail_msg("%s is not in %s", expected, line);
		free(line);
	}
}

static void sizes_have_binary_units(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *expected;
	} rows[] = {
		{ 0, "peak 0 B " },
		{ 1023, "peak 1023 B " },
		{ 1024, "peak 1.0 KiB " },
		{ 10137, "peak 9.9 KiB " },
		{ 10240, "peak 10 KiB " },
		{ UINT64_C(1023) << 10, "peak 1023 KiB " },
		{ (UINT64_C(1) << 20) - 1, "peak 1.0 MiB " },
		{ (UINT64_C(1) << 30) - 1, "peak 1.0 GiB " },
		{ UINT64_C(1536) << 20, "peak 1.5 GiB " },
		{ UINT64_C(7) << 40, "peak 7.0 TiB " },
		{ UINT64_MAX - 1, "peak 16 EiB " },
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		f->run.usage.max_rss_bytes = rows[i].bytes;
		char *line = report_human(&f->run, false);
		if (!strstr(line, rows[i].expected))
			fail_msg("%s is not in %s", rows[i].expected, line);
		free(line);
	}
}

static void a_run_that_failed_says_why(void **state)
{
	static const struct {
		enum reason reason;
		int wait_status, ended_by, trigger;
		const char *expected;
	} rows[] = {
		{ REASON_EXITED, EXITED(3), 0, 0, ": exit 3 after 5.0s " },
		{ REASON_SIGNALED, DIED(SIGSEGV), 0, 0, ": killed by SIGSEGV after 5.0s " },
		{ REASON_SIGNALED, DUMPED(SIGSEGV), 0, 0,
		  ": killed by SIGSEGV (core dumped) after 5.0s " },
		{ REASON_TIMEOUT, DIED(SIGTERM), SIGTERM, 0,
		  ": timeout after 5.0s, ended by TERM " },
		{ REASON_TIMEOUT, DIED(SIGKILL), SIGKILL, 0,
		  ": timeout after 5.0s, ended by KILL " },
		{ REASON_TIMEOUT, EXITED(0), SIGTERM, 0,
		  ": timeout after 5.0s, ended by TERM, exit 0 " },
		{ REASON_TIMEOUT, DIED(SIGSEGV), SIGTERM, 0,
		  ": timeout after 5.0s, ended by TERM, killed by SIGSEGV " },
		{ REASON_CPU_TIME, DIED(SIGTERM), SIGTERM, 0,
		  ": cpu-time after 5.0s, ended by TERM " },
		{ REASON_IDLE_TIMEOUT, DIED(SIGTERM), SIGTERM, 0,
		  ": idle-timeout after 5.0s, ended by TERM " },
		{ REASON_OOM, DIED(SIGKILL), 0, 0,
		  ": out of memory after 5.0s, killed by SIGKILL " },
		{ REASON_PIDS_LIMIT, EXITED(1), 0, 0,
		  ": at its limit of processes after 5.0s, exit 1 " },
		{ REASON_INTERRUPTED, DIED(SIGINT), SIGINT, SIGINT,
		  ": interrupted by INT after 5.0s, ended by INT " },
	};
	struct fixture *f = *state;
	struct outcome *outcome = &f->run.outcome;

	set_wall(f, 5 * NS_PER_S);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		outcome->reason = rows[i].reason;
		outcome->wait_status = rows[i].wait_status;
		outcome->kill.ended_by = rows[i].ended_by;
		outcome->kill.trigger = rows[i].trigger;
		char *line = report_human(&f->run, false);
		if (!strstr(line, rows[i].expected))
			fail_msg("%s is not in %s", rows[i].expected, line);
		free(line);
	}
}

static void after_a_limit_of_time_the_culprits_are_named(void **state)
{
	struct fixture *f = *state;
	struct snapshot_entry entries[9] = {
		{ 78, 4711, 'D', "dd a\n", 250000, 4096, 1500000, "wait_on_page" },
		{ 79, 1, 'R', "yes", 0, 0, 0, "" },
	};

	f->run.snapshot = (struct snapshot){ entries, 2, 2 };
	f->run.outcome.reason = REASON_TIMEOUT;
	char *text = report_human(&f->run, false);
	assert_string_equal(strchr(text, '\n'),
			    "\n  78 D cpu 250ms \u00b7 4.0 KiB \u00b7 in wait_on_page: dd a\\n\n"
			    "  79 R cpu 0us \u00b7 0 B: yes\n");
	free(text);

	for (size_t i = 0; i < ARRAY_LENGTH(entries); i++)
		entries[i] = entries[1];
	f->run.snapshot = (struct snapshot){ entries, 9, 300 };
	text = report_human(&f->run, false);
	assert_non_null(strstr(text, ": yes\n  and 292 more\n"));
	free(text);

	f->run.outcome.reason = REASON_INTERRUPTED;
	text = report_human(&f->run, false);
	assert_null(strstr(text, "yes"));
	free(text);
}

static void a_run_that_was_not_started_says_why(void **state)
{
	fail_to_start(*state);
	check_line(*state, "cordon: make test: not started: --chdir=/x: cannot enter: "
			   "No such file or directory\n");
}

static void what_remains_is_on_the_line(void **state)
{
	struct fixture *f = *state;
	f->run.outcome.leftover_count = 2;
	f->run.relay.stream[STREAM_OUT].holder_count = 1;
	char *line = report_human(&f->run, false);
	assert_non_null(strstr(line, " processes \u00b7 2 leftovers \u00b7 stdout still held\n"));
	free(line);
}

static void a_command_is_harmless_and_cut(void **state)
{
	struct fixture *f = *state;
	char long_argument[1000];

	drop_arguments(f);
	put_arguments(f, "echo", "a\n\x1b[31m\xff");
	char *line = report_human(&f->run, false);
	assert_int_equal(strncmp(line, "cordon: echo a\\n\\x1b[31m\\xff: exit", 34), 0);
	free(line);

	/* 60 columns, whatever they take in bytes: "echo", a blank, 54 letters, the ellipsis */
	for (size_t i = 0; i + 2 < sizeof(long_argument); i += 2)
		memcpy(long_argument + i, "\u00e9\0", 3);
	drop_arguments(f);
	put_arguments(f, "echo", long_argument);
	line = report_human(&f->run, false);
	char *end = strstr(line, "\u2026: exit 0 after ");
	assert_non_null(end);
	assert_int_equal(end - line, strlen("cordon: echo ") + 54 * 2);
	free(line);

	long_argument[55 * 2] = '\0';
	drop_arguments(f);
	put_arguments(f, "echo", long_argument);
	line = report_human(&f->run, false);
	assert_null(strstr(line, "\u2026"));
	free(line);
}

static void the_block_has_the_rest(void **state)
{
	static const char *const lines[] = {
		"\n  status            124\n",
		"\n  reason            timeout\n",
		"\n  title             nightly\\n\n",
		"\n  pid               4711\n",
		"\n  wall              12.4s\n",
		"\n  cpu               41.1s (332%), user 40.0s, system 1.1s\n",
		"\n  memory            largest process 412 MiB\n",
		"\n  processes         214\n",
		"\n  stdin             inherited\n",
		"\n  stdout            relayed 2.0 KiB in 8 lines, not delivered 5 B, Broken pipe, "
		"still held by 99 (sleep)\n",
		"\n  stderr            with stdout\n",
		"\n  cgroup            none: no cgroup2 is mounted\n"
		"                    not systemd: No, \\x1b[1mnever\n",
		"\n  signals sent      TERM to tree after 5.0s, 3 processes\n"
		"                    KILL to main after 15.0s, 1 process\n"
		"                    KILL to tree after 15.0s, 0 processes\n",
		"\n  leftovers         77 (daemon) killed\n",
	};
	struct fixture *f = *state;
	struct stream *out = &f->run.relay.stream[STREAM_OUT];
	struct kill_record *kill = &f->run.outcome.kill;

	f->spec.title = "nightly\n";
	*out = (struct stream){ .mode = STREAM_RELAYED,
				.relayed = true,
				.bytes = 2048,
				.undelivered = 5,
				.error = EPIPE,
				.counted = true,
				.tail = { .newlines = 7, .open_line = true },
				.holder = { { 99, "sleep" } },
				.holder_count = 1 };
	f->run.relay.stream[STREAM_ERR].mode = STREAM_MERGED;
	f->run.cgroup.what = "no cgroup2 is mounted";
	f->run.cgroup.tried[0] =
		(struct cgroup_attempt){ .kind = "systemd", .what = "No, \033[1mnever" };
	f->run.cgroup.tried_count = 1;
	f->run.outcome.reason = REASON_TIMEOUT;
	kill->count = 3;
	kill->step[0] = (struct kill_step){ SIGTERM, TARGET_TREE, 5 * NS_PER_S, 3 };
	kill->step[1] = (struct kill_step){ SIGKILL, TARGET_MAIN, 15 * NS_PER_S, 1 };
	kill->step[2] = (struct kill_step){ SIGKILL, TARGET_TREE, 15 * NS_PER_S, 0 };
	f->run.outcome.leftover_count = 1;
	f->run.outcome.leftovers[0] = (struct leftover){ 77, "daemon", LEFTOVER_KILLED };

	char *block = report_human(&f->run, true);
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
		if (!strstr(block, lines[i]))
			fail_msg("%s is not in\n%s", lines[i], block);
	free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_run_is_one_line),
		TEST(durations_are_short),
		TEST(sizes_have_binary_units),
		TEST(a_run_that_failed_says_why),
		TEST(after_a_limit_of_time_the_culprits_are_named),
		TEST(a_run_that_was_not_started_says_why),
		TEST(what_remains_is_on_the_line),
		TEST(a_command_is_harmless_and_cut),
		TEST(the_block_has_the_rest),
	};
	return cmocka_run_group_tests_name("human", tests, NULL, NULL);
}
