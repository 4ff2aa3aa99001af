/* SPDX-License-Identifier: MIT */
/*
 * Who a process is and what it may do, as the kernel says: what came of the options that change
 * it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In the order of /proc/PID/status. */
enum capability_set {
	CAPS_INHERITABLE,
	CAPS_PERMITTED,
	CAPS_EFFECTIVE,
	CAPS_BOUNDING,
	CAPS_AMBIENT,
	CAPS_COUNT
};

#define IDENTITY_GROUPS 64

struct identity {
	bool known;
	uid_t uid[4]; /* real, effective, saved, of the file system */
	gid_t gid[4];
	size_t group_count; /* supplementary groups, all; the first IDENTITY_GROUPS are listed */
	gid_t groups[IDENTITY_GROUPS];
	uint64_t caps[CAPS_COUNT];
	int no_new_privs; /* -1: the kernel does not say */
	int seccomp;      /* 0 none, 1 strict, 2 a filter; -1: the kernel does not say */
};

/* From /proc/PID/status. KNOWN stays false if that cannot be read. */
void identity_read(struct identity *identity, pid_t pid);
