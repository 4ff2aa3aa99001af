/* SPDX-License-Identifier: MIT */
/*
 * The fast way from pipe to pipe or file inside the kernel: splice(2) for bytes that nobody looks
 * at; tee(2) for those that are to be read as well, once they are delivered.
 *
 * A stream starts with read(2) and write(2), which have the best latency and let the kernel
 * pack small writes together. Only when they have carried half of what they can, twice in a
 * row, are the pipes enlarged and the fast way taken; a stream that then has little to say
 * goes back. Pipes are enlarged that late because a user has an allowance for all of them, and
 * every new pipe is tiny once it is used up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "relay/end.h"

/*
 * The sizes of enlarged pipes. The command's is the larger one, so that it can write while all that
 * the other takes goes there in one piece: half as often as between pipes of one size.
 */
#define SPLICER_FROM_BYTES (512 * 1024)
#define SPLICER_TO_BYTES (256 * 1024)

struct splicer {
	bool impossible; /* here: looked at, or tried */
	bool to_pipe;    /* tee(2) is possible too */
	bool active;
	unsigned big_reads; /* in a row */
};

/* A read(2) of at most MOST bytes has brought SIZE. */
void splicer_note(struct splicer *splicer, size_t size, size_t most);

/* Is it time for the fast way? To be asked when nothing that was read is unwritten. */
bool splicer_is_active(struct splicer *splicer, const struct end *from, const struct end *to);

/*
 * While active, move at most MOST bytes without waiting, or with COPY leave them to be read as well;
 * what write(2) could return is returned: EAGAIN if TO is full. EINVAL: it cannot be done, nothing is
 * lost, and it is not active any longer.
 */
ssize_t splicer_move(struct splicer *splicer, const struct end *from, const struct end *to,
		     size_t most, bool copy);

/* Never again with these ends. */
void splicer_forbid(struct splicer *splicer);
