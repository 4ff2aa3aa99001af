/* SPDX-License-Identifier: MIT */
#include "relay/mark.h"

#include <string.h>

#define MARKED_BYTES (128 * 1024)

bool mark_is_used(const struct mark *mark)
{
	return mark->stamped || mark->prefix;
}

static void put_mark(const struct mark *mark, size_t prefix_length, struct buffer *to)
{
	if (mark->stamped) {
		buffer_add(to, mark->stamp.text, mark->stamp.length);
		buffer_add(to, " ", 1);
	}
	if (prefix_length)
		buffer_add(to, mark->prefix, prefix_length);
}

int mark_move(struct mark *mark, bool *in_line, struct buffer *from, struct buffer *to)
{
	size_t prefix_length = mark->prefix ? strlen(mark->prefix) : 0;
	size_t mark_size = STAMP_BYTES + prefix_length;
	if (buffer_need(to, mark_size + MARKED_BYTES) < 0)
		return -1;
	to->start = to->end = 0;
	if (mark->stamped && mark->relative)
		stamp_since(&mark->stamp, mark->start_ns);
	else if (mark->stamped)
		stamp_now(&mark->stamp);
	while (!buffer_is_empty(from) && to->size - to->end > mark_size) {
		if (!*in_line)
			put_mark(mark, prefix_length, to);
		size_t left = from->end - from->start, room = to->size - to->end;
		size_t size = left < room ? left : room;
		const char *text = from->bytes + from->start;
		const char *newline = memchr(text, '\n', size);
		size = newline ? (size_t)(newline - text) + 1 : size;
		buffer_add(to, text, size);
		from->start += size;
		*in_line = !newline;
	}
	return 0;
}
