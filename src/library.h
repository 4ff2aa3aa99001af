/* SPDX-License-Identifier: MIT */
/*
 * Libraries that are loaded by the runs that need them, and by no other.
 */
#pragma once

#include <stddef.h>

/* A function of the library's, and where in a table of pointers it belongs. */
struct library_function {
	const char *name;
	size_t offset;
};

/*
 * Load SONAME (dlopen(3)) for good, and write the addresses of its COUNT functions to TABLE.
 * Returns 0, or -1 with the reason in WHY, which is of SIZE bytes: "cannot load ..." or that the
 * library is too old.
 */
int library_load(const char *soname, const struct library_function *functions, size_t count,
		 void *table, char *why, size_t size);
