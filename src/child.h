/* SPDX-License-Identifier: MIT */
/*
 * The child's half of a launch: the steps from clone to exec, in order. Only
 * async-signal-safe calls, no allocation, no clean-up: the child may be sharing cordon's
 * memory. A step that fails is left in a struct child_error that the parent sees, and the
 * child is gone; the parent puts it in words.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "clock.h"
#include "inherited.h"
#include "sandbox.h"
#include "spec.h"

enum child_step {
	STEP_NONE, /* nothing failed */
	STEP_NAMESPACES,
	STEP_SESSION,
	STEP_GROUP,
	STEP_TERMINAL,
	STEP_DISPOSITIONS,
	STEP_RLIMIT,
	STEP_NICE,
	STEP_OOM_SCORE,
	STEP_CORES,
	STEP_STDIO,
	STEP_MOUNTS,
	STEP_SET_GROUPS,
	STEP_SET_GID,
	STEP_SET_UID,
	STEP_CHDIR,
	STEP_PARENT,
	STEP_SANDBOX,
	STEP_EXEC
};

struct child_error {
	bool begun; /* else the kernel has killed the child at birth, or a step has failed */
	enum child_step step;
	int err;    /* errno */
	int detail; /* STEP_RLIMIT: the resource; STEP_STDIO: the descriptor; STEP_NAMESPACES:
			     an enum namespaces_step; STEP_MOUNTS: the index of the mount;
			     STEP_EXEC: 1 if the file is there, so that what is missing is its
			     interpreter */
	struct sandbox_fault fault; /* STEP_SANDBOX */
};

#define CHILD_FD_KEEP (-1)  /* leave what is there */
#define CHILD_FD_CLOSE (-2) /* the command gets none */

/* Everything the child needs, worked out beforehand by the parent. */
struct child_setup {
	const struct spec *spec;
	const struct inherited *inherited;
	const struct sandbox *sandbox; /* prepared */
	const int *stdio;      /* for 0, 1, 2: the descriptor that becomes it, or CHILD_FD_* */
	enum group_mode group; /* GROUP_AUTO resolved */
	const char *path;      /* PATH to search */
	char *const *argv;     /* with --argv0 in place */
	pid_t parent;
	int64_t limit_ns; /* of the run (CLOCK_MONOTONIC), or NS_NEVER */
	char *cwd;        /* PATH_MAX bytes that both have, for getcwd(2) after --chdir, or NULL */
	struct child_error *error; /* in memory that both have; the parent waits (CLONE_VFORK) */
};

/*
 * Returns when a run with the limit LIMIT_NS must have its command executed, or it is killed: the
 * signals of the limit come first if they can come at all.
 */
static inline int64_t child_launch_limit_ns(int64_t limit_ns)
{
	return clock_after_ns(limit_ns, NS_PER_S);
}

/* Does not return: executes the command, or reports and exits. */
void child_main(const struct child_setup *setup) __attribute__((noreturn));
