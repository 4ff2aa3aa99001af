/* SPDX-License-Identifier: MIT */
#include "relay/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "child.h"
#include "cleanup.h"
#include "pty.h"

void stream_init(struct stream *stream)
{
	*stream = (struct stream){ .child_fd = CHILD_FD_KEEP, .from.fd = -1, .to.fd = -1 };
}

static bool has_unwritten(const struct stream *stream)
{
	return stream->start < stream->end;
}

bool stream_is_blocked(const struct stream *stream)
{
	return has_unwritten(stream) || stream->full;
}

static void finish(struct stream *stream)
{
	end_close(&stream->from);
	if (!has_unwritten(stream))
		end_close(&stream->to);
}

void stream_stop(struct stream *stream)
{
	stream->undelivered += stream->end - stream->start;
	stream->start = stream->end = 0;
	stream->full = false;
	finish(stream);
}

/* Nobody reads any more: the command is to notice, as it would without cordon. */
static void lose_reader(struct stream *stream, int err)
{
	stream->error = err;
	stream_stop(stream);
}

static bool write_some(struct stream *stream)
{
	bool moved = false;
	while (has_unwritten(stream)) {
		ssize_t wrote = end_write(&stream->to, stream->buffer + stream->start,
					  stream->end - stream->start);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EAGAIN)
			return moved;
		if (wrote < 0) {
			lose_reader(stream, errno);
			return moved;
		}
		stream->start += (size_t)wrote;
		stream->bytes += (uint64_t)wrote;
		moved = true;
	}
	if (stream->from.fd < 0)
		end_close(&stream->to);
	return moved;
}

/* The terminal's character for it, as the last of the input. */
static void type_end(struct stream *stream)
{
	bool mid_line = stream->end > 0 && stream->buffer[stream->end - 1] != '\n';
	stream->start = 0;
	stream->end = pty_end_of_input(stream->to.fd, mid_line, stream->buffer);
}

/* A terminal that nobody has open any more says so by EIO. */
static void end_reading(struct stream *stream, int err)
{
	if (stream->mode != STREAM_PTY || err != EIO)
		stream->error = err;
	if (stream->typed)
		type_end(stream);
	finish(stream);
	write_some(stream);
}

static bool read_some(struct stream *stream)
{
	if (!stream->buffer && !(stream->buffer = malloc(STREAM_BUFFER_BYTES))) {
		lose_reader(stream, ENOMEM);
		return false;
	}
	ssize_t got = end_read(&stream->from, stream->buffer, STREAM_BUFFER_BYTES);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got <= 0) {
		end_reading(stream, got < 0 ? errno : 0);
		return false;
	}
	stream->start = 0;
	stream->end = (size_t)got;
	if (stream->counted)
		tail_add(&stream->tail, stream->buffer, (size_t)got);
	write_some(stream);
	if (!stream->counted && !has_unwritten(stream))
		splicer_note(&stream->splicer, &stream->from, &stream->to, (size_t)got,
			     STREAM_BUFFER_BYTES);
	return true;
}

/* WRITABLE: poll(2) has just said so. If there is no room all the same, splicing is no use. */
static bool splice_some(struct stream *stream, bool writable)
{
	ssize_t moved = splicer_move(&stream->splicer, &stream->from, &stream->to, SPLICER_BYTES);
	stream->full = moved < 0 && errno == EAGAIN && !writable;
	if (moved > 0)
		stream->bytes += (uint64_t)moved;
	else if (moved == 0)
		finish(stream);
	else if (errno == EPIPE)
		lose_reader(stream, EPIPE);
	else if (errno == EAGAIN && writable)
		splicer_forbid(&stream->splicer);
	return moved > 0;
}

void stream_fill(const struct stream *stream, struct pollfd pollfds[STREAM_SLOTS])
{
	bool blocked = stream_is_blocked(stream);
	pollfds[STREAM_SLOT_FROM] =
		(struct pollfd){ .fd = blocked || stream->held ? -1 : stream->from.fd,
				 .events = POLLIN };
	/* Without events poll still tells that a pipe has lost its reader. */
	pollfds[STREAM_SLOT_TO] =
		(struct pollfd){ .fd = stream->to.fd, .events = blocked ? POLLOUT : 0 };
}

bool stream_move(struct stream *stream, const struct pollfd pollfds[STREAM_SLOTS])
{
	short to = pollfds[STREAM_SLOT_TO].revents;
	if (stream->full)
		return to && splice_some(stream, to & POLLOUT);
	if (has_unwritten(stream))
		return to && write_some(stream);
	if (to & (POLLERR | POLLHUP | POLLNVAL)) {
		lose_reader(stream, EPIPE);
		return false;
	}
	if (!pollfds[STREAM_SLOT_FROM].revents)
		return false;
	return stream->splicer.active ? splice_some(stream, false) : read_some(stream);
}

uint64_t stream_read_bytes(const struct stream *stream)
{
	return stream->bytes + stream->undelivered + (stream->end - stream->start);
}

void stream_close_child_fd(struct stream *stream)
{
	if (stream->child_fd_owned)
		close_fd(&stream->child_fd);
	stream->child_fd_owned = false;
}

void stream_fini(struct stream *stream)
{
	stream_close_child_fd(stream);
	end_close(&stream->from);
	end_close(&stream->to);
	free(stream->buffer);
	stream->buffer = NULL;
	tail_fini(&stream->tail);
}
