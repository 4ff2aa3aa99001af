/* SPDX-License-Identifier: MIT */
/*
 * The fast way for bytes that nobody looks at: from pipe to pipe or file inside the kernel.
 *
 * A stream starts with read(2) and write(2), which have the best latency and let the kernel
 * pack small writes together. Only when they have carried as much as they can, twice in a
 * row, are the pipes enlarged and splice(2) used; a stream that then has little to say goes
 * back. Pipes are enlarged that late because a user has an allowance for all of them, and
 * every new pipe is tiny once it is used up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "relay/end.h"

#define SPLICER_BYTES (256 * 1024) /* the size of an enlarged pipe */

struct splicer {
	bool impossible; /* here: looked at, or tried */
	bool active;
	unsigned big_reads; /* in a row */
};

/* A read(2) of at most MOST bytes has brought SIZE. */
void splicer_note(struct splicer *splicer, const struct end *from, const struct end *to,
		  size_t size, size_t most);

/*
 * While active, move at most MOST bytes without waiting, and what write(2) could return is
 * returned: EAGAIN if TO is full. EINVAL: it cannot be done, nothing is lost, and it is not
 * active any longer.
 */
ssize_t splicer_move(struct splicer *splicer, const struct end *from, const struct end *to,
		     size_t most);

/* Never again with these ends. */
void splicer_forbid(struct splicer *splicer);
