/* SPDX-License-Identifier: MIT */
/*
 * What the run uses at this moment: the cgroup's figures where it has them, else what /proc says
 * of every process.
 */
#pragma once

#include <stdint.h>

#include "account.h"
#include "cgroup.h"
#include "tree.h"

struct gauge {
	uint64_t cpu_us; /* user and system, since the start */
	uint64_t memory_bytes;
	uint64_t processes;
};

/* USAGE is what was reaped; TREE is scanned. */
void gauge_read(struct gauge *gauge, const struct cgroup *cgroup, const struct usage *usage,
		struct tree *tree);
