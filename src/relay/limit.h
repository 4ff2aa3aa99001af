/* SPDX-License-Identifier: MIT */
/*
 * How much output a run may have, over all of its streams together: bytes and lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_NONE UINT64_MAX

struct limit {
	uint64_t bytes_left, lines_left; /* LIMIT_NONE: as many as there are */
	bool hit;                        /* there was more */
};

/*
 * SIZE more bytes have come. Returns how many of them are within the limit. *IN_LINE is the
 * stream's own: its last line within the limit has no end yet.
 */
size_t limit_take(struct limit *limit, bool *in_line, const char *bytes, size_t size);

/* At most this many bytes can be taken without looking at them; 0: look. */
size_t limit_unseen(const struct limit *limit, size_t most);

/* SIZE bytes, no more than that, were taken unseen. */
void limit_take_unseen(struct limit *limit, size_t size);
