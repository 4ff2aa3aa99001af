/* SPDX-License-Identifier: MIT */
/*
 * One end of a stream: a descriptor that bytes come from or go to, read and written without
 * ever waiting. Descriptors that others share never get O_NONBLOCK.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How an end that cordon did not make is read and written without ever waiting. */
enum end_kind {
	END_UNKNOWN, /* not looked at before the first byte */
	END_PLAIN,   /* never waits for anybody, or cordon's own and non-blocking */
	END_SOCKET,  /* MSG_DONTWAIT */
	END_NOWAIT,  /* RWF_NOWAIT, which pipes without a name know (Linux 6.4) */
	END_CAREFUL  /* only after poll(2), and at most PIPE_BUF bytes; others may come between */
};

struct end {
	int fd; /* -1: closed */
	bool owned;
	bool terminal, barred; /* whose job control stands in the way for now */
	pid_t job;             /* a process of the job that writes there; 0: whoever, that may */
	bool packets; /* if each write into it is a packet of its own (pipe2(2)), that is kept */
	enum end_kind kind;
};

/*
 * read(2) and write(2), with EAGAIN where they would wait. A terminal that would stop the job, did it
 * write there itself, is EAGAIN too, and barred until somebody says that it is not.
 */
ssize_t end_read(struct end *end, void *buffer, size_t size);
ssize_t end_write(struct end *end, const void *bytes, size_t size);

/*
 * Find out its kind, which else its first byte does; ACCESS_MODE is O_RDONLY or O_WRONLY. For who is
 * about to leave the session, from which another user's terminal can be opened.
 */
void end_inspect(struct end *end, int access_mode);

/* Close it, if it is cordon's to close, and forget it. */
void end_close(struct end *end);
