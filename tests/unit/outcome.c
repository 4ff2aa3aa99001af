/* SPDX-License-Identifier: MIT */
/*
 * From how a run ended to what cordon ends with.
 */
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define EXITED(code) ((code) << 8)
#define DIED(sig) (sig)
#define DUMPED(sig) ((sig) | 0x80)

struct row {
	enum reason reason;
	int wait_status;
	bool kill_sent;
	struct exit_status plain;    /* without options */
	struct exit_status code;     /* --signal-exit=code */
	struct exit_status preserve; /* --preserve-status */
	struct exit_status timeout;  /* under the name of timeout */
};

/* clang-format off */
static const struct row rows[] = {
	{REASON_EXITED, EXITED(0), false, {0, 0}, {0, 0}, {0, 0}, {0, 0}},
	{REASON_EXITED, EXITED(7), false, {7, 0}, {7, 0}, {7, 0}, {7, 0}},
	{REASON_EXITED, EXITED(124), false, {124, 0}, {124, 0}, {124, 0}, {124, 0}},
	{REASON_EXITED, EXITED(255), false, {255, 0}, {255, 0}, {255, 0}, {255, 0}},
	{REASON_EXITED, EXITED(5), true, {5, 0}, {5, 0}, {5, 0}, {5, 0}},

	{REASON_SIGNALED, DIED(SIGTERM), false, {143, 15}, {143, 0}, {143, 15}, {143, 15}},
	{REASON_SIGNALED, DIED(SIGKILL), false, {137, 9}, {137, 0}, {137, 9}, {137, 9}},
	{REASON_SIGNALED, DUMPED(SIGSEGV), false, {139, 11}, {139, 0}, {139, 11}, {139, 11}},
	{REASON_SIGNALED, DIED(64), false, {192, 64}, {192, 0}, {192, 64}, {192, 64}},

	{REASON_TIMEOUT, EXITED(0), false, {124, 0}, {124, 0}, {0, 0}, {124, 0}},
	{REASON_TIMEOUT, EXITED(5), true, {124, 0}, {124, 0}, {5, 0}, {124, 0}},
	{REASON_TIMEOUT, DIED(SIGTERM), false, {124, 0}, {124, 0}, {143, 15}, {124, 0}},
	{REASON_TIMEOUT, DIED(SIGTERM), true, {124, 0}, {124, 0}, {143, 15}, {124, 0}},
	{REASON_TIMEOUT, DIED(SIGKILL), true, {137, 0}, {137, 0}, {137, 9}, {137, 0}},
	/* It was not cordon's KILL. */
	{REASON_TIMEOUT, DIED(SIGKILL), false, {124, 0}, {124, 0}, {137, 9}, {137, 0}},
	{REASON_CPU_TIME, DIED(SIGTERM), false, {124, 0}, {124, 0}, {143, 15}, {124, 0}},
	{REASON_CPU_TIME, DIED(SIGKILL), true, {137, 0}, {137, 0}, {137, 9}, {137, 0}},
	{REASON_IDLE_TIMEOUT, EXITED(0), false, {124, 0}, {124, 0}, {0, 0}, {124, 0}},

	{REASON_INTERRUPTED, EXITED(3), false, {3, 0}, {3, 0}, {3, 0}, {3, 0}},
	{REASON_INTERRUPTED, DIED(SIGINT), false, {130, 2}, {130, 0}, {130, 2}, {130, 2}},
	{REASON_INTERRUPTED, DIED(SIGKILL), true, {137, 9}, {137, 0}, {137, 9}, {137, 9}},

	/* Limits of output, memory and processes keep the true status. */
	{REASON_OUTPUT_LIMIT, EXITED(0), false, {0, 0}, {0, 0}, {0, 0}, {0, 0}},
	{REASON_OUTPUT_LIMIT, DIED(SIGTERM), true, {143, 15}, {143, 0}, {143, 15}, {143, 15}},
	{REASON_OOM, DIED(SIGKILL), false, {137, 9}, {137, 0}, {137, 9}, {137, 9}},
	{REASON_PIDS_LIMIT, EXITED(2), false, {2, 0}, {2, 0}, {2, 0}, {2, 0}},
};
/* clang-format on */

static void check(const char *how, size_t row, const struct spec *spec, struct exit_status expected)
{
	const struct outcome outcome = {
		.reason = rows[row].reason,
		.wait_status = rows[row].wait_status,
		.kill = { .kill_sent = rows[row].kill_sent },
	};
	struct exit_status got = outcome_status(spec, &outcome);

	if (got.code != expected.code || got.raise != expected.raise)
		fail_msg("row %zu, %s: %d, raise %d", row, how, got.code, got.raise);
}

static void each_ending_has_its_status(void **state)
{
	const struct spec plain = { 0 };
	const struct spec code = { .signal_exit = SIGNAL_EXIT_CODE };
	const struct spec preserve = { .preserve_status = true };
	const struct spec timeout = { .timeout_mode = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		check("plain", i, &plain, rows[i].plain);
		check("code", i, &code, rows[i].code);
		check("preserve", i, &preserve, rows[i].preserve);
		check("timeout", i, &timeout, rows[i].timeout);
	}
}

/* Under timeout(1) with --preserve-status cordon does not raise what it sent itself. */
static void timeout_raises_nothing_of_its_own_doing(void **state)
{
	const struct spec spec = { .timeout_mode = true, .preserve_status = true };
	struct outcome outcome = { .reason = REASON_TIMEOUT, .wait_status = DIED(SIGTERM) };

	(void)state;
	assert_int_equal(outcome_status(&spec, &outcome).code, 143);
	assert_int_equal(outcome_status(&spec, &outcome).raise, 0);
	outcome.reason = REASON_SIGNALED;
	assert_int_equal(outcome_status(&spec, &outcome).raise, SIGTERM);
}

static void a_failure_to_start_has_the_status_of_the_failure(void **state)
{
	static const enum status statuses[] = { STATUS_CORDON, STATUS_NOT_EXECUTABLE,
						STATUS_NOT_FOUND };
	struct spec spec = { .preserve_status = true, .fail_on_leftovers = true };

	(void)state;
	for (int i = 0; i < 256; i++)
		spec.ok[i] = true;
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		const struct outcome outcome = { .reason = REASON_NOT_STARTED,
						 .failure = { .status = statuses[i] } };
		struct exit_status got = outcome_status(&spec, &outcome);
		assert_int_equal(got.code, statuses[i]);
		assert_int_equal(got.raise, 0);
	}
	assert_int_equal(STATUS_CORDON, 125);
	assert_int_equal(STATUS_NOT_EXECUTABLE, 126);
	assert_int_equal(STATUS_NOT_FOUND, 127);
}

static void codes_that_are_ok_are_success(void **state)
{
	struct spec spec = { 0 };

	(void)state;
	spec.ok[7] = spec.ok[143] = true;
	for (int code = 0; code < 256; code++) {
		const struct outcome outcome = { .reason = REASON_EXITED,
						 .wait_status = EXITED(code) };
		assert_int_equal(outcome_status(&spec, &outcome).code,
				 code == 7 || code == 143 ? 0 : code);
	}
	const struct outcome died = { .reason = REASON_SIGNALED, .wait_status = DIED(SIGTERM) };
	assert_int_equal(outcome_status(&spec, &died).code, 143);
}

static void leftovers_make_only_a_success_fail(void **state)
{
	struct spec spec = { .fail_on_leftovers = true };
	struct outcome outcome = { .reason = REASON_EXITED, .leftover_count = 1 };

	(void)state;
	spec.ok[7] = true;
	assert_int_equal(outcome_status(&spec, &outcome).code, 1);
	outcome.wait_status = EXITED(7);
	assert_int_equal(outcome_status(&spec, &outcome).code, 1);
	outcome.wait_status = EXITED(8);
	assert_int_equal(outcome_status(&spec, &outcome).code, 8);
	outcome.wait_status = DIED(SIGHUP);
	assert_int_equal(outcome_status(&spec, &outcome).raise, SIGHUP);
	outcome.reason = REASON_TIMEOUT;
	assert_int_equal(outcome_status(&spec, &outcome).code, 124);
	outcome.reason = REASON_EXITED;
	outcome.wait_status = EXITED(0);
	outcome.leftover_count = 0;
	assert_int_equal(outcome_status(&spec, &outcome).code, 0);
	spec.fail_on_leftovers = false;
	outcome.leftover_count = 1;
	assert_int_equal(outcome_status(&spec, &outcome).code, 0);
}

static void every_reason_has_its_word(void **state)
{
	static const struct {
		enum reason reason;
		const char *name;
	} names[] = {
		{ REASON_EXITED, "exited" },
		{ REASON_SIGNALED, "signaled" },
		{ REASON_TIMEOUT, "timeout" },
		{ REASON_CPU_TIME, "cpu-time" },
		{ REASON_IDLE_TIMEOUT, "idle-timeout" },
		{ REASON_OOM, "oom" },
		{ REASON_PIDS_LIMIT, "pids-limit" },
		{ REASON_INTERRUPTED, "interrupted" },
		{ REASON_NOT_STARTED, "not-started" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		assert_string_equal(outcome_reason_name(names[i].reason), names[i].name);
}

/* ---- the end of the process ---- */

/* What wait(2) says of a process that ends with STATUS, in a strange world if STRANGE. */
static int end_with(struct exit_status status, bool strange)
{
	int wait_status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		sigset_t all;
		sigfillset(&all);
		if (strange && status.raise != SIGKILL)
			signal(status.raise, SIG_IGN);
		if (strange)
			sigprocmask(SIG_BLOCK, &all, NULL);
		outcome_exit(status);
	}
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	return wait_status;
}

static void a_code_is_exited_with(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++)
		assert_int_equal(end_with((struct exit_status){ .code = code }, false),
				 EXITED(code));
}

static void a_signal_is_died_of_even_if_blocked_and_ignored(void **state)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	(void)state;
	setrlimit(RLIMIT_CORE, &unlimited); /* as far as it goes: only the superuser may */
	for (int sig = 1; sig <= 64; sig++) {
		/* posix_spawn(3) leaves the C library's own, 32 and 33, ignored for good */
		if (sig == 32 || sig == 33 || sig == SIGCHLD || sig == SIGCONT || sig == SIGURG ||
		    sig == SIGWINCH || (sig >= SIGSTOP && sig <= SIGTTOU))
			continue;
		const struct exit_status status = { .code = 128 + sig, .raise = sig };
		assert_int_equal(end_with(status, false), DIED(sig));
		assert_int_equal(end_with(status, true), DIED(sig));
	}
}

static void a_signal_that_does_not_kill_becomes_a_code(void **state)
{
	(void)state;
	assert_int_equal(end_with((struct exit_status){ .code = 145, .raise = SIGCHLD }, false),
			 EXITED(145));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_ending_has_its_status),
		cmocka_unit_test(timeout_raises_nothing_of_its_own_doing),
		cmocka_unit_test(a_failure_to_start_has_the_status_of_the_failure),
		cmocka_unit_test(codes_that_are_ok_are_success),
		cmocka_unit_test(leftovers_make_only_a_success_fail),
		cmocka_unit_test(every_reason_has_its_word),
		cmocka_unit_test(a_code_is_exited_with),
		cmocka_unit_test(a_signal_is_died_of_even_if_blocked_and_ignored),
		cmocka_unit_test(a_signal_that_does_not_kill_becomes_a_code),
	};
	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
