/* SPDX-License-Identifier: MIT */
/*
 * Bytes on their way, in memory of one fixed size.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buffer {
	char *bytes;       /* owned; NULL: not needed yet */
	size_t size;       /* of it */
	size_t start, end; /* what is to be written */
};

/* Have memory for SIZE bytes. Returns 0, or -1 with errno. */
int buffer_need(struct buffer *buffer, size_t size);

bool buffer_is_empty(const struct buffer *buffer);

/* Room behind what is in it, which is moved to the front for that. */
size_t buffer_room(struct buffer *buffer);

/* SIZE bytes, for which there is room. Here, because it is called for every line. */
static inline void buffer_add(struct buffer *buffer, const char *bytes, size_t size)
{
	memcpy(buffer->bytes + buffer->end, bytes, size);
	buffer->end += size;
}

/* Forget what is in it. Returns how many bytes that was. */
size_t buffer_drop(struct buffer *buffer);

void buffer_fini(struct buffer *buffer);
