/* SPDX-License-Identifier: MIT */
/*
 * What --timestamps and --prefix put in front of each line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "relay/buffer.h"
#include "relay/stamp.h"

struct mark {
	bool stamped, relative;
	const char *prefix; /* borrowed; NULL: none */
	int64_t start_ns;   /* of the run */
	struct stamp stamp;
};

/* true if it puts anything there at all. */
bool mark_is_used(const struct mark *mark);

/*
 * Move text from FROM to the empty TO, with a mark before each line; as much as there is room
 * for, one clock for all of it. *IN_LINE is the stream's own: its last line has no end yet, and
 * has its mark. Returns 0, or -1 with errno if there is no memory.
 */
int mark_move(struct mark *mark, bool *in_line, struct buffer *from, struct buffer *to);
