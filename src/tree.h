/* SPDX-License-Identifier: MIT */
/*
 * Who belongs to the run: every descendant of cordon but the strangers. cordon is a child
 * subreaper, so whoever loses its parent becomes cordon's own child, and the tree is empty
 * exactly when cordon has no child left.
 *
 * Descendants are found through /proc/PID/task/TID/children (proc(5)), or where the kernel
 * lacks that, through the parents in /proc/PID/stat.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "inherited.h"

struct member {
	pid_t pid;
	pid_t ppid; /* when it was found */
};

struct tree {
	const struct inherited *inherited; /* borrowed; the strangers are left out */
	struct member *member;             /* owned */
	size_t count, room;
	pid_t *slot;       /* hash set of the pids in MEMBER, owned; 0: free */
	size_t slot_count; /* a power of two, 0 before the first scan */
	pid_t init;        /* of the pid namespace that the run is in, 0: none. No member, but its
			      children are */
	unsigned kills;    /* how often MEMBER, as it grew, has been sent SIGKILL */
};

/* What came of sending a signal to everyone. */
struct tree_signalled {
	unsigned count;   /* processes that got it */
	unsigned denied;  /* EPERM: they run as somebody whom cordon must not signal */
	pid_t denied_pid; /* one of them */
};

/* Empty; nothing is allocated before the first scan. */
void tree_init(struct tree *tree, const struct inherited *inherited);
void tree_fini(struct tree *tree);

/*
 * Find everyone who is alive now, parents before their children; zombies that somebody else
 * has to reap may be among them. What cannot be read (no /proc, no memory) is missing.
 */
void tree_scan(struct tree *tree);

/* The same, but no more are looked for once there are ENOUGH. */
void tree_scan_some(struct tree *tree, size_t enough);

/*
 * Send SIG to everyone, each process once, scanning again until nobody new is found (a tree
 * that forks without end is given up after some passes: call again), and continue
 * (SIGCONT) whoever is stopped. After SIGKILL the processes may still be on their way out.
 */
struct tree_signalled tree_signal(struct tree *tree, int sig);

/* The same just after tree_scan(), before any child is reaped: that spares one scan. */
struct tree_signalled tree_signal_scanned(struct tree *tree, int sig);

/*
 * true if a signal to a process or group in which it is stopped needs a SIGCONT after it to
 * have an effect now.
 */
bool tree_needs_continue(int sig);
