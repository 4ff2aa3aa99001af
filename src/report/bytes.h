/* SPDX-License-Identifier: MIT */
/*
 * Bytes of any kind as UTF-8 text that has no NUL in it, without loss. Valid UTF-8 stays as
 * it is, with two exceptions:
 *
 *   - a byte that is not part of valid UTF-8 (RFC 3629), and NUL, becomes \xHH, its value in
 *     two lower-case hexadecimal digits;
 *   - a backslash that starts a literal \xHH becomes \x5c, so that it cannot be mistaken.
 *
 * All other backslashes are untouched. To decode, replace every \xHH by that byte, once,
 * from left to right.
 */
#pragma once

#include <stddef.h>

/* The text of SIZE bytes at DATA, owned by the caller; NULL with errno ENOMEM. */
char *bytes_escape(const char *data, size_t size);
