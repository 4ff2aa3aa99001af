/* SPDX-License-Identifier: MIT */
#include "escalate.h"

#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "parse.h"
#include "reap.h"

#define RETRY_FIRST_NS (20 * NS_PER_MS)
#define RETRY_LAST_NS (500 * NS_PER_MS)

static struct tree_signalled signal_main(const struct supervisor *s, int sig)
{
	struct tree_signalled result = { 0 };
	if (s->main_gone || kill(s->pid, sig) < 0)
		return result;
	if (tree_needs_continue(sig))
		kill(s->pid, SIGCONT);
	result.count = 1;
	return result;
}

/*
 * timeout(1): the command, then the group that cordon made for the two of them. Its own copy
 * of the signal is blocked, and recognised by its sender; a KILL ends cordon too.
 */
static struct tree_signalled signal_group(const struct supervisor *s, int sig)
{
	struct tree_signalled result = signal_main(s, sig);
	kill(0, sig);
	if (tree_needs_continue(sig))
		kill(0, SIGCONT);
	return result;
}

/* Without /proc nobody but the main process is known, and its group if it has one. */
static struct tree_signalled signal_known(const struct supervisor *s, int sig)
{
	struct tree_signalled result = signal_main(s, sig);
	bool leads_group = s->group == GROUP_NEW || s->group == GROUP_SESSION;
	if (leads_group && kill(-s->pid, sig) == 0) {
		result.count += s->main_gone;
		if (tree_needs_continue(sig))
			kill(-s->pid, SIGCONT);
	}
	return result;
}

/*
 * How many there are. Of a tree that the kernel will kill nobody has to be found but those who
 * are in the report, and reading the lists of thousands takes as long as killing them does.
 */
static size_t count_tree(struct supervisor *s)
{
	if (s->looked)
		return s->run->snapshot.total;
	long inside = cgroup_count(&s->run->cgroup);
	if (inside < 0)
		tree_scan(&s->tree);
	else
		tree_scan_some(&s->tree, SNAPSHOT_MAX);
	inside -= s->tree.init != 0;
	return inside > (long)s->tree.count ? (size_t)inside : s->tree.count;
}

/*
 * The kernel kills everyone inside at once, whoever forks meanwhile included (cgroup.kill). Those
 * who have left the cgroup, if any, are what a later look finds once it is empty. Only a process
 * whose first thread has ended outlives it, for it signals the first threads (__cgroup_kill() of
 * Linux 6.18): kill(2) helps.
 */
static bool kill_cgroup(struct supervisor *s, struct tree_signalled *result)
{
	struct cgroup *cgroup = &s->run->cgroup;
	size_t count = count_tree(s);
	if (!cgroup_has_processes(cgroup) || cgroup_kill(cgroup) < 0)
		return false;
	*result = (struct tree_signalled){ .count = (unsigned)count };
	reap_later(s, count);
	return true;
}

/* It has so long for what takes it no time at all, unless it is stopped. */
#define INIT_MAX_NS (500 * NS_PER_MS)

/* The init of a pid namespace kills everybody else in it, once: so they are accounted. */
static bool ask_init(struct supervisor *s, struct tree_signalled *result)
{
	if (!s->tree.init || s->init != INIT_LEFT_ALONE)
		return false;
	size_t count = count_tree(s);
	if (reaper_kill(&s->run->sandbox.namespaces.reaper) < 0)
		return false;
	s->init = INIT_ASKED;
	*result = (struct tree_signalled){ .count = (unsigned)count };
	return true;
}

/* When it dies, so does everybody in it. */
static bool kill_init(struct supervisor *s, struct tree_signalled *result)
{
	size_t count = count_tree(s);
	if (!s->tree.init || kill(s->tree.init, SIGKILL) < 0)
		return false;
	*result = (struct tree_signalled){ .count = (unsigned)count };
	return true;
}

static struct tree_signalled signal_tree(struct supervisor *s, int sig)
{
	struct tree_signalled result;
	if (sig == SIGKILL && ask_init(s, &result))
		return result;
	if (sig == SIGKILL)
		s->init = INIT_PASSED_OVER;
	bool by_cgroup = sig == SIGKILL && s->run->cgroup.fd >= 0;
	if (by_cgroup && kill_cgroup(s, &result))
		return result;
	if (sig == SIGKILL && s->tree.init && kill_init(s, &result))
		return result;
	if (s->looked && !by_cgroup)
		result = tree_signal_scanned(&s->tree, sig);
	else
		result = tree_signal(&s->tree, sig);
	return s->tree.count ? result : signal_known(s, sig);
}

static struct tree_signalled signal_target(struct supervisor *s, enum target target, int sig)
{
	switch (target) {
	case TARGET_MAIN:
		return signal_main(s, sig);
	case TARGET_TREE:
		return signal_tree(s, sig);
	case TARGET_GROUP:
		return signal_group(s, sig);
	}
	__builtin_unreachable();
}

static void say(const struct supervisor *s, enum target target, int sig, unsigned processes)
{
	if (s->spec->verbosity != VERBOSITY_VERBOSE)
		return;
	if (s->spec->timeout_mode)
		msg_warn("sending signal %s to command '%s'", sig ? parse_signal_name(sig) : "EXIT",
			 s->spec->command[0]);
	else
		msg_warn("sending SIG%s to the %s (%u process%s)", parse_signal_name(sig),
			 target == TARGET_MAIN ? "main process" : "tree", processes,
			 processes == 1 ? "" : "es");
}

static void record(struct supervisor *s, enum target target, int sig, unsigned processes,
		   int64_t now_ns)
{
	struct kill_record *kill = &s->run->outcome.kill;
	if (processes > 0) { /* else nobody was there for it, or would have it */
		kill->kill_sent |= sig == SIGKILL && !s->main_gone;
		kill->last_signal = sig;
	}
	if (kill->count < KILL_STEPS_MAX)
		kill->step[kill->count++] = (struct kill_step){
			.sig = sig,
			.target = target,
			.at_ns = now_ns - s->run->outcome.started_ns,
			.processes = processes,
		};
}

static void send_signal(struct supervisor *s, enum target target, int sig, int64_t now_ns)
{
	if (s->spec->timeout_mode)
		say(s, target, sig, 1); /* before the KILL that ends cordon too */
	struct tree_signalled result = signal_target(s, target, sig);
	s->looked = false;
	if (!s->spec->timeout_mode)
		say(s, target, sig, result.count);
	record(s, target, sig, result.count, now_ns);
	if (result.denied)
		msg_warn("process %d cannot be sent SIG%s: Operation not permitted",
			 result.denied_pid, parse_signal_name(sig));
	if (sig == SIGKILL && target == TARGET_TREE) {
		s->retry_delay_ns = RETRY_FIRST_NS;
		s->retry_ns = clock_after_ns(now_ns,
					     s->init == INIT_ASKED ? INIT_MAX_NS : RETRY_FIRST_NS);
	}
}

static void send_rung(struct supervisor *s, int rung, int64_t now_ns)
{
	const struct rung *r = &s->spec->ladder.rung[rung];
	s->rung = rung;
	s->rung_ns = clock_after_ns(now_ns, r->wait_ns);
	send_signal(s, r->target, r->sig, now_ns);
}

/* The first rung from FROM on that still has a target; -1: none. */
static int find_rung(const struct supervisor *s, int from)
{
	const struct ladder *ladder = &s->spec->ladder;
	for (int i = from; i < ladder->count; i++)
		if (!s->main_gone || ladder->rung[i].target != TARGET_MAIN)
			return i;
	return -1;
}

/* Leftovers under a ladder that is meant for the main process alone: they go at once. */
static void begin_with_rung(struct supervisor *s, int64_t now_ns)
{
	int rung = find_rung(s, 0);
	if (rung >= 0)
		send_rung(s, rung, now_ns);
	else
		send_signal(s, TARGET_TREE, SIGKILL, now_ns);
}

static void begin_with_signal(struct supervisor *s, int sig, int64_t now_ns)
{
	const struct rung *first = &s->spec->ladder.rung[0];
	s->rung = 0;
	s->rung_ns = clock_after_ns(now_ns, first->wait_ns);
	send_signal(s, first->target == TARGET_MAIN ? TARGET_TREE : first->target, sig, now_ns);
}

/* Before anybody is sent SIG: afterwards nobody is as he was. */
static void look(struct supervisor *s, int sig)
{
	if (s->spec->timeout_mode)
		return;
	size_t total;
	if (sig == SIGKILL) {
		total = count_tree(s);
	} else {
		tree_scan(&s->tree);
		total = s->tree.count;
	}
	snapshot_take(&s->run->snapshot, &s->tree, total);
	s->looked = true;
}

void escalate_begin(struct supervisor *s, enum event event, int64_t now_ns)
{
	struct kill_record *kill = &s->run->outcome.kill;
	kill->started = true;
	look(s, event == EVENT_TERMINATED ? s->terminated : s->spec->ladder.rung[0].sig);
	if (event == EVENT_TERMINATED) {
		kill->reason = REASON_INTERRUPTED;
		kill->trigger = s->terminated;
		begin_with_signal(s, s->terminated, now_ns);
		return;
	}
	kill->reason = event == EVENT_MAIN_GONE ? REASON_EXITED : s->limit_hit;
	begin_with_rung(s, now_ns);
}

void escalate_kill(struct supervisor *s, int64_t now_ns)
{
	struct kill_record *kill = &s->run->outcome.kill;
	if (!kill->started) {
		kill->started = true;
		look(s, SIGKILL);
		kill->reason = REASON_INTERRUPTED;
		kill->trigger = SIGKILL;
	}
	s->rung_ns = NS_NEVER;
	send_signal(s, TARGET_TREE, SIGKILL, now_ns);
}

void escalate_climb(struct supervisor *s, int64_t now_ns)
{
	int rung = find_rung(s, s->rung + 1);
	s->rung_ns = NS_NEVER;
	if (rung >= 0)
		send_rung(s, rung, now_ns);
	else if (find_rung(s, 0) < 0)
		send_signal(s, TARGET_TREE, SIGKILL, now_ns);
}

void escalate_end_rest(struct supervisor *s, int64_t now_ns)
{
	bool has_time = s->rung_ns != NS_NEVER && s->run->outcome.kill.trigger; /* it got that */
	if (!has_time && find_rung(s, 0) < 0) {
		s->rung_ns = NS_NEVER;
		send_signal(s, TARGET_TREE, SIGKILL, now_ns);
	}
}

void escalate_pass_on(struct supervisor *s, int sig, int64_t now_ns)
{
	enum target target = s->spec->timeout_mode ? s->spec->ladder.rung[0].target : TARGET_TREE;
	send_signal(s, target, sig, now_ns);
}

bool escalate_kill_again(struct supervisor *s, int64_t now_ns)
{
	s->retry_delay_ns *= 2;
	if (s->retry_delay_ns > RETRY_LAST_NS) {
		s->retry_delay_ns = RETRY_LAST_NS;
		reap_now(s); /* somebody cannot die: the others are reaped all the same */
	}
	s->retry_ns = clock_after_ns(now_ns, s->retry_delay_ns);
	if (s->init == INIT_ASKED) {
		signal_tree(s, SIGKILL);
		return true;
	}
	if (cgroup_has_processes(&s->run->cgroup)) {
		if (s->watch < 0)
			tree_signal(&s->tree, SIGKILL);
		return true; /* on their way out */
	}
	bool may_wait = s->unreaped && s->retry_delay_ns < RETRY_LAST_NS;
	if (s->run->cgroup.fd >= 0 && (!s->emptied || may_wait)) {
		s->emptied = true; /* now they have to be reaped, before others are looked for */
		return true;
	}
	struct tree_signalled result = tree_signal(&s->tree, SIGKILL);
	int64_t done_ns = clock_now_ns(); /* most of the time is for reaping */
	s->retry_ns = clock_after_ns(done_ns, s->retry_delay_ns + 4 * (done_ns - now_ns));
	if (s->tree.count == 0)
		result = signal_known(s, SIGKILL);
	if (s->tree.count == 0 && result.count == 0 && s->retry_delay_ns == RETRY_LAST_NS) {
		msg_warn("processes are left that cannot be found in /proc");
		return false;
	}
	return result.count > 0 || result.denied == 0;
}
