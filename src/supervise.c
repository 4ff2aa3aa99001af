/* SPDX-License-Identifier: MIT */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "clock.h"
#include "cputime.h"
#include "escalate.h"
#include "front.h"
#include "hook.h"
#include "jobcontrol.h"
#include "leftovers.h"
#include "msg.h"
#include "reap.h"
#include "slots.h"
#include "spawn.h"

enum slot {
	SLOT_SIGNAL,
	SLOT_TIMER,
	SLOT_SECCOMP,
	SLOT_WATCH,
	SLOT_RELAY,
	SLOT_COUNT = SLOT_RELAY + RELAY_POLLFDS
};

int supervise_init(struct supervisor *s, struct run *run)
{
	*s = (struct supervisor){
		.run = run,
		.spec = run->spec,
		.phase = PHASE_RUNNING,
		.front = run->front,
		.signal_fd = -1,
		.watch = -1,
		.limit_ns = NS_NEVER,
		.idle_ns = NS_NEVER,
		.cpu_look_ns = NS_NEVER,
		.hook_ns = NS_NEVER,
		.rung_ns = NS_NEVER,
		.retry_ns = NS_NEVER,
		.drain_ns = NS_NEVER,
		.bar_ns = NS_NEVER,
		.reader_ns = NS_NEVER,
	};
	timer_init(&s->timer);
	session_init(&s->session);
	progress_init(&s->progress);
	tree_init(&s->tree, run->inherited);
	s->group = spawn_resolve_group(run->spec, &s->terminal);
	return reap_listen(s, true);
}

void supervise_fini(struct supervisor *s)
{
	progress_fini(&s->progress);
	session_end(&s->session);
	tree_fini(&s->tree);
	close_fd(&s->watch);
	close_fd(&s->signal_fd);
	timer_fini(&s->timer);
}

/* ---- events and what they lead to ---- */

static const enum leftover_action leftover_actions[] = {
	[LEFTOVERS_KILL] = LEFTOVER_KILLED,
	[LEFTOVERS_WAIT] = LEFTOVER_WAITED,
	[LEFTOVERS_LEAVE] = LEFTOVER_LEFT,
};

static void leave_leftovers(struct supervisor *s)
{
	leftovers_leave(&s->run->outcome, &s->tree);
	s->run->cgroup.left = true;
	cgroup_leave(&s->run->cgroup);
}

static void limits_off(struct supervisor *s)
{
	s->limit_ns = s->idle_ns = s->cpu_look_ns = NS_NEVER;
}

static void begin_hook(struct supervisor *s, int64_t now_ns)
{
	const struct hook hook = {
		.command = s->spec->on_timeout,
		.pid = s->pid,
		.reason = outcome_reason_name(s->limit_hit),
		.mask = &s->run->inherited->mask,
	};
	limits_off(s);
	progress_fini(&s->progress); /* what the hook has to say is not to be mixed with it */
	s->hook_ns = now_ns;         /* over at once, if it cannot be started */
	s->hook = hook_start(&hook);
	if (s->hook < 0) {
		msg_warn_errno(errno, "--on-timeout: cannot be run");
		s->hook = 0;
		return;
	}
	s->hook_ns = clock_after_ns(now_ns, HOOK_MAX_NS);
	if (inherited_add(s->run->inherited, s->hook) < 0)
		s->hook_ns = now_ns;
}

/* Whatever it still does: reaped like everybody, and then forgotten. */
static void end_hook(struct supervisor *s)
{
	s->hook_ns = NS_NEVER;
	if (s->hook > 0)
		hook_end(s->hook, &s->tree, s->run->inherited);
}

static void begin_drain(struct supervisor *s, int64_t now_ns)
{
	limits_off(s);
	end_hook(s);
	s->rung_ns = s->retry_ns = NS_NEVER;
	s->drain_ns = clock_after_ns(now_ns, s->spec->drain_ns);
	s->quiet = false;
	if (s->bar_ns != NS_NEVER)
		s->bar_ns = now_ns;
	relay_end_input(&s->run->relay);
}

static void begin_ladder(struct supervisor *s, enum event event, int64_t now_ns)
{
	struct outcome *outcome = &s->run->outcome;
	limits_off(s);
	end_hook(s);
	if (event == EVENT_TERMINATED && !s->main_gone)
		outcome->reason = REASON_INTERRUPTED;
	if (outcome->leftover_count)
		leftovers_change(outcome, LEFTOVER_KILLED);
	escalate_begin(s, event, now_ns);
}

static void perform(struct supervisor *s, enum action action, enum event event)
{
	int64_t now_ns = clock_now_ns();
	progress_clear(&s->progress);
	switch (action) {
	case ACTION_NONE:
		break;
	case ACTION_RUN_HOOK:
		begin_hook(s, now_ns);
		break;
	case ACTION_BEGIN_LADDER:
		begin_ladder(s, event, now_ns);
		break;
	case ACTION_CLIMB:
		escalate_climb(s, now_ns);
		break;
	case ACTION_END_REST:
		escalate_end_rest(s, now_ns);
		break;
	case ACTION_KILL:
		limits_off(s);
		end_hook(s);
		if (!s->main_gone)
			s->run->outcome.reason = REASON_INTERRUPTED;
		escalate_kill(s, now_ns);
		break;
	case ACTION_PASS_ON:
		escalate_pass_on(s, s->terminated, now_ns);
		break;
	case ACTION_LEAVE:
		leave_leftovers(s);
		begin_drain(s, now_ns);
		break;
	case ACTION_DRAIN:
		begin_drain(s, now_ns);
		break;
	case ACTION_GIVE_UP_STREAMS:
		relay_give_up(&s->run->relay);
		break;
	}
}

static void feed(struct supervisor *s, enum event event)
{
	const struct step_policy policy = { .leftovers = s->spec->leftovers,
					    .hook = s->spec->on_timeout != NULL };
	enum phase before = s->phase;
	struct step step = supervise_step(before, event, policy);
	s->phase = step.next;
	if (event == EVENT_MAIN_GONE && before == PHASE_RUNNING)
		leftovers_note(&s->run->outcome, &s->tree, leftover_actions[s->spec->leftovers]);
	if (step.action != ACTION_NONE)
		perform(s, step.action, event);
}

static void hit_limit(struct supervisor *s, enum reason which)
{
	s->limit_hit = which;
	s->run->outcome.reason = which;
	feed(s, EVENT_TIMEOUT);
}

/* ---- signals to cordon ---- */

/*
 * The terminal sends its signals to the whole foreground group: whoever is in it has got
 * them. The kernel sent them (SI_KERNEL, sigaction(2)), which nobody else can claim.
 */
static bool came_to_the_group(const struct supervisor *s, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGHUP && getsid(0) == getpid())
		return false; /* of a hang-up the leader of the session is told alone */
	return info->ssi_code == SI_KERNEL && s->terminal && jobcontrol_shares_group(s) &&
	       !s->spec->timeout_mode;
}

/* The leader of a session is told when its terminal is hung up, which is cordon's own doing. */
static bool is_own_hang_up(const struct supervisor *s, const struct signalfd_siginfo *info)
{
	return s->session.run && info->ssi_signo == SIGHUP && info->ssi_code == SI_KERNEL;
}

static void forward(const struct supervisor *s, int sig)
{
	if (s->main_gone)
		return;
	bool job_control = sig == SIGTSTP || sig == SIGCONT;
	kill(job_control && !jobcontrol_shares_group(s) ? -s->pid : s->pid, sig);
}

/*
 * With --pty the command hears of it from its own terminal. One that has looked at the likeness
 * of a terminal before cordon has come to change it is told once more.
 */
static void pass_on_size(struct supervisor *s, const struct signalfd_siginfo *info)
{
	if (s->session.run)
		session_resize(&s->session);
	else if (relay_resize(&s->run->relay) && jobcontrol_shares_group(s))
		kill(0, SIGWINCH);
	else if (!came_to_the_group(s, info))
		forward(s, SIGWINCH);
}

/* Its death came as FRONT_DEATH_SIGNAL, which others send too. */
static bool is_front_gone(const struct supervisor *s)
{
	return s->front && getppid() != s->front;
}

static void take_signal(struct supervisor *s, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	if (info->ssi_code == SI_USER && (pid_t)info->ssi_pid == getpid())
		return; /* cordon's own, to its group */
	if (sig == FRONT_DEATH_SIGNAL && is_front_gone(s))
		return; /* the command need not go on for that */
	if (sig == SIGWINCH) {
		pass_on_size(s, info);
		return;
	}
	if (sig == SIGALRM && s->spec->timeout_mode) {
		if (s->phase == PHASE_RUNNING)
			hit_limit(s, REASON_TIMEOUT); /* timeout(1) takes it for its timer's */
		return;
	}
	if (step_is_terminating(sig) && (s->spec->timeout_mode || !inherited_ignores(sig))) {
		s->terminated = sig;
		feed(s, EVENT_TERMINATED);
	} else {
		forward(s, sig);
	}
}

/*
 * Whoever has ended comes first, so that a signal to cordon in the same moment finds the run
 * as it is.
 */
static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info[8];
	enum event event;
	ssize_t got = read(s->signal_fd, info, sizeof(info));
	if (got <= 0)
		return;
	size_t count = (size_t)got / sizeof(info[0]);
	bool alone = s->main_gone; /* then what the terminal sends is for cordon to act on */
	for (size_t i = 0; i < count; i++)
		if (step_is_terminating((int)info[i].ssi_signo) && !is_own_hang_up(s, &info[i]))
			s->heard_signal = (int)info[i].ssi_signo;
	for (size_t i = 0; i < count; i++)
		if (info[i].ssi_signo == SIGCHLD && reap(s, &event))
			feed(s, event);
	for (size_t i = 0; i < count; i++)
		if (info[i].ssi_signo != SIGCHLD && !is_own_hang_up(s, &info[i]) &&
		    (alone || info[i].ssi_signo == SIGWINCH || !came_to_the_group(s, &info[i])))
			take_signal(s, &info[i]);
}

static void look_at_front(struct supervisor *s)
{
	if (!is_front_gone(s))
		return;
	s->front = 0;
	session_end(&s->session);
	feed(s, EVENT_ORPHANED);
}

/* The front has ended the launch, for a signal that has come here, too. */
static bool was_launch_ended(struct supervisor *s)
{
	int sig = s->run->launch ? s->run->launch->ended_by : 0;
	sigset_t set;
	if (!sig)
		return false;
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigtimedwait(&set, NULL, &(struct timespec){ 0 });
	s->terminated = s->heard_signal = sig;
	s->run->outcome.kill.unlaunched = true;
	feed(s, EVENT_TERMINATED);
	return true;
}

/* ---- time ---- */

/*
 * A command that ended well waits for its reader as long as it would without cordon: until
 * the limit, if there is one.
 */
static int64_t drain_deadline(const struct supervisor *s)
{
	if (s->phase != PHASE_DRAINING)
		return NS_NEVER;
	if (outcome_is_urgent(s->run->outcome.reason) || !relay_is_blocked(&s->run->relay))
		return s->drain_ns;
	return s->drain_ns > s->reader_ns ? s->drain_ns : s->reader_ns;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_deadline(const struct supervisor *s)
{
	int64_t limit_ns = earlier(earlier(s->limit_ns, s->idle_ns), s->cpu_look_ns);
	int64_t ladder_ns = earlier(earlier(s->rung_ns, s->retry_ns), s->hook_ns);
	int64_t screen_ns = earlier(earlier(s->session.look_ns, s->bar_ns), s->progress.due_ns);
	return earlier(earlier(limit_ns, ladder_ns), earlier(drain_deadline(s), screen_ns));
}

/* It is beside the point that the command may have ended meanwhile: there was more. */
static void look_at_output(struct supervisor *s)
{
	enum reason reason = s->run->outcome.reason;
	if (s->run->relay.limit.hit && (reason == REASON_EXITED || reason == REASON_SIGNALED))
		hit_limit(s, REASON_OUTPUT_LIMIT);
}

/* Bytes that came since only move the deadline when it is looked at. */
static void look_at_idleness(struct supervisor *s, int64_t now_ns)
{
	int64_t due_ns = clock_after_ns(s->last_byte_ns, s->spec->idle_timeout_ns);
	if (now_ns >= due_ns)
		hit_limit(s, REASON_IDLE_TIMEOUT);
	else
		s->idle_ns = due_ns;
}

static void look_at_cpu_time(struct supervisor *s, int64_t now_ns)
{
	uint64_t used_us = cputime_tree_us(&s->run->cgroup, &s->run->usage, &s->tree);
	int64_t left_ns = s->spec->cpu_time_ns - (int64_t)used_us * NS_PER_US;
	if (left_ns <= 0)
		hit_limit(s, REASON_CPU_TIME);
	else
		s->cpu_look_ns = clock_after_ns(now_ns, cputime_next_look_ns(left_ns));
}

static void take_deadlines(struct supervisor *s)
{
	if (next_deadline(s) == NS_NEVER)
		return;
	int64_t now_ns = clock_now_ns();
	if (now_ns >= s->retry_ns)
		progress_clear(&s->progress);
	if (now_ns >= s->retry_ns && !escalate_kill_again(s, now_ns) && s->main_gone)
		feed(s, EVENT_STUCK);
	if (now_ns >= s->limit_ns)
		hit_limit(s, REASON_TIMEOUT);
	if (now_ns >= s->idle_ns)
		look_at_idleness(s, now_ns);
	if (now_ns >= s->cpu_look_ns)
		look_at_cpu_time(s, now_ns);
	if (now_ns >= s->session.look_ns)
		session_look(&s->session);
	if (now_ns >= s->bar_ns)
		jobcontrol_look(s);
	if (now_ns >= s->progress.due_ns)
		progress_show(&s->progress, s->run, &s->tree, s->last_byte_ns);
	if (now_ns >= s->hook_ns) {
		s->hook_ns = NS_NEVER;
		feed(s, EVENT_HOOK_OVER);
	}
	if (now_ns >= s->rung_ns)
		feed(s, EVENT_RUNG_DUE);
	if (s->quiet && now_ns >= drain_deadline(s))
		feed(s, EVENT_DRAIN_OVER);
}

/* ---- the loop ---- */

static void note_output(struct supervisor *s)
{
	uint64_t bytes = relay_output_bytes(&s->run->relay);
	if (bytes == s->output_bytes)
		return;
	s->output_bytes = bytes;
	s->last_byte_ns = clock_now_ns();
}

static bool has_news(const struct pollfd pollfds[RELAY_POLLFDS])
{
	short revents = 0;
	for (int i = 0; i < RELAY_POLLFDS; i++)
		revents |= pollfds[i].revents;
	return revents != 0;
}

/* Nobody says so again. */
static bool has_unreaped(const struct supervisor *s)
{
	return s->unreaped && s->watch < 0;
}

static void reap_more(struct supervisor *s)
{
	enum event event;
	if (has_unreaped(s) && reap(s, &event))
		feed(s, event);
}

static void turn(struct supervisor *s)
{
	struct pollfd pollfds[SLOT_COUNT];
	int timeout_ms = has_unreaped(s) ? 0 : timer_arm(&s->timer, next_deadline(s));
	pollfds[SLOT_SIGNAL] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	pollfds[SLOT_TIMER] = (struct pollfd){ .fd = s->timer.fd, .events = POLLIN };
	pollfds[SLOT_SECCOMP] =
		(struct pollfd){ .fd = s->run->sandbox.calls.listener, .events = POLLIN };
	pollfds[SLOT_WATCH] = (struct pollfd){ .fd = s->watch, .events = POLLPRI };
	relay_fill(&s->run->relay, &pollfds[SLOT_RELAY]);
	slots_wait(pollfds, SLOT_COUNT, timeout_ms);
	if (pollfds[SLOT_TIMER].revents)
		timer_expired(&s->timer);
	if (pollfds[SLOT_SECCOMP].revents)
		calls_answer(&s->run->sandbox.calls);
	if (pollfds[SLOT_WATCH].revents)
		reap_look(s);
	if (s->progress.shown && has_news(&pollfds[SLOT_RELAY]))
		progress_clear(&s->progress);
	if (pollfds[SLOT_RELAY + RELAY_SLOT_KEYS].revents)
		session_check_keys(&s->session);
	s->quiet = !relay_move(&s->run->relay, &pollfds[SLOT_RELAY]);
	session_check_reader(&s->session, s->pid);
	if (relay_is_barred(&s->run->relay) && s->bar_ns == NS_NEVER)
		jobcontrol_stop_writer(s);
	if (relay_awaits_keys(&s->run->relay) && s->bar_ns == NS_NEVER)
		jobcontrol_await_keys(s);
	if (s->idle_ns != NS_NEVER || s->progress.due_ns != NS_NEVER)
		note_output(s);
	if (!s->quiet && s->phase == PHASE_DRAINING)
		s->drain_ns = clock_after_ns(clock_now_ns(), s->spec->drain_ns);
	if (pollfds[SLOT_SIGNAL].revents) {
		take_signals(s);
		look_at_front(s);
	} else {
		reap_more(s);
	}
	look_at_output(s);
	take_deadlines(s);
	if (s->phase == PHASE_DRAINING && !relay_is_open(&s->run->relay))
		feed(s, EVENT_STREAMS_CLOSED);
}

void supervise(struct supervisor *s, pid_t pid)
{
	s->pid = pid;
	if (s->run->sandbox.namespaces.reaper.page)
		s->tree.init = s->run->sandbox.namespaces.reaper.page->init;
	s->limit_ns = clock_after_ns(s->run->outcome.started_ns, s->spec->timeout_ns);
	s->reader_ns = s->limit_ns;
	s->last_byte_ns = s->run->outcome.started_ns;
	s->idle_ns = clock_after_ns(s->last_byte_ns, s->spec->idle_timeout_ns);
	if (s->spec->cpu_time_ns != NS_NEVER)
		s->cpu_look_ns =
			clock_after_ns(s->last_byte_ns, cputime_next_look_ns(s->spec->cpu_time_ns));
	jobcontrol_start(s);
	session_start(&s->session);
	progress_start(&s->progress, s->run);
	look_at_front(s); /* it may have been gone before it was watched */
	if (!was_launch_ended(s) && s->limit_ns != NS_NEVER &&
	    clock_now_ns() >= child_launch_limit_ns(s->limit_ns))
		hit_limit(s, REASON_TIMEOUT); /* which has ended it before it could begin */
	while (s->phase != PHASE_DONE)
		turn(s);
	look_at_output(s);
}
