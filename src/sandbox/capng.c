/* SPDX-License-Identifier: MIT */
/* The only file that includes cap-ng.h. */
#include "sandbox/capng.h"

#include <stdio.h>

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

#include "library.h"

_Static_assert(_Generic(&capng_name_to_capability,
			typeof(((struct capng *)0)->name_to_capability) : 1) &&
		       _Generic(&capng_capability_to_name,
				typeof(((struct capng *)0)->capability_to_name) : 1),
	       "the table has the types of the library");

int capng_load(struct capng *capng, char *why, size_t size)
{
	static const struct library_function functions[] = {
		{ "capng_name_to_capability", offsetof(struct capng, name_to_capability) },
		{ "capng_capability_to_name", offsetof(struct capng, capability_to_name) },
	};
	return library_load(CAPNG_SONAME, functions, sizeof(functions) / sizeof(functions[0]),
			    capng, why, size);
}
#endif
