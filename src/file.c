/* SPDX-License-Identifier: MIT */
/*
 * Read until the end rather than trust st_size: a configuration may come from a pipe or
 * from /proc.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"

char *file_read(const char *path, size_t limit, size_t *size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_free_ char *content = NULL;
	size_t used = 0, room = 0;

	if (fd < 0)
		return NULL;
	for (;;) {
		if (used + 1 >= room) {
			room = room ? room * 2 : 8192;
			char *larger = realloc(content, room);
			if (!larger)
				return NULL;
			content = larger;
		}
		ssize_t n = read(fd, content + used, room - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > limit) {
			errno = EFBIG;
			return NULL;
		}
	}
	content[used] = '\0';
	*size = used;
	return take_ptr(content);
}

int file_empty(int fd)
{
	struct stat info;
	if (fstat(fd, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size == 0))
		return 0;
	return ftruncate(fd, 0);
}

bool file_is_one(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}
