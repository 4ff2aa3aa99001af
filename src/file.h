/* SPDX-License-Identifier: MIT */
/* Reading a small file whole, writing one anew, and knowing one again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * The content of PATH, which may be a pipe, with a NUL behind its *SIZE bytes; to be freed.
 * NULL with errno of open(2) or read(2), ENOMEM, or EFBIG for more than LIMIT bytes.
 */
char *file_read(const char *path, size_t limit, size_t *size);

/*
 * Empty what FD has open, if that is a regular file with something in it. Returns 0, or -1 with
 * errno (ftruncate(2)). One that is empty is left alone: ext4 takes a file that was truncated to
 * nothing for one that is being replaced, and writes it out when it is closed (auto_da_alloc,
 * ext4(5)), which takes a quarter of the time that writing it does.
 */
int file_empty(int fd);

/* Are they of one file, by whatever names? */
bool file_is_one(const struct stat *a, const struct stat *b);
