/* SPDX-License-Identifier: MIT */
/* Reading a small file whole. */
#pragma once

#include <stddef.h>

/*
 * The content of PATH, which may be a pipe, with a NUL behind its *SIZE bytes; to be freed.
 * NULL with errno of open(2) or read(2), ENOMEM, or EFBIG for more than LIMIT bytes.
 */
char *file_read(const char *path, size_t limit, size_t *size);
