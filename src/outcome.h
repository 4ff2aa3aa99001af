/* SPDX-License-Identifier: MIT */
/*
 * How a run ended, in words and as an exit status. The only place that knows 124 to 128.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "spec.h"

enum status {
	STATUS_LEFTOVERS = 1, /* --fail-on-leftovers, and nothing else was wrong */
	STATUS_TIMEOUT = 124, /* a limit of time ended the command */
	STATUS_CORDON = 125,  /* cordon failed before the command ran */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL_BASE = 128 /* + signal number */
};

/* The report's "reason"; outcome_reason_name() has the words. */
enum reason {
	REASON_EXITED,
	REASON_SIGNALED,
	REASON_TIMEOUT,
	REASON_CPU_TIME,
	REASON_IDLE_TIMEOUT,
	REASON_OUTPUT_LIMIT, /* there was more output than --output-limit or --line-limit */
	REASON_OOM,          /* the out-of-memory killer ended processes under --memory */
	REASON_PIDS_LIMIT,   /* processes could not be started under --pids */
	REASON_INTERRUPTED,  /* a signal to cordon ended it */
	REASON_NOT_STARTED
};

/* Why nothing was started. Strings are static or borrowed from the spec. */
struct failure {
	const char *step; /* what was being done: "chdir", "exec", "cgroup", … ; NULL: no failure */
	const char *what;   /* what could not be done: "cannot enter" */
	int err;            /* errno; 0: WHAT says it all */
	enum status status; /* 125, 126 or 127 */
	char option[512];   /* what asked for it, as the user wrote it: "--chroot=/x"; may be "" */
};

/* One signal that cordon sent. */
struct kill_step {
	int sig;
	enum target target;
	int64_t at_ns;      /* since the start of the run */
	unsigned processes; /* how many got it */
};

#define KILL_STEPS_MAX 32

/* Every signal of the ladder that was sent, and why. */
struct kill_record {
	bool started;
	enum reason reason; /* REASON_TIMEOUT, REASON_INTERRUPTED; REASON_EXITED: leftovers */
	int trigger;        /* the signal that cordon got, if REASON_INTERRUPTED */
	bool unlaunched;    /* and the launch was killed in its place */
	int last_signal;    /* sent last, recorded or not */
	int ended_by;       /* what the main process died of, or had been sent last; 0: nothing */
	bool kill_sent;     /* SIGKILL was sent while the main process lived */
	int count;          /* of step; what is past KILL_STEPS_MAX is sent but not recorded */
	struct kill_step step[KILL_STEPS_MAX];
};

enum leftover_action { LEFTOVER_KILLED, LEFTOVER_WAITED, LEFTOVER_LEFT };

/* A process that outlived the command. */
struct leftover {
	pid_t pid;
	char command[64]; /* the kernel's name for it, /proc/PID/comm */
	enum leftover_action action;
};

#define LEFTOVERS_MAX 64

struct outcome {
	enum reason reason;
	pid_t pid;                            /* of the command; 0: none */
	int wait_status;                      /* wait4(2)'s, valid unless REASON_NOT_STARTED */
	int64_t started_ns, ended_ns;         /* CLOCK_MONOTONIC */
	struct timespec started_at, ended_at; /* CLOCK_REALTIME */
	unsigned leftover_count;              /* all of them; the first LEFTOVERS_MAX are listed */
	struct leftover *leftovers;           /* in an array of the run's */
	struct failure failure;               /* REASON_NOT_STARTED */
	struct kill_record kill;
};

/* What cordon itself ends with: CODE, or by raising SIGNAL if that is not 0. */
struct exit_status {
	int code; /* 0-255; for a raised signal 128 + signal, what a shell will show */
	int raise;
};

/* Pure: the exit status that OUTCOME means under SPEC. */
struct exit_status outcome_status(const struct spec *spec, const struct outcome *outcome);

/* A limit of time: --timeout, --cpu-time, --idle-timeout. */
bool outcome_is_time_limit(enum reason reason);

/* cordon ended it, for such a limit or because cordon was told to end: no reader is waited for. */
bool outcome_is_urgent(enum reason reason);

/* That, or for its output: cordon ended it. */
bool outcome_is_forced(enum reason reason);

/* "exited", "timeout", …: the report's words. */
const char *outcome_reason_name(enum reason reason);

/*
 * End the process with STATUS: exit, or the default action restored, core dumps
 * disabled, and the signal raised; where that does not kill (pid 1), exit with CODE.
 */
void outcome_exit(struct exit_status status) __attribute__((noreturn));
