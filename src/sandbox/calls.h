/* SPDX-License-Identifier: MIT */
/*
 * --seccomp: the filter of system calls, from the policy to the account of who broke it. The
 * kernel asks cordon what to answer to a call that the policy denies (seccomp_unotify(2)), so
 * that the call can be counted by name; a call that it allows costs no more than the filter.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/filter.h"
#include "spec.h"

struct syscalls;

/* A call that was made against the policy, and what became of it each time. */
struct calls_violation {
	uint32_t token, number;
	struct policy_verdict verdict;
	uint64_t count;
};

#define CALLS_VIOLATIONS_MAX 64

struct calls {
	bool set;                  /* there is a filter */
	bool mistaken;             /* the policy is wrong, on whatever host */
	struct syscalls *syscalls; /* owned */
	struct filter filter;
	struct sock_fprog listened, alone, closing; /* owned; CLOSING has no length if not needed */
	int parent_fd, child_fd;                    /* a pair of sockets, for the listener */
	int listener;                               /* -1: none (any more) */
	bool reporting;                             /* there was one */

	uint64_t violation_count; /* all of them */
	size_t kind_count;        /* of VIOLATION */
	char why[256];
	struct calls_violation violation[CALLS_VIOLATIONS_MAX];
};

/* No filter. */
void calls_init(struct calls *calls);

/*
 * Make the filter that SPEC asks for, if it does. Returns 0, or -1 with *WHAT in words (CALLS', or
 * static) and errno, 0 if *WHAT says it all.
 */
int calls_prepare(struct calls *calls, const struct sandbox_spec *spec, const char **what);

/*
 * In the child, just before exec: only async-signal-safe calls. Sets no_new_privs if the kernel
 * wants that. Returns 0, or -1 with errno.
 */
int calls_apply(const struct calls *calls);

/* The child has been executed, or is gone: take over what it sent. */
void calls_started(struct calls *calls);

/* The listener can be read: answer whoever waits. */
void calls_answer(struct calls *calls);

void calls_fini(struct calls *calls);
