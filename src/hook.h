/* SPDX-License-Identifier: MIT */
/*
 * --on-timeout: a shell command of the user's that looks at the run before its first signal. It
 * is not part of the run: outside the cgroup, not waited for by leftovers, not accounted.
 */
#pragma once

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "inherited.h"
#include "tree.h"

#define HOOK_MAX_NS (30 * NS_PER_S)

struct hook {
	const char *command;  /* for sh -c */
	pid_t pid;            /* of the run's main process: CORDON_PID */
	const char *reason;   /* CORDON_REASON: "timeout", "cpu-time", "idle-timeout" */
	const sigset_t *mask; /* signal mask to start it with */
};

/*
 * Start it, in a process group of its own, its stdin /dev/null and its output going to cordon's
 * stderr. It dies with cordon. Returns its pid, or -1 with errno; that it cannot be executed, it says
 * itself.
 */
pid_t hook_start(const struct hook *hook);

/*
 * KILL to the hook PID, if it is there, and to its group. Whoever was in that may be cordon's child
 * now, and is made a stranger: not of TREE, which is scanned, and not accounted.
 */
void hook_end(pid_t pid, struct tree *tree, struct inherited *inherited);
