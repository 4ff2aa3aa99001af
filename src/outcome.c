/* SPDX-License-Identifier: MIT */
#include "outcome.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct exit_status plain(int code)
{
	return (struct exit_status){ .code = code };
}

/*
 * The status of the command itself: its exit code, or the signal that ended it, raised
 * again so that the caller sees the same death. timeout(1) raises only what is not its own
 * doing. Where nothing was executed yet, it is cordon that was to end.
 */
static struct exit_status own_status(const struct spec *spec, const struct outcome *outcome)
{
	if (WIFEXITED(outcome->wait_status)) {
		int code = WEXITSTATUS(outcome->wait_status);
		return plain(spec->ok[code] ? 0 : code);
	}
	int sig = outcome->kill.unlaunched ? outcome->kill.trigger : WTERMSIG(outcome->wait_status);
	struct exit_status status = plain(STATUS_SIGNAL_BASE + sig);
	bool by_timeout = spec->timeout_mode && outcome->reason == REASON_TIMEOUT;
	if (spec->signal_exit == SIGNAL_EXIT_RAISE && !by_timeout)
		status.raise = sig;
	return status;
}

/* 124, or 137 where only KILL helped; timeout(1) keeps any death by KILL. */
static struct exit_status timeout_status(const struct spec *spec, const struct outcome *outcome)
{
	bool killed =
		WIFSIGNALED(outcome->wait_status) && WTERMSIG(outcome->wait_status) == SIGKILL;
	if (killed && (spec->timeout_mode || outcome->kill.kill_sent))
		return plain(STATUS_SIGNAL_BASE + SIGKILL);
	return plain(STATUS_TIMEOUT);
}

bool outcome_is_time_limit(enum reason reason)
{
	return reason == REASON_TIMEOUT || reason == REASON_CPU_TIME ||
	       reason == REASON_IDLE_TIMEOUT;
}

bool outcome_is_urgent(enum reason reason)
{
	return outcome_is_time_limit(reason) || reason == REASON_INTERRUPTED;
}

bool outcome_is_forced(enum reason reason)
{
	return outcome_is_urgent(reason) || reason == REASON_OUTPUT_LIMIT;
}

struct exit_status outcome_status(const struct spec *spec, const struct outcome *outcome)
{
	if (outcome->reason == REASON_NOT_STARTED)
		return plain((int)outcome->failure.status);
	if (outcome_is_time_limit(outcome->reason) && !spec->preserve_status)
		return timeout_status(spec, outcome);
	struct exit_status status = own_status(spec, outcome);
	if (spec->fail_on_leftovers && outcome->leftover_count > 0 && status.code == 0)
		return plain(STATUS_LEFTOVERS);
	return status;
}

const char *outcome_reason_name(enum reason reason)
{
	switch (reason) {
	case REASON_EXITED:
		return "exited";
	case REASON_SIGNALED:
		return "signaled";
	case REASON_TIMEOUT:
		return "timeout";
	case REASON_CPU_TIME:
		return "cpu-time";
	case REASON_IDLE_TIMEOUT:
		return "idle-timeout";
	case REASON_OUTPUT_LIMIT:
		return "output-limit";
	case REASON_OOM:
		return "oom";
	case REASON_PIDS_LIMIT:
		return "pids-limit";
	case REASON_INTERRUPTED:
		return "interrupted";
	case REASON_NOT_STARTED:
		return "not-started";
	}
	__builtin_unreachable();
}

/*
 * By the system calls themselves: the C library keeps two signals to itself, which a command can die
 * of all the same.
 */
static void die_of(int sig)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no core: pipes would ignore RLIMIT_CORE */

	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigaction(sig, &dfl, NULL);
	kill(getpid(), sig);
	const uint64_t set = UINT64_C(1) << (sig - 1);
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, sizeof(set));
}

void outcome_exit(struct exit_status status)
{
	if (status.raise)
		die_of(status.raise);
	_exit(status.code);
}
