/* SPDX-License-Identifier: MIT */
/*
 * Resource limits (setrlimit(2)) by the names of prlimit(1).
 */
#pragma once

#include <sys/resource.h>

#define RLIMITS_COUNT RLIM_NLIMITS

struct rlimits {
	unsigned set; /* bit per resource number: this one is to be set */
	struct rlimit value[RLIMITS_COUNT];
};

/*
 * "NAME=SOFT[:HARD]" (--rlimit), names as prlimit(1) has them (as core cpu data fsize
 * locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack), values
 * in that resource's unit, byte values as parse_size() has them; "unlimited" (also
 * "infinity"). SOFT alone sets both. Returns 0, or -1 with errno ENOENT (unknown name),
 * EINVAL (malformed), ERANGE (too large, or SOFT above HARD), and *LIMITS untouched.
 */
int rlimits_parse(const char *text, struct rlimits *limits);

/* prlimit(1)'s name of RESOURCE; NULL if it has none. */
const char *rlimits_name(int resource);

/*
 * Set them for the calling process; raising a hard limit needs CAP_SYS_RESOURCE.
 * Async-signal-safe. Returns 0, or -1 with errno and *FAILED the resource number.
 */
int rlimits_apply(const struct rlimits *limits, int *failed);
