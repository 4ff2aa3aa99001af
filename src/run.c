/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "confine.h"
#include "front.h"
#include "msg.h"
#include "report.h"
#include "sandbox/explain.h"
#include "sharing.h"
#include "spawn.h"
#include "supervise.h"

static void run_init(struct run *run, const struct spec *spec, struct inherited *inherited)
{
	run->spec = spec;
	run->inherited = inherited;
	cgroup_init(&run->cgroup);
	relay_init(&run->relay);
	terminal_init(&run->terminal);
	usage_init(&run->usage);
	sandbox_init(&run->sandbox, spec);
	run->sandbox.lacks = run->lacks;
	run->outcome.leftovers = run->leftovers;
}

static bool wants_account(const struct spec *spec)
{
	return spec->verbosity != VERBOSITY_QUIET || spec->report_count > 0;
}

static bool wants_record(const struct spec *spec)
{
	for (size_t i = 0; i < spec->report_count; i++)
		if (spec->reports[i].format != REPORT_HUMAN)
			return true;
	return false;
}

static bool wants_tails(const struct spec *spec)
{
	return spec->sandbox.explain_denied || wants_record(spec);
}

/* What options have made of the command is read back for those who see it. */
static bool wants_identity(const struct run *run)
{
	const struct spec *spec = run->spec;
	bool changed = spec->privs.set || spec->privs.set_groups || spec->sandbox.close_fds ||
		       run->sandbox.namespaces.flags;
	return changed && (spec->report_count > 0 || spec->verbosity == VERBOSITY_VERBOSE);
}

static void stamp(struct timespec *at, int64_t *ns)
{
	*ns = clock_now_ns();
	clock_gettime(CLOCK_REALTIME, at);
}

static int fail(struct run *run, const char *step, const char *what)
{
	run->outcome.failure = (struct failure){
		.step = step, .what = what, .err = errno, .status = STATUS_CORDON
	};
	return -1;
}

/*
 * Files first: opening one may wait (a FIFO), and until signals are blocked Ctrl-C is still
 * good for that.
 */
static int open_files(struct run *run, struct report *report)
{
	struct failure *failure = &run->outcome.failure;
	if (report_open(report, run->spec, failure) < 0)
		return -1;
	if (run->spec->pty)
		terminal_find(&run->terminal);
	if (relay_open(&run->relay, run->spec, run->inherited, wants_tails(run->spec), failure) < 0)
		return -1;
	if (run->relay.log.error) /* --log-optional */
		msg_warn_errno(run->relay.log.error, "--log=%s: cannot open", run->spec->log);
	return 0;
}

/* The rest of what can fail before the command exists. */
static int prepare(struct run *run, struct supervisor *supervisor)
{
	run->cgroup.front = run->front;
	if (sandbox_prepare(&run->sandbox, &run->outcome.failure) < 0 || confine_enter(run) < 0)
		return -1;
	if (supervise_init(supervisor, run) < 0)
		return fail(run, "signals", "cannot watch for signals");
	if (supervisor->group == GROUP_LIKE_TIMEOUT)
		setpgid(0, 0); /* as timeout(1) does, whatever comes of it */
	if (run->spec->pty && session_begin(&supervisor->session, run) < 0)
		return fail(run, "terminal", "cannot have a session for the terminal");
	/* Without memory for it the report has the directory as it was written. */
	if (run->spec->chdir && wants_record(run->spec))
		run->cwd = share_pages(PATH_MAX);
	return 0;
}

static pid_t start(struct run *run, const struct supervisor *supervisor)
{
	int stdio[STREAM_COUNT];
	for (int i = 0; i < STREAM_COUNT; i++)
		stdio[i] = run->relay.stream[i].child_fd;
	struct spawn spawn = {
		.spec = run->spec,
		.inherited = run->inherited,
		.sandbox = &run->sandbox,
		.stdio = stdio,
		.cgroup = &run->cgroup,
		.group = supervisor->group,
		.cwd = run->cwd,
		.launch = run->launch,
	};
	for (;;) {
		stamp(&run->outcome.started_at, &run->outcome.started_ns);
		spawn.limit_ns = clock_after_ns(run->outcome.started_ns, run->spec->timeout_ns);
		pid_t pid = spawn_child(&spawn, &run->outcome.failure);
		if (pid >= 0)
			return pid;
		if (confine_elsewhere(run, errno) < 0)
			return 0;
	}
}

static int launch_and_supervise(struct run *run, struct supervisor *supervisor)
{
	if (prepare(run, supervisor) < 0)
		return -1;
	pid_t pid = start(run, supervisor);
	if (run->launch)
		run->launch->over = true;
	if (pid == 0)
		return -1;
	run->outcome.pid = pid;
	sandbox_started(&run->sandbox);
	if (wants_identity(run))
		identity_read(&run->identity, pid);
	relay_started(&run->relay, run->outcome.started_ns);
	cgroup_sweep(&run->cgroup);
	supervise(supervisor, pid);
	return 0;
}

static void say_failure(const struct run *run)
{
	const struct failure *failure = &run->outcome.failure;
	const char *what = failure->what, *text = msg_errno_text(failure->err);
	const char *command = run->spec->command[0];
	const char *who = *failure->option ? failure->option : *command ? command : "''";
	if (run->spec->timeout_mode)
		msg_warn("%s '%s': %s", what, command, text);
	else if (failure->err)
		msg_warn("%s: %s: %s", who, what, text);
	else
		msg_warn("%s: %s", who, what);
}

/* Was a slow reader given up, or is none to be waited for? */
static bool has_no_patience(const struct run *run)
{
	const struct stream *stream = run->relay.stream;
	return outcome_is_urgent(run->outcome.reason) ||
	       (stream[STREAM_OUT].undelivered && !stream[STREAM_OUT].error) ||
	       (stream[STREAM_ERR].undelivered && !stream[STREAM_ERR].error);
}

/*
 * After a limit a stderr that takes nothing (a full pipe, a terminal stopped by Ctrl-S) must not
 * hold up the end either: what is still to be said goes nowhere then.
 */
static void leave_stuck_stderr(const struct run *run)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int64_t wait_ms = run->spec->drain_ns / NS_PER_MS;
	if (!has_no_patience(run) || poll(&pollfd, 1, wait_ms < INT_MAX ? (int)wait_ms : -1) != 0)
		return;
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

/* A reader that left is the command's affair; a full disk loses what it wrote, so it is said. */
static void say_lost_output(const struct relay *relay)
{
	static const char *const names[STREAM_COUNT] = { "stdin", "stdout", "stderr" };
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++)
		if (relay->stream[i].error && relay->stream[i].error != EPIPE)
			msg_warn_errno(relay->stream[i].error, "%s: cannot relay", names[i]);
		else if (relay->stream[i].undelivered && !relay->stream[i].error)
			msg_warn("%s: its reader did not take the last %llu bytes", names[i],
				 (unsigned long long)relay->stream[i].undelivered);
}

static void say_lost_log(const struct log *log)
{
	if (log->cut && log->error)
		msg_warn_errno(log->error, "--log=%s: cannot write", log->path);
	else if (log->cut)
		msg_warn("--log=%s: its reader did not take all of it", log->path);
}

static void say_output_limit(const struct run *run)
{
	const struct limit *limit = &run->relay.limit;
	if (!limit->hit)
		return;
	bool bytes = limit->bytes_left == 0;
	msg_warn("%s: the limit of output was reached (--%s=%llu)", run->spec->command[0],
		 bytes ? "output-limit" : "line-limit",
		 (unsigned long long)(bytes ? run->spec->output_limit : run->spec->line_limit));
}

/* What was the command's own doing has no rule to blame. */
static bool has_failed(const struct outcome *outcome)
{
	if (outcome->reason == REASON_NOT_STARTED)
		return false;
	return !outcome_is_forced(outcome->reason) &&
	       (!WIFEXITED(outcome->wait_status) || WEXITSTATUS(outcome->wait_status) != 0);
}

/* By the last lines of its standard error, or else of its standard output. */
static void explain(struct run *run)
{
	const struct spec *spec = run->spec;
	const struct failure *failure = &run->outcome.failure;
	char *out = run->explanation;
	bool known = false;

	if (!spec->sandbox.explain_denied)
		return;
	if (failure->step && !strcmp(failure->step, "exec") && failure->err == EACCES)
		known = strchr(spec->argv[0], '/') &&
			explain_exec(spec, spec->argv[0], out, sizeof(run->explanation));
	for (int i = STREAM_ERR; i >= STREAM_OUT && !known && has_failed(&run->outcome); i--) {
		const char *text;
		size_t size = tail_last(&run->relay.stream[i].tail, UINT_MAX, &text);
		known = size && explain_output(spec, text, size, out, sizeof(run->explanation));
	}
	if (known)
		msg_warn("%s: most likely the sandbox: %s", spec->command[0], out);
}

static void close_account(struct run *run)
{
	stamp(&run->outcome.ended_at, &run->outcome.ended_ns);
	if (wants_account(run->spec) || run->spec->tree_limit_count)
		cgroup_read(&run->cgroup, &run->usage);
	confine_judge(run);
	if (cgroup_remove(&run->cgroup) < 0)
		msg_warn_errno(errno, "cannot remove the cgroup %s", run->cgroup.path);
}

/* What run_command() has made, for the process that goes on with it. */
struct job {
	struct report report;
	struct run run;
};

static struct exit_status finish(struct job *job)
{
	struct run *run = &job->run;
	if (run->outcome.failure.step) {
		run->outcome.reason = REASON_NOT_STARTED;
		say_failure(run);
	} else {
		leave_stuck_stderr(run);
		say_lost_output(&run->relay);
		say_lost_log(&run->relay.log);
		say_output_limit(run);
	}
	explain(run);
	close_account(run);
	report_write(&job->report, run);
	report_fini(&job->report);
	relay_fini(&run->relay);
	snapshot_fini(&run->snapshot);
	sandbox_fini(&run->sandbox);
	return outcome_status(run->spec, &run->outcome);
}

static struct exit_status run_job(void *argument)
{
	struct job *job = argument;
	struct supervisor supervisor = { .signal_fd = -1, .watch = -1, .timer.fd = -1 };
	session_init(&supervisor.session);
	launch_and_supervise(&job->run, &supervisor);
	supervise_fini(&supervisor);
	return finish(job);
}

/* At once, whoever multiplies; those who have left the cgroup are found one by one. */
static void kill_job(void *argument)
{
	const struct job *job = argument;
	cgroup_kill(&job->run.cgroup);
}

static void abandon_job(void *argument)
{
	struct job *job = argument;
	terminal_leave(&job->run.terminal);
	cgroup_remove(&job->run.cgroup);
}

/* timeout(1), and who wants the command to outlive cordon, need no second process. */
void run_command(const struct spec *spec, struct inherited *inherited)
{
	/* Its pages that are not needed cost nothing here; on the stack all are touched. */
	static struct job job;
	struct run *run = &job.run;
	run_init(run, spec, inherited);
	stamp(&run->outcome.started_at, &run->outcome.started_ns);
	if (open_files(run, &job.report) < 0)
		outcome_exit(finish(&job));
	if (inherited_prepare(inherited) < 0) {
		fail(run, "signals", "cannot prepare to have children");
		outcome_exit(finish(&job));
	}
	if (!spec->die_with_parent)
		outcome_exit(run_job(&job));
	const struct front_job front = {
		.pid = &run->front,
		.launch = &run->launch,
		.supervise = run_job,
		.kill = kill_job,
		.clean_up = abandon_job,
		.apart = spec->pty,
		.argument = &job,
	};
	front_run(&front, inherited);
	fail(run, "spawn", "cannot start a process");
	outcome_exit(finish(&job));
}
