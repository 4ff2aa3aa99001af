/* SPDX-License-Identifier: MIT */
/*
 * libjansson's functions, called through a table: linking the library would cost every start
 * of cordon 47 us, and most runs write no JSON. So it is loaded with dlopen(3) once a report
 * asks for it; a static cordon takes the addresses directly.
 */
#pragma once

#include <stddef.h>

#ifdef HAVE_JANSSON
#include <jansson.h>

/* clang-format off */
#define JANSSON_FUNCTIONS(X) \
	X(json_array) \
	X(json_array_append_new) \
	X(json_delete) \
	X(json_dumps) \
	X(json_false) \
	X(json_integer) \
	X(json_null) \
	X(json_object) \
	X(json_object_seed) \
	X(json_object_set_new) \
	X(json_real) \
	X(json_string) \
	X(json_true)
/* clang-format on */

struct jansson {
#define JANSSON_MEMBER(name) typeof(name) *(name);
	JANSSON_FUNCTIONS(JANSSON_MEMBER)
#undef JANSSON_MEMBER
};
#endif

struct jansson;

/* The table, or NULL with the reason in WHY (SIZE bytes). */
struct jansson *jansson_new(char *why, size_t size);

/* NULL is harmless. The library itself stays loaded: unloading it would only take time. */
void jansson_free(struct jansson *jansson);
