/* SPDX-License-Identifier: MIT */
#include "relay/buffer.h"

#include <stdlib.h>
#include <string.h>

int buffer_need(struct buffer *buffer, size_t size)
{
	if (buffer->bytes)
		return 0;
	buffer->bytes = malloc(size);
	if (!buffer->bytes)
		return -1;
	buffer->size = size;
	return 0;
}

bool buffer_is_empty(const struct buffer *buffer)
{
	return buffer->start == buffer->end;
}

size_t buffer_room(struct buffer *buffer)
{
	size_t used = buffer->end - buffer->start;
	if (buffer->start > 0 && used > 0)
		memmove(buffer->bytes, buffer->bytes + buffer->start, used);
	buffer->start = 0;
	buffer->end = used;
	return buffer->size - used;
}

size_t buffer_drop(struct buffer *buffer)
{
	size_t dropped = buffer->end - buffer->start;
	buffer->start = buffer->end = 0;
	return dropped;
}

void buffer_fini(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){ .bytes = NULL };
}
