/* SPDX-License-Identifier: MIT */
/*
 * Capabilities, capabilities(7): which of them the command and all that it starts can have.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "privs.h"
#include "spec.h"

struct failure;
struct sandbox;

/* What the child has to do. */
struct caps {
	bool on;
	uint64_t kept;     /* every other one is gone for good: a bit each */
	bool handed_on;    /* those kept survive the change of user, and exec (the ambient set) */
	bool may_be_bound; /* it is no error if the bounding set cannot be changed */
};

bool caps_are_wanted(const struct sandbox_spec *spec);

/*
 * "LIST": names with or without "cap_", in any case, or numbers, separated by commas; and "all" if
 * ALL. Returns 0 with *MASK, or -1 with what is wrong in WHY (SIZE bytes).
 */
int caps_parse(const char *text, bool all, uint64_t *mask, char *why, size_t size);

/* The name of the lowest capability in MASK, "net_raw", to OUT (SIZE bytes). */
void caps_name(uint64_t mask, char *out, size_t size);

/* May cordon take capabilities from its bounding set (CAP_SETPCAP)? */
bool caps_can_bind(void);

/* As sandbox_prepare(). */
int caps_prepare(struct caps *caps, struct sandbox *sandbox, struct failure *failure);

/* In the child, before it changes its user. Returns 0, or -1 with errno. */
int caps_bind(const struct caps *caps);

/* In the child, as the command's user; verified afterwards. Returns 0, or -1 with errno. */
int caps_apply(const struct caps *caps);
