/* SPDX-License-Identifier: MIT */
/*
 * While the supervisor lives the front may share its memory, thread-local storage included:
 * errno is the supervisor's. So the front's loop makes its system calls itself and calls
 * nothing of the C library that could fail.
 */
#include "front.h"

#include <errno.h>
#include <linux/time_types.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "outcome.h"
#include "sharing.h"
#include "step.h"
#include "tree.h"

#define SUPERVISOR_STACK_BYTES (1024 * 1024) /* reserved; what is not used costs nothing */
#define KERNEL_SIGSET_BYTES 8

/* In memory that both have. */
struct front {
	const struct front_job *job;
	pid_t self;
	pid_t supervisor;
	struct launch launch;
	struct exit_status status;
	bool finished; /* STATUS is valid: the supervisor came to its end */
};

static int start_supervisor(void *argument)
{
	struct front *front = argument;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, FRONT_DEATH_SIGNAL, 0, 0, 0);
	prctl(PR_SET_NAME, "cordon-super", 0, 0,
	      0); /* killall -9 cordon is to find one of us only */
	front->status = front->job->supervise(front->job->argument);
	front->finished = true;
	return 0;
}

/* ---- system calls that leave errno alone ---- */

#if CAN_SHARE_MEMORY
static long raw(long number, long a, long b, long c, long d)
{
	long result;
	register long fourth asm("r10") = d;
	asm volatile("syscall"
		     : "=a"(result)
		     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
		     : "rcx", "r11", "memory");
	return result;
}

/*
 * The supervisor has the descriptors in common with the front (CLONE_FILES), so that none is
 * kept open by the front.
 */
static pid_t clone_supervisor(struct front *front)
{
	char *stack = mmap(NULL, SUPERVISOR_STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	return clone(start_supervisor, stack + SUPERVISOR_STACK_BYTES,
		     CLONE_VM | CLONE_FILES | SIGCHLD, front);
}
#else
static long raw(long number, long a, long b, long c, long d)
{
	return syscall(number, a, b, c, d);
}

/* A copy needs no descriptors but those it was given. */
static pid_t clone_supervisor(struct front *front)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(start_supervisor(front));
	if (pid > 0)
		close_range(STDERR_FILENO + 1, ~0u, 0);
	return pid;
}
#endif

/* ---- the front ---- */

static bool is_in_background(void)
{
	pid_t foreground = 0;
	return raw(SYS_ioctl, STDOUT_FILENO, TIOCGPGRP, (long)&foreground, 0) == 0 &&
	       foreground != raw(SYS_getpgid, 0, 0, 0, 0);
}

/*
 * As the supervisor was stopped, so that the shell sees a stopped job. One in a session of its own
 * was stopped on behalf of this terminal, which would have stopped everybody here, by Ctrl-Z, or in
 * the background for writing; and nobody but the front continues it.
 */
static void stop_as(const struct front *front, int sig)
{
	bool apart = front->job->apart;
	if (apart)
		sig = is_in_background() ? SIGTTOU : SIGTSTP;
	uint64_t set = UINT64_C(1) << (sig - 1);
	raw(SYS_kill, apart ? 0 : front->self, sig, 0, 0);
	raw(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&set, 0, KERNEL_SIGSET_BYTES);
	raw(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, KERNEL_SIGSET_BYTES);
	if (apart)
		raw(SYS_kill, front->supervisor, SIGCONT, 0, 0);
}

/* Then it is too late to stop: a stop signal would take the SIGCONT away (signal(7)). */
static bool is_continued(void)
{
	uint64_t pending = 0;
	raw(SYS_rt_sigpending, (long)&pending, KERNEL_SIGSET_BYTES, 0, 0);
	return pending >> (SIGCONT - 1) & 1;
}

/*
 * Returns true when the supervisor is gone, with how it ended. Others are GIVEN children, or have lost
 * their parents: process 1 of a container gets them all.
 */
static bool wait_supervisor(const struct front *front, struct inherited *given, int *wait_status)
{
	pid_t pid;
	*wait_status = 0;
	while ((pid = (pid_t)raw(SYS_wait4, -1, (long)wait_status, WNOHANG | WUNTRACED, 0)) > 0) {
		bool stopped = WIFSTOPPED(*wait_status);
		if (pid == front->supervisor && !stopped)
			return true;
		if (pid == front->supervisor && !is_continued())
			stop_as(front, WSTOPSIG(*wait_status));
		if (!stopped)
			inherited_forget(given, pid);
	}
	return false;
}

static bool leads_session(const struct front *front)
{
	return raw(SYS_getsid, 0, 0, 0, 0) == front->self;
}

/* ---- signals ---- */

/* How long a launch may still take once the run is to end. */
#define PATIENCE_NS NS_PER_S

/* For the signal that was the first to end the run, which cannot end before it has begun. */
struct patience {
	int sig;        /* 0: there was none yet */
	int64_t end_ns; /* NS_NEVER: nobody waits */
};

/* The process is held before it is sure to be the one: it is not reaped before that is undone. */
static void end_launch(struct launch *launch, int sig)
{
	pid_t pid = launch->pid;
	int pidfd = pid ? (int)raw(SYS_pidfd_open, pid, 0, 0, 0) : -1;
	if (pidfd < 0)
		return;
	if (launch->pid == pid) {
		launch->ended_by = sig;
		raw(SYS_pidfd_send_signal, pidfd, SIGKILL, 0, 0);
	}
	raw(SYS_close, pidfd, 0, 0, 0);
}

static void look_at_launch(struct front *front, struct patience *patience)
{
	if (patience->end_ns == NS_NEVER || clock_now_ns() < patience->end_ns)
		return;
	bool over = front->launch.over;
	if (!over)
		end_launch(&front->launch, patience->sig);
	patience->end_ns = over ? NS_NEVER : clock_now_ns() + PATIENCE_NS;
}

/*
 * What the terminal or the kernel sends to the whole group has reached the supervisor too;
 * what somebody sends to this process is meant for the run. Of a hang-up the leader of the
 * session is told alone.
 */
static void pass_on(const struct front *front, const siginfo_t *info, struct patience *patience)
{
	int sig = info->si_signo;
	bool to_group = info->si_code == SI_KERNEL && !front->job->apart &&
			!(sig == SIGHUP && leads_session(front));
	if (info->si_code == SI_USER && info->si_pid == front->supervisor)
		return; /* it has told the whole group */
	if (sig != SIGCHLD && !to_group)
		raw(SYS_kill, front->supervisor, sig, 0, 0);
	if (!front->launch.over && !patience->sig && step_is_terminating(sig) &&
	    !inherited_ignores(sig))
		*patience = (struct patience){ sig, clock_now_ns() + PATIENCE_NS };
}

/* Returns true with a signal, false at END_NS. */
static bool next_signal(siginfo_t *info, int64_t end_ns)
{
	const uint64_t every = ~UINT64_C(0);
	struct __kernel_old_timespec left = { 0 };
	int64_t left_ns = end_ns == NS_NEVER ? 0 : end_ns - clock_now_ns();
	if (left_ns > 0) {
		left.tv_sec = left_ns / NS_PER_S;
		left.tv_nsec = left_ns % NS_PER_S;
	}
	return raw(SYS_rt_sigtimedwait, (long)&every, (long)info,
		   end_ns == NS_NEVER ? 0 : (long)&left, KERNEL_SIGSET_BYTES) > 0;
}

static int follow_supervisor(struct front *front, struct inherited *given)
{
	struct patience patience = { .end_ns = NS_NEVER };
	siginfo_t info = { 0 };
	int wait_status;
	do {
		if (next_signal(&info, patience.end_ns))
			pass_on(front, &info, &patience);
		look_at_launch(front, &patience);
	} while (!wait_supervisor(front, given, &wait_status));
	return wait_status;
}

/* Who multiplies may end faster than they are reaped. */
static void reap_until(int64_t end_ns)
{
	while (waitpid(-1, NULL, WNOHANG) > 0 && clock_now_ns() < end_ns)
		;
}

/* The supervisor was killed, so the tree is the front's now. Until nobody is left to kill. */
static void kill_orphans(const struct inherited *inherited)
{
	struct tree_signalled last;
	struct tree tree;
	tree_init(&tree, inherited);
	msg_warn("its supervisor was killed: so is what it ran, and there is no report");
	do {
		int64_t began_ns = clock_now_ns();
		last = tree_signal(&tree, SIGKILL);
		usleep(5000);
		int64_t now_ns = clock_now_ns();
		reap_until(now_ns + 4 * (now_ns - began_ns)); /* most of the time is for that */
	} while (last.count > 0);
	if (last.denied)
		msg_warn("process %d cannot be killed: Operation not permitted", last.denied_pid);
	tree_fini(&tree);
}

/* Killed before its end: the front dies in the same way. */
static struct exit_status mirrored(int wait_status)
{
	if (WIFEXITED(wait_status))
		return (struct exit_status){ .code = WEXITSTATUS(wait_status) };
	int sig = WTERMSIG(wait_status);
	return (struct exit_status){ .code = STATUS_SIGNAL_BASE + sig, .raise = sig };
}

static struct front *share(struct front *own)
{
	return CAN_SHARE_MEMORY ? own : share_pages(sizeof(*own));
}

int front_run(const struct front_job *job, struct inherited *inherited)
{
	struct front own;
	struct front *front = share(&own);
	if (!front)
		return -1;
	*front = (struct front){ .job = job, .self = getpid() };

	/* Children that cordon had before stay the front's. */
	struct inherited given = *inherited;
	inherited->strangers = NULL;
	inherited->stranger_count = 0;
	*job->pid = front->self;
	*job->launch = &front->launch;
	pid_t pid = clone_supervisor(front);
	if (pid < 0) {
		*inherited = given;
		return -1;
	}
	front->supervisor = pid;
	int wait_status = follow_supervisor(front, &given);
	if (front->finished)
		outcome_exit(front->status);
	job->kill(job->argument);
	kill_orphans(&given);
	job->clean_up(job->argument);
	outcome_exit(mirrored(wait_status));
}
