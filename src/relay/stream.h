/* SPDX-License-Identifier: MIT */
/*
 * One stream of the command and the pump that moves its bytes: from its source through
 * whatever has to look at them to where they go.
 *
 * Nothing is read while something is unwritten: a slow reader slows the command and nobody
 * else.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "holder.h"
#include "relay/end.h"
#include "relay/splicer.h"
#include "relay/tail.h"

/* What a stream turned out to be, for the report. */
enum stream_mode {
	STREAM_INHERITED,
	STREAM_RELAYED,
	STREAM_PTY, /* through a terminal of cordon's making */
	STREAM_NULL,
	STREAM_FILE,
	STREAM_CLOSED, /* it was closed when cordon was started */
	STREAM_MERGED  /* stderr goes where stdout goes, through the same pipe or file */
};

#define STREAM_BUFFER_BYTES (64 * 1024)
#define STREAM_HOLDERS_MAX 8

struct stream {
	enum stream_mode mode;
	int child_fd; /* becomes 0, 1 or 2 of the command; or CHILD_FD_* (child.h) */
	bool child_fd_owned;
	bool child_fd_kept; /* by cordon too, so that the terminal does not end with its last user */
	struct end from, to; /* the relay; both closed: not relayed, or over */
	bool held;           /* not to be read for now */
	bool typed;          /* goes to a terminal: its end has to be typed too */
	char *buffer;        /* owned, allocated with the first byte */
	size_t start, end;   /* what is in it and not yet written */
	struct splicer splicer;
	bool full; /* the pipe it goes to had no room for what could be spliced */

	uint64_t bytes;       /* delivered */
	uint64_t undelivered; /* written by the command, but the reader was gone or given up */
	int error;        /* errno that ended the relay early, EPIPE: the reader left; 0: none */
	bool counted;     /* lines and the tail are wanted */
	struct tail tail; /* of what was read */
	struct holder holder[STREAM_HOLDERS_MAX]; /* who held it when cordon stopped waiting */
	unsigned holder_count;
};

/* Two slots for poll(2): where it comes from and where it goes. */
enum stream_slot { STREAM_SLOT_FROM, STREAM_SLOT_TO, STREAM_SLOTS };

void stream_init(struct stream *stream);

/* Say what is being waited for. Slots not in use get the descriptor -1. */
void stream_fill(const struct stream *stream, struct pollfd pollfds[STREAM_SLOTS]);

/* Do what the events allow. Returns true if a byte was moved. */
bool stream_move(struct stream *stream, const struct pollfd pollfds[STREAM_SLOTS]);

/* true if something is unwritten because its reader is slow. */
bool stream_is_blocked(const struct stream *stream);

/* Bytes that were ever read. */
uint64_t stream_read_bytes(const struct stream *stream);

/* Read no more, and drop what is not written. */
void stream_stop(struct stream *stream);

/* The command has its end: close cordon's copy. */
void stream_close_child_fd(struct stream *stream);

void stream_fini(struct stream *stream);
