/* SPDX-License-Identifier: MIT */
/*
 * What a report says of a stream's text: how many lines it had, and the last of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAIL_BYTES (64 * 1024)

struct tail {
	uint64_t newlines;
	bool open_line; /* what was added last is not a newline */
	char *ring;     /* of the last TAIL_BYTES added, owned; NULL: none yet */
	uint64_t total; /* bytes ever put into it */
};

/* More of the text; SIZE is not 0. Without memory for them there are no last lines. */
void tail_add(struct tail *tail, const char *bytes, size_t size);

/* Lines so far, the one without an end included. */
uint64_t tail_lines(const struct tail *tail);

/*
 * The last LINES lines, at most TAIL_BYTES of them: *TEXT is borrowed until tail_add() or
 * tail_fini(). Returns the length; 0: none.
 */
size_t tail_last(struct tail *tail, unsigned lines, const char **text);

void tail_fini(struct tail *tail);
