/* SPDX-License-Identifier: MIT */
/*
 * libcap-ng's names of capabilities, called through a table as report/jansson.h calls its
 * library: loaded by a run that has an option for capabilities, linked into a static cordon.
 * Nothing else of the library is used: it reads /proc and allocates, and what the child does
 * may do neither.
 */
#pragma once

#include <stddef.h>

struct capng {
	int (*name_to_capability)(const char *name);            /* without "cap_"; -1: unknown */
	const char *(*capability_to_name)(unsigned capability); /* NULL: unknown */
};

/* Fill the table. Returns 0, or -1 with the reason in WHY (SIZE bytes). */
int capng_load(struct capng *capng, char *why, size_t size);
