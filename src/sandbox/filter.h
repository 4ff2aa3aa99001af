/* SPDX-License-Identifier: MIT */
/*
 * A policy made into programs that the kernel runs at each system call (seccomp(2)): for every
 * architecture whose programs the kernel runs a balanced tree over the numbers of the calls, in
 * which neighbours with the same verdict are one leaf. libseccomp's own programs cannot have both
 * a line for a call and an exception to it (and compare whole arguments, where the kernel looks
 * at the low half); so of that library cordon takes the names alone.
 *
 * Pure: names are resolved by whoever calls.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/policy.h"

/* One whose programs run here. */
struct filter_arch {
	uint32_t token;   /* AUDIT_ARCH_*, what seccomp_data has */
	bool x32;         /* numbers from 0x40000000 on are x32's: nobody has them */
	bool multiplexed; /* i386: socketcall(2), ipc(2) */
};

/* "x86_64" for its AUDIT_ARCH_*, "unknown". */
const char *filter_arch_name(uint32_t token);

/* Those of this machine, the native one first; no more than FILTER_ARCHES_MAX. */
#define FILTER_ARCHES_MAX 2
extern const struct filter_arch filter_arches[];
extern const size_t filter_arch_count;

/*
 * The number of NAME under the architecture TOKEN: 0 or above, FILTER_ABSENT if it has none
 * there, or FILTER_UNKNOWN if nobody knows the name.
 */
#define FILTER_ABSENT (-1)
#define FILTER_UNKNOWN (-2)
typedef int64_t filter_resolve(void *context, uint32_t token, const char *name);

/* A rule as it applies to one number. */
struct filter_entry {
	uint32_t number;
	uint32_t rule;
	uint32_t call; /* of socketcall(2) or ipc(2), which then has NUMBER; 0: none */
};

struct filter_table {
	const struct filter_arch *arch;
	struct filter_entry *entries; /* owned; by number, the latest rule first */
	size_t count, room;
};

struct filter {
	const struct policy *policy; /* borrowed */
	struct filter_table tables[FILTER_ARCHES_MAX];
	size_t table_count;
};

/*
 * Look up every name of POLICY, under COUNT architectures. Returns 0, or -1 with errno ENOMEM,
 * or ENOENT and *UNKNOWN the rule whose name nobody knows.
 */
int filter_init(struct filter *filter, const struct policy *policy,
		const struct filter_arch *arches, size_t count, filter_resolve *resolve,
		void *context, const struct policy_rule **unknown);

void filter_fini(struct filter *filter);

/* What becomes of a call: the meaning of the programs. */
struct policy_verdict filter_decide(const struct filter *filter, uint32_t token, uint32_t number,
				    const uint64_t *arguments);

/* May the native call NUMBER be made whatever its arguments are? */
bool filter_always_allows(const struct filter *filter, uint32_t number);

/* ---- for filter_program.c: how the tables are read ---- */

#define FILTER_X32_FIRST 0x40000000u

/* What is said to x32's calls, and to those of an architecture that has no table. */
extern const struct policy_verdict filter_absent, filter_foreign;

/* The first of TABLE's entries for NUMBER or one above. */
size_t filter_find_entry(const struct filter_table *table, uint32_t number);

/* Does ENTRY apply whatever the arguments are? */
bool filter_is_unconditional(const struct policy *policy, const struct filter_entry *entry);

/* The part of the first argument that says which call is meant: ipc(2) has a version above it. */
uint64_t filter_call_mask(uint32_t number);

/* ---- filter_program.c ---- */

enum filter_mode {
	FILTER_ALONE,    /* the kernel answers itself */
	FILTER_LISTENED, /* of violations it asks who listens */
	FILTER_CLOSING   /* only what FILTER_LISTENED has left open (OPEN), the kernel answering */
};

/*
 * Compile to *PROGRAM, whose instructions are to be freed. OPEN are COUNT native calls that a
 * FILTER_LISTENED program lets through whatever the policy says: those that are made before
 * anybody can listen. Returns 0, or -1 with errno ENOMEM, or E2BIG for a policy that does not fit
 * into a program.
 */
int filter_compile(const struct filter *filter, enum filter_mode mode, const uint32_t *open,
		   size_t count, struct sock_fprog *program);
