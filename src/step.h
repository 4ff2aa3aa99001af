/* SPDX-License-Identifier: MIT */
/*
 * The life of a run as a pure function: in this phase, when this happens, what is the next
 * phase and what is to be done. supervise.c turns readiness into events and carries the
 * actions out; nothing else decides.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "spec.h"

enum phase {
	PHASE_RUNNING,  /* the main process lives, and no limit was hit */
	PHASE_HOOK,     /* a limit was hit; --on-timeout has the floor */
	PHASE_ENDING,   /* the ladder is under way, with or without the main process */
	PHASE_WAITING,  /* the main process is gone; leftovers are being waited for */
	PHASE_DRAINING, /* the tree is gone, or left; output may still be on its way */
	PHASE_DONE
};

/*
 * In the order in which simultaneous events are looked at: what has ended first, so that
 * a limit that falls due in the same moment does not make a good run a timeout.
 */
enum event {
	EVENT_TREE_GONE,      /* no process of the run is left */
	EVENT_MAIN_GONE,      /* the main process was reaped; others live */
	EVENT_STREAMS_CLOSED, /* every relayed stream has ended and is delivered */
	EVENT_ORPHANED,       /* cordon's front was killed: the tree goes at once */
	EVENT_TERMINATED,     /* cordon was sent TERM, HUP, INT or QUIT */
	EVENT_STUCK,          /* whoever is left cannot be signalled */
	EVENT_TIMEOUT,        /* a limit of time or output was hit */
	EVENT_HOOK_OVER,      /* --on-timeout has ended, or had its time */
	EVENT_RUNG_DUE,       /* the next signal of the ladder */
	EVENT_DRAIN_OVER      /* no byte for as long as --drain says */
};

/* Does SIG, sent to cordon, mean EVENT_TERMINATED, unless it is ignored? */
static inline bool step_is_terminating(int sig)
{
	return sig == SIGTERM || sig == SIGHUP || sig == SIGINT || sig == SIGQUIT;
}

enum action {
	ACTION_NONE,
	ACTION_RUN_HOOK,     /* start --on-timeout; from now on the limits are off */
	ACTION_BEGIN_LADDER, /* its first signal; from now on the limits are off */
	ACTION_CLIMB,        /* its next signal */
	ACTION_END_REST,     /* if it is for the main process alone: KILL, for the others */
	ACTION_KILL,         /* KILL to the tree, ladder or not */
	ACTION_PASS_ON,      /* the signal that cordon was sent, to the tree */
	ACTION_LEAVE,        /* note who is left, and begin to drain */
	ACTION_DRAIN,        /* begin to drain */
	ACTION_GIVE_UP_STREAMS
};

struct step {
	enum phase next;
	enum action action;
};

/* What the user chose. */
struct step_policy {
	enum leftovers_mode leftovers;
	bool hook; /* there is an --on-timeout */
};

struct step supervise_step(enum phase phase, enum event event, struct step_policy policy);
