/* SPDX-License-Identifier: MIT */
/*
 * Names of directories that users may choose.
 */
#include <limits.h>
#include <string.h>

#include "cgroup/internal.h"

const char *cgroup_name_problem(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return "control characters";
	if (name[0] == '/')
		return "an absolute path";
	for (;; name++) {
		size_t length = strcspn(name, "/");
		if (length == 0)
			return "an empty name";
		if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
			return "'.' or '..'";
		if (length > NAME_MAX)
			return "too long a name";
		name += length;
		if (!*name)
			return NULL;
	}
}
