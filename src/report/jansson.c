/* SPDX-License-Identifier: MIT */
#include "jansson.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef HAVE_JANSSON
struct jansson *jansson_new(char *why, size_t size)
{
	snprintf(why, size, "this cordon was built without libjansson");
	return NULL;
}
#else

#ifdef JANSSON_LINKED
static int fill(struct jansson *jansson, char *why, size_t size)
{
	(void)why, (void)size; /* nothing can be missing from a linked library */
#define JANSSON_ENTRY(name) .name = name,
	*jansson = (struct jansson){ JANSSON_FUNCTIONS(JANSSON_ENTRY) };
#undef JANSSON_ENTRY
	return 0;
}
#else
#include "../library.h"

static const struct library_function functions[] = {
#define JANSSON_ENTRY(name) { #name, offsetof(struct jansson, name) },
	JANSSON_FUNCTIONS(JANSSON_ENTRY)
#undef JANSSON_ENTRY
};

static int fill(struct jansson *jansson, char *why, size_t size)
{
	return library_load(JANSSON_SONAME, functions, sizeof(functions) / sizeof(functions[0]),
			    jansson, why, size);
}
#endif

struct jansson *jansson_new(char *why, size_t size)
{
	struct jansson *jansson = calloc(1, sizeof(*jansson));
	if (!jansson) {
		snprintf(why, size, "cannot load libjansson: out of memory");
		return NULL;
	}
	if (fill(jansson, why, size) < 0) {
		free(jansson);
		return NULL;
	}
	/* Any seed will do for the few keys of a report; a given one saves reading /dev/urandom. */
	jansson->json_object_seed(1);
	return jansson;
}
#endif

void jansson_free(struct jansson *jansson)
{
	free(jansson);
}
