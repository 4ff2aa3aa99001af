/* SPDX-License-Identifier: MIT */
/*
 * Paths, one behind the other, for as long as what they are in. Few are long; a buffer for the
 * longest would be a page of memory for each.
 */
#pragma once

#include <limits.h>
#include <stddef.h>

struct cgroup_texts {
	size_t used;
	char room[8 * PATH_MAX];
};

/* "DIRECTORY/NAME". NULL with errno ENAMETOOLONG if there is no room. */
char *cgroup_texts_join(struct cgroup_texts *texts, const char *directory, const char *name);

/* A copy of TEXT, or NULL likewise. */
char *cgroup_texts_keep(struct cgroup_texts *texts, const char *text);
