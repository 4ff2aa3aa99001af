/* SPDX-License-Identifier: MIT */
#include "relay/limit.h"

#include <string.h>

/* A line counts from its first byte on. */
static size_t take_lines(struct limit *limit, bool *in_line, const char *bytes, size_t size)
{
	const char *at = bytes, *end = bytes + size;
	while (at < end && (*in_line || limit->lines_left > 0)) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!*in_line)
			limit->lines_left--;
		*in_line = !newline;
		at = newline ? newline + 1 : end;
	}
	return (size_t)(at - bytes);
}

size_t limit_take(struct limit *limit, bool *in_line, const char *bytes, size_t size)
{
	size_t taken = size < limit->bytes_left ? size : (size_t)limit->bytes_left;
	if (limit->lines_left != LIMIT_NONE)
		taken = take_lines(limit, in_line, bytes, taken);
	limit_take_unseen(limit, taken);
	limit->hit |= taken < size;
	return taken;
}

size_t limit_unseen(const struct limit *limit, size_t most)
{
	if (limit->lines_left != LIMIT_NONE)
		return 0;
	return most < limit->bytes_left ? most : (size_t)limit->bytes_left;
}

void limit_take_unseen(struct limit *limit, size_t size)
{
	if (limit->bytes_left != LIMIT_NONE)
		limit->bytes_left -= size;
}
