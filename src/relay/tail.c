/* SPDX-License-Identifier: MIT */
#include "relay/tail.h"

#include <stdlib.h>
#include <string.h>

void tail_add(struct tail *tail, const char *bytes, size_t size)
{
	for (const char *at = bytes; (at = memchr(at, '\n', size - (size_t)(at - bytes))); at++)
		tail->newlines++;
	tail->open_line = bytes[size - 1] != '\n';
	if (!tail->ring)
		tail->ring = malloc(TAIL_BYTES);
	if (!tail->ring)
		return;
	size_t at = tail->total % TAIL_BYTES;
	size_t first = size < TAIL_BYTES - at ? size : TAIL_BYTES - at;
	memcpy(tail->ring + at, bytes, first);
	memcpy(tail->ring, bytes + first, size - first);
	tail->total += size;
}

uint64_t tail_lines(const struct tail *tail)
{
	return tail->newlines + tail->open_line;
}

/* Turn the ring so that its oldest byte comes first. */
static size_t straighten(struct tail *tail)
{
	if (tail->total <= TAIL_BYTES)
		return tail->total;
	size_t at = tail->total % TAIL_BYTES;
	char *turned = malloc(TAIL_BYTES);
	if (!turned)
		return 0;
	memcpy(turned, tail->ring + at, TAIL_BYTES - at);
	memcpy(turned + TAIL_BYTES - at, tail->ring, at);
	free(tail->ring);
	tail->ring = turned;
	tail->total = TAIL_BYTES;
	return TAIL_BYTES;
}

size_t tail_last(struct tail *tail, unsigned lines, const char **text)
{
	size_t length = tail->ring && lines ? straighten(tail) : 0;
	if (!length)
		return 0;
	size_t begin = length - 1; /* the last byte may end the last line */
	while (begin > 0 && (tail->ring[begin - 1] != '\n' || --lines > 0))
		begin--;
	*text = tail->ring + begin;
	return length - begin;
}

void tail_fini(struct tail *tail)
{
	free(tail->ring);
	tail->ring = NULL;
}
