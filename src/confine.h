/* SPDX-License-Identifier: MIT */
/*
 * What a cgroup, or a limit that needs one, means for the run when it cannot be had: nothing
 * much, a warning, or no run at all. And afterwards, whether such a limit was what ended it.
 */
#pragma once

#include <stdbool.h>

#include "run.h"

/*
 * Create the run's cgroup and put the limits on the tree in force. Returns 0, or -1 with the run's
 * failure filled.
 */
int confine_enter(struct run *run);

/*
 * The kernel would not start the command inside, so the cgroup was given up. STARTED: the command
 * runs outside it now.
 */
void confine_lost(struct run *run, bool started);

/* After the run: a limit on the tree that was hit becomes the reason, and one line on stderr. */
void confine_judge(struct run *run);
