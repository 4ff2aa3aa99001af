/* SPDX-License-Identifier: MIT */
/*
 * The command's three streams: where they lead, and moving their bytes. The door to relay/:
 *
 *   open     what the options make of the streams, and the pipes and files for it
 *   stream   one stream and its pump: its source, whoever looks at the bytes, where they go
 *   end      one end of a stream, read and written without waiting
 *   splicer  moves bytes that nobody looks at inside the kernel
 *   limit    of bytes and lines
 *   tail     counts lines and keeps the last ones
 *   log      the copy of both streams, line by line     (stamp)
 *   mark     puts time and prefix in front of lines     (stamp)
 *   buffer   bytes on their way
 *
 * A relayed stream is a pipe of cordon's own, and buffers of bounded size: STREAM_BUFFER_BYTES, as
 * much again for the tail, twice as much for marks; and 256 KiB for the log of both.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "inherited.h"
#include "outcome.h"
#include "relay/stream.h"
#include "spec.h"

enum stream_id { STREAM_IN, STREAM_OUT, STREAM_ERR, STREAM_COUNT };

struct relay {
	struct stream stream[STREAM_COUNT];
	int pty;            /* --pty: cordon's end of the command's terminal; -1: none */
	struct limit limit; /* of output, over both streams */
	struct mark mark;   /* for both as well */
	struct log log;
};

/* Slots for poll(2): those of the streams, of which one is for what is typed, and one of the log. */
#define RELAY_SLOT_KEYS (STREAM_SLOTS * STREAM_IN + STREAM_SLOT_FROM)
#define RELAY_SLOT_LOG (STREAM_SLOTS * STREAM_COUNT)
#define RELAY_POLLFDS (RELAY_SLOT_LOG + 1)

/* Where SPEC leads the stream ID, given what cordon's own is: anything but STDIO_AUTO. */
enum stdio_mode relay_resolve(const struct spec *spec, enum stream_id id);

/* Nothing open. */
void relay_init(struct relay *relay);

/*
 * Resolve every stream and open its pipes and files. COUNTED: lines and tails are wanted.
 * Returns 0, or -1 with *FAILURE filled; relay_fini() in either case.
 */
int relay_open(struct relay *relay, const struct spec *spec, const struct inherited *inherited,
	       bool counted, struct failure *failure);

/*
 * The command has its ends, since STARTED_NS: close cordon's copies, but for those of a terminal.
 */
void relay_started(struct relay *relay, int64_t started_ns);

/* Say what is being waited for. Slots not in use get the descriptor -1. */
void relay_fill(const struct relay *relay, struct pollfd pollfds[RELAY_POLLFDS]);

/* Do what the events allow. Returns true if a byte was moved. */
bool relay_move(struct relay *relay, const struct pollfd pollfds[RELAY_POLLFDS]);

/* Bytes of output that were ever read from the command. */
uint64_t relay_output_bytes(const struct relay *relay);

/* true while stdout or stderr is relayed and not at its end, or not all is written and logged. */
bool relay_is_open(const struct relay *relay);

/* true if something is unwritten because its reader, or the log's, is slow. */
bool relay_is_blocked(const struct relay *relay);

/* true if a terminal does not take output because the job is in the background (stty tostop). */
bool relay_is_barred(const struct relay *relay);

/* true if what is typed at the terminal is somebody else's because the job is in the background. */
bool relay_awaits_keys(const struct relay *relay);

/* Try again, as what the job of the process JOB writes; 0: as who may write in any case. */
void relay_unbar(struct relay *relay, pid_t job);

/*
 * Nobody will read or begin to write any more: stop relaying stdin, and let a terminal end when
 * those who have it open have closed it.
 */
void relay_end_input(struct relay *relay);

/* A terminal has another size: pass that on to its likeness. true if it was news. */
bool relay_resize(const struct relay *relay);

/* Close cordon's end of the command's terminal, so that its users see it hung up. */
void relay_hang_up(struct relay *relay);

/* Give up on what is still open: note who holds it and what is lost, and close it. */
void relay_give_up(struct relay *relay);

/* "inherit", "relay", "pty", "null", "file", "closed", "merged". */
const char *relay_mode_name(enum stream_mode mode);

void relay_fini(struct relay *relay);
