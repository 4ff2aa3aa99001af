/* SPDX-License-Identifier: MIT */
/*
 * Landlock, landlock(7): a process gives up for good, for itself and all its descendants, access
 * to files and TCP ports but for those on a list. No privilege is needed, and root is bound too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec.h"

struct failure;
struct sandbox;

struct landlock {
	int abi;        /* of the kernel; 0: not asked for, or not there */
	int ruleset_fd; /* -1: nothing to apply */
	uint64_t files; /* the rights to files that are denied but for the list */
	uint64_t ports; /* to TCP ports */
	uint64_t scopes;
};

/* Is there an option that needs it? */
bool landlock_is_wanted(const struct sandbox_spec *spec);

/* Find out what the kernel can do and make the ruleset, without rules. As sandbox_prepare(). */
int landlock_prepare(struct landlock *landlock, struct sandbox *sandbox, struct failure *failure);

/*
 * In the child: open every path, which means what it means to the command (its root, its mounts,
 * its directory, its user), add the rules, and restrict the process. Returns 0, or -1 with errno
 * and *RULE the index of the path at fault, -1 if it is none.
 */
int landlock_apply(const struct landlock *landlock, const struct sandbox_spec *spec, int *rule);

/* What is wrong with access to files or ports in spite of the ruleset: NULL behind the last. */
const char *landlock_not_covered(const struct landlock *landlock, size_t index);

void landlock_fini(struct landlock *landlock);
