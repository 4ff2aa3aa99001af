/* SPDX-License-Identifier: MIT */
#include "jobcontrol.h"

#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "process.h"

bool jobcontrol_shares_group(const struct supervisor *s)
{
	return s->group == GROUP_STAY || s->group == GROUP_LIKE_TIMEOUT;
}

static void stand_still(int sig)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	kill(getpid(), sig);                  /* raise(3) may know the front only */
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* here cordon stands still */
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Whose job control at cordon's terminal the command has; 0: no such terminal, or none of its. */
static pid_t job(const struct supervisor *s)
{
	if (!s->terminal || s->group == GROUP_SESSION)
		return 0;
	return s->front ? s->front : getpid();
}

void jobcontrol_start(struct supervisor *s)
{
	relay_unbar(&s->run->relay, job(s));
}

/* The clocks stand still until the job is continued. */
static void stop_job(struct supervisor *s, int sig)
{
	int64_t since_ns = clock_now_ns();
	progress_clear(&s->progress);
	if (s->session.run) {
		session_suspend(&s->session);
		stand_still(SIGSTOP); /* the others are for who has a shell in front of him */
		session_resume(&s->session);
		if (!s->main_gone)
			kill(-s->pid, SIGCONT);
	} else {
		stand_still(sig);
	}
	int64_t stopped_ns = clock_now_ns() - since_ns;
	s->limit_ns = clock_after_ns(s->limit_ns, stopped_ns);
	s->reader_ns = clock_after_ns(s->reader_ns, stopped_ns);
	s->drain_ns = clock_after_ns(s->drain_ns, stopped_ns);
	s->last_byte_ns += stopped_ns;
	relay_unbar(&s->run->relay, job(s));
}

void jobcontrol_follow(struct supervisor *s, int sig)
{
	if (job(s) && s->phase == PHASE_RUNNING)
		stop_job(s, sig);
}

/* ---- a terminal that is not for the background to write to (stty tostop) ---- */

#define BAR_LOOK_NS NS_PER_S /* "fg" tells a job that did not stop nothing */

/*
 * Who ignores the signal may write: the kernel's rule. So may who has blocked it, but shells do that in
 * passing, and a look from here would find it by chance.
 */
static bool may_write(const struct supervisor *s)
{
	return s->main_gone ? inherited_ignores(SIGTTOU) : process_ignores(s->pid, SIGTTOU);
}

/*
 * The command is stopped now, and cordon with it; or, if it has ended meanwhile, cordon alone.
 * Nothing more is done about it in a run that is being ended.
 */
void jobcontrol_stop_writer(struct supervisor *s)
{
	s->bar_ns = clock_after_ns(clock_now_ns(), BAR_LOOK_NS);
	if (may_write(s)) {
		relay_unbar(&s->run->relay, 0);
		return;
	}
	bool ended = s->phase == PHASE_DRAINING && !outcome_is_urgent(s->run->outcome.reason);
	if (s->phase != PHASE_RUNNING && !ended)
		return;
	if (jobcontrol_shares_group(s))
		kill(0, SIGTTOU);
	else if (!s->main_gone)
		kill(-s->pid, SIGTTOU);
	if (ended)
		stop_job(s, SIGTTOU);
}

/* The command, which has not asked for them, is not stopped. */
void jobcontrol_await_keys(struct supervisor *s)
{
	s->bar_ns = clock_after_ns(clock_now_ns(), BAR_LOOK_NS);
}

void jobcontrol_look(struct supervisor *s)
{
	s->bar_ns = NS_NEVER;
	relay_unbar(&s->run->relay, job(s));
}
