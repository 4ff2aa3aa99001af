/* SPDX-License-Identifier: MIT */
/*
 * The one loop: while the command lives and until all of its output is delivered. Here nobody
 * exits; what goes wrong becomes a warning, and the run always reaches its report.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "progress.h"
#include "run.h"
#include "session.h"
#include "step.h"
#include "timer.h"
#include "tree.h"

/* Who is to kill everybody in a pid namespace: its init, or the kernel with it. */
enum init_state { INIT_LEFT_ALONE, INIT_ASKED, INIT_PASSED_OVER };

struct supervisor {
	struct run *run;
	const struct spec *spec;
	struct tree tree;
	struct session session;
	struct progress progress;
	enum phase phase;
	pid_t pid; /* of the main process; still its number while !main_gone */
	bool main_gone, tree_gone;
	bool quiet;            /* the last look at the streams, in this phase, moved nothing */
	enum group_mode group; /* resolved */
	bool terminal;         /* cordon has a controlling terminal */
	enum init_state init;  /* what a KILL has meant for the tree's init */
	bool looked;           /* the tree has just been scanned, for the signal that is next */

	pid_t front; /* cordon's front process, 0: there is none, or it is gone */
	int signal_fd;
	struct timer timer;
	int64_t limit_ns;      /* deadlines; NS_NEVER: none */
	int64_t idle_ns;       /* of --idle-timeout, as of the last byte */
	int64_t cpu_look_ns;   /* when to look at the CPU time used next */
	int64_t hook_ns;       /* when --on-timeout has had its time */
	enum reason limit_hit; /* which one, once EVENT_TIMEOUT has been */
	int64_t last_byte_ns;  /* of output, for the idleness */
	uint64_t output_bytes; /* as of then */
	pid_t hook;            /* the process of --on-timeout, 0: none */
	int64_t rung_ns;
	int64_t retry_ns; /* KILL again: somebody may have been born meanwhile */
	int64_t retry_delay_ns;
	bool unreaped; /* there may be more to reap, of which no signal will tell */
	bool emptied;  /* the cgroup, as the last KILL again has seen */
	int watch;     /* until they are dead, reap_later(); -1: not waited for */
	int64_t drain_ns;
	int64_t bar_ns;    /* when to see whether a terminal takes output now */
	int64_t reader_ns; /* a slow reader is waited for until then: when the limit would be */

	int rung;         /* of the ladder, the one that was sent last */
	int terminated;   /* the signal that cordon was sent and has not acted on; 0: none */
	int heard_signal; /* the last terminating one, whoever else got it; 0: none */
};

/* Ready to supervise; everything that can fail. Returns 0, or -1 with errno. */
int supervise_init(struct supervisor *supervisor, struct run *run);

/* From the moment that PID exists until the run is over: fills the run's outcome and usage. */
void supervise(struct supervisor *supervisor, pid_t pid);

void supervise_fini(struct supervisor *supervisor);
