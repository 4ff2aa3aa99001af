/* SPDX-License-Identifier: MIT */
/*
 * Who was doing what just before the first signal: the report's tree_at_kill.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tree.h"

struct snapshot_entry {
	pid_t pid, ppid;
	char state;        /* R S D T t Z …, proc(5) */
	char command[256]; /* the command line, blanks between its words; else the short name */
	uint64_t cpu_us;   /* user and system */
	uint64_t rss_bytes;
	uint64_t age_us; /* since it was started */
	char wchan[48];  /* the kernel function it sleeps in; "" if it does not or it is hidden */
};

struct snapshot {
	struct snapshot_entry *entry; /* owned */
	size_t count;
	size_t total; /* COUNT may be less: SNAPSHOT_MAX, or memory */
};

#define SNAPSHOT_MAX 64

/*
 * Look at everyone in TREE, which has been scanned, at least for the first SNAPSHOT_MAX of TOTAL.
 * What cannot be read is left out.
 */
void snapshot_take(struct snapshot *snapshot, const struct tree *tree, size_t total);

void snapshot_fini(struct snapshot *snapshot);
