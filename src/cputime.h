/* SPDX-License-Identifier: MIT */
/*
 * CPU time of the whole tree while it runs, for --cpu-time.
 */
#pragma once

#include <stdint.h>

#include "account.h"
#include "cgroup.h"
#include "tree.h"

/*
 * Microseconds of user and system time that the run has used: the cgroup's figure where there is
 * one, else what was reaped (USAGE) and what the living have used and waited for.
 */
uint64_t cputime_tree_us(const struct cgroup *cgroup, const struct usage *usage, struct tree *tree);

/*
 * How long until LEFT_NS of CPU time can have been used at the earliest, every processor
 * busy; at least a few milliseconds.
 */
int64_t cputime_next_look_ns(int64_t left_ns);
