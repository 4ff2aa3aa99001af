/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int library_load(const char *soname, const struct library_function *functions, size_t count,
		 void *table, char *why, size_t size)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(why, size, "cannot load %s", dlerror()); /* starts with the soname */
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		void *address = dlsym(library, functions[i].name);
		if (!address) {
			snprintf(why, size, "%s is too old: no %s", soname, functions[i].name);
			return -1;
		}
		memcpy((char *)table + functions[i].offset, &address, sizeof(address));
	}
	return 0;
}
