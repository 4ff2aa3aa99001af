/* SPDX-License-Identifier: MIT */
/*
 * One stream of the command and the pump that moves its bytes: from its source, past whoever
 * has to look at them (limit, tail, log), through what changes them (marks), to where they go.
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
#include "relay/buffer.h"
#include "relay/end.h"
#include "relay/limit.h"
#include "relay/log.h"
#include "relay/mark.h"
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
	bool relayed; /* through a pipe of cordon's own; also to a file that has to be watched */
	int child_fd; /* becomes 0, 1 or 2 of the command; or CHILD_FD_* (child.h) */
	bool child_fd_owned;
	bool child_fd_kept; /* by cordon too, so that the terminal does not end with its last user */
	struct end from, to; /* the relay; both closed: not relayed, or over */
	bool held;           /* not to be read for now */
	bool typed;          /* goes to a terminal: its end has to be typed too */
	int typed_signal;    /* SIGINT or SIGQUIT, the last that was typed; 0: none */

	/* who has to see the bytes; borrowed, NULL: nobody */
	struct limit *limit;
	struct log *log;
	struct mark *mark;
	enum log_source source;
	bool counted; /* lines and the tail are wanted */
	bool packets; /* the command's pipe keeps the boundaries of its writes */

	struct buffer read;     /* as it came, and not yet written or marked */
	size_t log_at, log_end; /* of its bytes, what the log has not taken yet */
	size_t ahead;           /* bytes that are delivered, and yet to be read and looked at */
	struct buffer marked;   /* with its marks, and not yet written */
	size_t marked_bytes;    /* of the command's that MARKED has in it */
	bool in_limited_line, in_marked_line;
	struct splicer splicer;
	bool full; /* the pipe it goes to had no room for what could be spliced */

	uint64_t bytes;       /* delivered */
	uint64_t undelivered; /* written by the command, but the reader was gone or given up */
	uint64_t beyond;      /* written by the command beyond the limit */
	int error;        /* errno that ended the relay early, EPIPE: the reader left; 0: none */
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

/* Into the log what waits for room in it. Returns true if it took some. */
bool stream_log(struct stream *stream);

/* true while it is relayed and not at its end, or not all is written. */
bool stream_is_open(const struct stream *stream);

/* true if something is unwritten because its reader, or the log's, is slow. */
bool stream_is_blocked(const struct stream *stream);

/* Bytes that were ever read. */
uint64_t stream_read_bytes(const struct stream *stream);

/* Read no more, and drop what is not written; the log may still have what was read. */
void stream_stop(struct stream *stream);

/* The command has its end: close cordon's copy. */
void stream_close_child_fd(struct stream *stream);

void stream_fini(struct stream *stream);
