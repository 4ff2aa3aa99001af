/* SPDX-License-Identifier: MIT */
/*
 * The copy of both output streams that --log asks for. A record is a line:
 *
 *     2026-11-25T21:19:41.000000+00:00 stdout F text
 *
 * the time, the stream, and F if the line ended there, P if it goes on in the stream's next
 * record or never ended: the format of Kubernetes' container logs. Text is cut after LOG_LINE_BYTES.
 * With packets a record is one write of the command's, whose newlines but the last are \n in it and
 * whose backslashes are \\.
 *
 * What goes wrong harms nobody: the log just ends there.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/buffer.h"
#include "relay/end.h"
#include "relay/stamp.h"

#define LOG_LINE_BYTES (16 * 1024)

enum log_source { LOG_STDOUT, LOG_STDERR, LOG_SOURCES };

struct log {
	const char *path; /* borrowed; NULL: there is to be none */
	struct end end;
	bool packets;
	struct buffer out;
	struct buffer held[LOG_SOURCES]; /* lines that have not ended yet */
	struct stamp stamp;
	char tag[STAMP_BYTES + 16]; /* of the line that is added: time, stream, F or P */
	size_t tag_length;
	uint64_t bytes; /* written */
	bool cut;       /* not all was */
	int error;      /* errno, why; 0: its reader was too slow */
};

void log_init(struct log *log);

/*
 * Open or make the file; log_truncate() empties it, once nothing else can fail. 0, or -1 with
 * errno, noted as its error.
 */
int log_open(struct log *log, const char *path, bool append);
int log_truncate(struct log *log);

/*
 * What has come from SOURCE. Returns how much of it was taken: less than SIZE while whoever
 * reads the log is slow. With packets it is one packet.
 */
size_t log_add(struct log *log, enum log_source source, const char *bytes, size_t size);

/* Nothing more comes from SOURCE: its last line has no end. */
void log_end(struct log *log, enum log_source source);

/* Write what there is, without waiting. Returns true if a byte was, or if none can be any more. */
bool log_write(struct log *log);

/* true if something is unwritten. */
bool log_is_blocked(const struct log *log);

/* Write no more, and drop what is unwritten. */
void log_give_up(struct log *log);

void log_fini(struct log *log);
