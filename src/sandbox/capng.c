/* SPDX-License-Identifier: MIT */
/* The only file that includes cap-ng.h. */
#include "sandbox/capng.h"

#include <stdio.h>
#include <string.h>

#ifndef HAVE_CAPNG
int capng_load(struct capng *capng, char *why, size_t size)
{
	(void)capng;
	snprintf(why, size, "this cordon was built without libcap-ng");
	return -1;
}
#elif defined CAPNG_LINKED
#include <cap-ng.h>

int capng_load(struct capng *capng, char *why, size_t size)
{
	(void)why, (void)size; /* nothing can be missing from a linked library */
	*capng = (struct capng){ capng_name_to_capability, capng_capability_to_name };
	return 0;
}
#else
#include <cap-ng.h>
#include <dlfcn.h>

_Static_assert(_Generic(&capng_name_to_capability,
			typeof(((struct capng *)0)->name_to_capability) : 1) &&
		       _Generic(&capng_capability_to_name,
				typeof(((struct capng *)0)->capability_to_name) : 1),
	       "the table has the types of the library");

static int find(void *library, const char *name, void *slot, char *why, size_t size)
{
	void *address = dlsym(library, name);
	if (!address) {
		snprintf(why, size, "%s is too old: no %s", CAPNG_SONAME, name);
		return -1;
	}
	memcpy(slot, &address, sizeof(address));
	return 0;
}

int capng_load(struct capng *capng, char *why, size_t size)
{
	void *library = dlopen(CAPNG_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(why, size, "cannot load %s", dlerror()); /* starts with the soname */
		return -1;
	}
	if (find(library, "capng_name_to_capability", &capng->name_to_capability, why, size) < 0)
		return -1;
	return find(library, "capng_capability_to_name", &capng->capability_to_name, why, size);
}
#endif
