/* SPDX-License-Identifier: MIT */
/*
 * What a cgroup, or a limit that needs one, means for the run when it cannot be had: nothing
 * much, a warning, or no run at all. And afterwards, whether such a limit was what ended it.
 */
#pragma once

#include "run.h"

/*
 * Create the run's cgroup and put the limits on the tree in force. Returns 0, or -1 with the run's
 * failure filled.
 */
int confine_enter(struct run *run);

/*
 * The kernel would not start the command inside (ERR): another cgroup, or none. Returns like
 * confine_enter().
 */
int confine_elsewhere(struct run *run, int err);

/* After the run: a limit on the tree that was hit becomes the reason, and one line on stderr. */
void confine_judge(struct run *run);
