/* SPDX-License-Identifier: MIT */
#include "cgroup/texts.h"

#include <errno.h>
#include <string.h>

static char *reserve(struct cgroup_texts *texts, size_t size)
{
	if (size > PATH_MAX || size > sizeof(texts->room) - texts->used) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	char *text = texts->room + texts->used;
	texts->used += size;
	return text;
}

char *cgroup_texts_join(struct cgroup_texts *texts, const char *directory, const char *name)
{
	char *text = reserve(texts, strlen(directory) + 1 + strlen(name) + 1);
	if (!text)
		return NULL;
	char *end = stpcpy(text, directory);
	*end = '/';
	strcpy(end + 1, name);
	return text;
}

char *cgroup_texts_keep(struct cgroup_texts *texts, const char *text)
{
	size_t size = strlen(text) + 1;
	char *kept = reserve(texts, size);
	return kept ? memcpy(kept, text, size) : NULL;
}
