/* SPDX-License-Identifier: MIT */
#include "jansson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include <dlfcn.h>

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define JANSSON_ENTRY(name) { #name, offsetof(struct jansson, name) },
	JANSSON_FUNCTIONS(JANSSON_ENTRY)
#undef JANSSON_ENTRY
};

static int fill(struct jansson *jansson, char *why, size_t size)
{
	void *library = dlopen(JANSSON_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(why, size, "cannot load %s", dlerror()); /* starts with the soname */
		return -1;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *address = dlsym(library, functions[i].name);
		if (!address) {
			snprintf(why, size, "%s is too old: no %s", JANSSON_SONAME,
				 functions[i].name);
			return -1;
		}
		memcpy((char *)jansson + functions[i].offset, &address, sizeof(address));
	}
	return 0;
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
