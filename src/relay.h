/* SPDX-License-Identifier: MIT */
/*
 * The command's three streams: where they lead, and moving their bytes.
 *
 * A relayed stream is a pipe of cordon's own and one buffer of RELAY_BUFFER_BYTES. Nothing is
 * read while something is unwritten: a slow reader slows the command and nobody else.
 * Descriptors that others share never get O_NONBLOCK; where a write could wait, cordon opens
 * the same pipe or terminal once more, for itself.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "holder.h"
#include "inherited.h"
#include "outcome.h"
#include "spec.h"

enum stream_id { STREAM_IN, STREAM_OUT, STREAM_ERR, STREAM_COUNT };

/* What a stream turned out to be, for the report. */
enum stream_mode {
	STREAM_INHERITED,
	STREAM_RELAYED,
	STREAM_NULL,
	STREAM_FILE,
	STREAM_CLOSED, /* it was closed when cordon was started */
	STREAM_MERGED  /* stderr goes where stdout goes, through the same pipe or file */
};

/* How an end that cordon did not make is read and written without ever waiting. */
enum end_kind {
	END_UNKNOWN, /* not looked at before the first byte */
	END_PLAIN,   /* never waits for anybody, or cordon's own and non-blocking */
	END_SOCKET,  /* MSG_DONTWAIT */
	END_CAREFUL  /* only after poll(2), and at most PIPE_BUF bytes */
};

struct end {
	int fd; /* -1: closed */
	bool owned;
	enum end_kind kind;
};

#define RELAY_BUFFER_BYTES (64 * 1024)
#define RELAY_TAIL_BYTES (64 * 1024)
#define HOLDERS_MAX 8

struct stream {
	enum stream_mode mode;
	int child_fd; /* becomes 0, 1 or 2 of the command; or CHILD_FD_* (child.h) */
	bool child_fd_owned;
	struct end from, to; /* the relay; both closed: not relayed, or over */
	char *buffer;        /* owned, allocated with the first byte */
	size_t start, end;   /* what is in it and not yet written */

	uint64_t bytes;       /* delivered */
	uint64_t undelivered; /* written by the command, but the reader was gone or given up */
	int error;           /* errno that ended the relay early, EPIPE: the reader left; 0: none */
	bool counted;        /* lines and the tail are wanted */
	uint64_t lines;      /* newlines read */
	bool open_line;      /* what was read last is not a newline */
	char *tail;          /* ring of the last RELAY_TAIL_BYTES read, owned; NULL: none yet */
	uint64_t tail_total; /* bytes ever put into it */
	struct holder holder[HOLDERS_MAX]; /* who held the pipe when cordon stopped waiting */
	unsigned holder_count;
};

struct relay {
	struct stream stream[STREAM_COUNT];
};

/* Two slots a stream, for poll(2): where it comes from and where it goes. */
#define RELAY_POLLFDS (2 * STREAM_COUNT)

/* Nothing open. */
void relay_init(struct relay *relay);

/*
 * Resolve every stream and open its pipes and files. COUNTED: lines and tails are wanted.
 * Returns 0, or -1 with *FAILURE filled; relay_fini() in either case.
 */
int relay_open(struct relay *relay, const struct spec *spec, const struct inherited *inherited,
	       bool counted, struct failure *failure);

/* The command has its ends: close cordon's copies. */
void relay_started(struct relay *relay);

/* Say what is being waited for. Slots not in use get the descriptor -1. */
void relay_fill(const struct relay *relay, struct pollfd pollfds[RELAY_POLLFDS]);

/* Do what the events allow. Returns true if a byte was moved. */
bool relay_move(struct relay *relay, const struct pollfd pollfds[RELAY_POLLFDS]);

/* Bytes of output that were ever read from the command. */
uint64_t relay_output_bytes(const struct relay *relay);

/* true while stdout or stderr is relayed and not at its end, or not all is written. */
bool relay_is_open(const struct relay *relay);

/* true if something is unwritten because its reader is slow. */
bool relay_is_blocked(const struct relay *relay);

/* The command will read no more: stop relaying stdin. */
void relay_close_stdin(struct relay *relay);

/* Give up on what is still open: note who holds it and what is lost, and close it. */
void relay_give_up(struct relay *relay);

/*
 * The last LINES lines of what was read, at most RELAY_TAIL_BYTES of them: *TEXT is borrowed
 * until relay_fini(). Returns the length; 0: none.
 */
size_t relay_tail(struct stream *stream, unsigned lines, const char **text);

/* "inherit", "relay", "null", "file", "closed", "merged". */
const char *relay_mode_name(enum stream_mode mode);

void relay_fini(struct relay *relay);
