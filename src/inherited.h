/* SPDX-License-Identifier: MIT */
/*
 * The world as cordon was given it, so that the command can be given the same:
 * signal mask, dispositions, descriptors 0 to 2, children of whoever executed cordon.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct inherited {
	sigset_t mask;        /* signal mask at entry */
	bool sigchld_ignored; /* SIGCHLD was SIG_IGN: cordon needs it default, the command gets it back */
	bool closed[3];       /* descriptors 0-2 that were closed; they hold a placeholder now */
	pid_t *strangers; /* children that cordon already had: not part of the run. Owned */
	size_t stranger_count;
};

/*
 * Record it; from here on SIGPIPE is blocked and descriptors 0 to 2 are occupied. Does
 * not fail.
 */
void inherited_init(struct inherited *inherited);

/*
 * Ready to have a child: every signal that can be is blocked, SIGCHLD has its default
 * action, cordon is a child subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)), and the children
 * that it already has are noted. Returns 0, or -1 with errno.
 */
int inherited_prepare(struct inherited *inherited);

/*
 * Was SIG ignored when cordon was started? Then the command ignores it too, unless it has changed its
 * mind: nohup(1).
 */
bool inherited_ignores(int sig);

/* true if PID is a child that cordon had before the run. */
bool inherited_is_stranger(const struct inherited *inherited, pid_t pid);

/*
 * PID, a child of cordon's, is not part of the run either. Without memory it is taken for a
 * part: 0, or -1 with errno.
 */
int inherited_add(struct inherited *inherited, pid_t pid);

/* PID was reaped: its number may come back as somebody of the run. */
void inherited_forget(struct inherited *inherited, pid_t pid);

void inherited_fini(struct inherited *inherited);
