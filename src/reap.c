/* SPDX-License-Identifier: MIT */
#include "reap.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "cleanup.h"
#include "clock.h"
#include "hook.h"
#include "jobcontrol.h"

/* Whoever else was told; with --pty the command's terminal tells those who have it alone. */
static bool was_heard(const struct supervisor *s, int sig)
{
	return sig == s->heard_signal || sig == s->run->relay.stream[STREAM_IN].typed_signal;
}

/* A process that is slow to die of one signal may have been sent the next. */
static int find_ender(const struct kill_record *kill, int wait_status)
{
	for (int i = 0; WIFSIGNALED(wait_status) && i < kill->count; i++)
		if (kill->step[i].sig == WTERMSIG(wait_status) && kill->step[i].processes > 0)
			return kill->step[i].sig;
	return kill->last_signal;
}

static void main_ended(struct supervisor *s, int wait_status)
{
	struct outcome *outcome = &s->run->outcome;
	s->main_gone = true;
	outcome->wait_status = wait_status;
	if (outcome->kill.started)
		outcome->kill.ended_by = find_ender(&outcome->kill, wait_status);
	if (outcome->reason == REASON_EXITED && WIFSIGNALED(wait_status))
		outcome->reason =
			was_heard(s, WTERMSIG(wait_status)) ? REASON_INTERRUPTED : REASON_SIGNALED;
}

static void reaped(struct supervisor *s, pid_t pid, int wait_status, const struct rusage *rusage)
{
	if (inherited_is_stranger(s->run->inherited, pid)) {
		inherited_forget(s->run->inherited, pid);
		if (pid == s->hook) {
			s->hook = 0;
			s->hook_ns = 0;
			hook_end(pid, &s->tree, s->run->inherited);
		}
		return;
	}
	usage_add(&s->run->usage, rusage);
	if (pid == s->pid)
		main_ended(s, wait_status);
	if (pid == s->tree.init) {
		s->run->usage.reaped += s->run->sandbox.namespaces.reaper.page->reaped;
		s->run->usage.reaped--; /* init itself is cordon's, not the run's */
		s->tree.init = 0;
	}
}

/* Children that came with cordon do not count: then only a look can tell. */
static bool is_tree_gone(struct supervisor *s, bool childless)
{
	if (childless)
		return true;
	if (!s->main_gone || s->tree.init || s->run->inherited->stranger_count == 0)
		return false;
	tree_scan(&s->tree);
	return s->tree.count == 0;
}

/*
 * To find that nobody has ended yet the kernel looks at every child, and none can end meanwhile:
 * 5000 who are killed at once would take four times as long. So after a long look there is a pause.
 */
#define LONG_LOOK_NS (50 * NS_PER_US)
#define PAUSE_MAX_NS (5 * NS_PER_MS)

static void let_them_end(int64_t since_ns)
{
	int64_t look_ns = clock_now_ns() - since_ns;
	if (look_ns < LONG_LOOK_NS)
		return;
	int64_t pause_ns = look_ns * 8 < PAUSE_MAX_NS ? look_ns * 8 : PAUSE_MAX_NS;
	nanosleep(&(struct timespec){ .tv_nsec = pause_ns }, NULL);
}

/* At a time: those who multiply may end faster than they are reaped, and there is more to do. */
#define REAP_MAX 256

/*
 * SIGCHLDs merge, so always until there is nobody to reap, if not at once. Returns true if there are
 * no children.
 */
static bool reap_all(struct supervisor *s)
{
	int wait_status;
	struct rusage rusage;
	int64_t look_ns = clock_now_ns();
	pid_t pid = 1;
	for (int i = 0; i < REAP_MAX; i++) {
		pid = wait4(-1, &wait_status, WNOHANG | WUNTRACED, &rusage);
		if (pid <= 0)
			break;
		if (!WIFSTOPPED(wait_status))
			reaped(s, pid, wait_status, &rusage);
		else if (pid == s->pid)
			jobcontrol_follow(s, WSTOPSIG(wait_status));
		look_ns = clock_now_ns();
	}
	s->unreaped = pid > 0;
	if (pid == 0 && s->run->outcome.kill.started)
		let_them_end(look_ns);
	return pid < 0;
}

/* Nobody but the init of the pid namespace is left, and it is on its way: not a leftover. */
static void reap_init(struct supervisor *s)
{
	int wait_status;
	struct rusage rusage;
	if (wait4(s->tree.init, &wait_status, 0, &rusage) > 0)
		reaped(s, s->tree.init, wait_status, &rusage);
}

bool reap(struct supervisor *s, enum event *event)
{
	bool main_was_gone = s->main_gone;
	bool childless = reap_all(s);
	if (s->main_gone && !main_was_gone && s->tree.init &&
	    reaper_is_ending(&s->run->sandbox.namespaces.reaper)) {
		reap_init(s);
		childless = reap_all(s);
	}
	s->tree_gone = is_tree_gone(s, childless);
	*event = s->tree_gone ? EVENT_TREE_GONE : EVENT_MAIN_GONE;
	return s->tree_gone || (s->main_gone && !main_was_gone);
}

/* ---- many who die at once ---- */

#define MANY 256

int reap_listen(struct supervisor *s, bool to_children)
{
	sigset_t set;
	sigfillset(&set);
	sigdelset(&set, SIGPIPE); /* blocked, so that writing says EPIPE, and of no further use */
	if (!to_children)
		sigdelset(&set, SIGCHLD); /* it stays pending */
	int fd = signalfd(s->signal_fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -1;
	s->signal_fd = fd;
	return 0;
}

void reap_later(struct supervisor *s, size_t count)
{
	if (count < MANY || s->watch >= 0)
		return;
	s->watch = cgroup_watch(s->run->cgroup.fd);
	if (s->watch < 0)
		return;
	reap_listen(s, false);
	reap_look(s);
}

void reap_look(struct supervisor *s)
{
	if (!cgroup_watch_has_processes(s->watch))
		reap_now(s);
}

void reap_now(struct supervisor *s)
{
	if (s->watch < 0)
		return;
	close_fd(&s->watch);
	reap_listen(s, true);
}
