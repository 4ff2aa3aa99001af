/* SPDX-License-Identifier: MIT */
/*
 * The kill ladder: which signal goes to whom, and how long to wait before the next.
 */
#pragma once

#include <stdint.h>

enum target {
	TARGET_MAIN,  /* the command's first process */
	TARGET_TREE,  /* every process of the run */
	TARGET_GROUP, /* the command, then cordon's own process group: timeout(1) does it so */
};

struct rung {
	enum target target;
	int sig;
	int64_t wait_ns; /* until the next rung; NS_NEVER: there is no next one */
};

#define LADDER_MAX 16

struct ladder {
	int count;
	struct rung rung[LADDER_MAX];
};

/*
 * "[main@|tree@]SIG[:DUR],…" (--escalate), the tree if neither is said. A rung without
 * DUR waits 10 s; the last one waits for ever, and a DUR there is a mistake, as is one
 * without an end (0, infinity) before it. Returns 0, or -1 with errno EINVAL or ERANGE
 * (more than LADDER_MAX rungs) and *LADDER untouched.
 */
int ladder_parse(const char *text, struct ladder *ladder);

/*
 * The ladder of --signal and --kill-after: SIG to TARGET, after KILL_AFTER_NS KILL to
 * TARGET. One rung if KILL_AFTER_NS is NS_NEVER or SIG is already KILL.
 */
void ladder_default(struct ladder *ladder, enum target target, int sig, int64_t kill_after_ns);

/* "main", "tree", "group". */
const char *ladder_target_name(enum target target);
