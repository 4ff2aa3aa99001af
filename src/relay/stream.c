/* SPDX-License-Identifier: MIT */
#include "relay/stream.h"

#include <errno.h>

#include "child.h"
#include "cleanup.h"
#include "pty.h"

void stream_init(struct stream *stream)
{
	*stream = (struct stream){ .child_fd = CHILD_FD_KEEP, .from.fd = -1, .to.fd = -1 };
}

static bool has_unwritten(const struct stream *stream)
{
	return !buffer_is_empty(&stream->read) || !buffer_is_empty(&stream->marked);
}

static bool has_unlogged(const struct stream *stream)
{
	return stream->log_at < stream->log_end || stream->ahead > 0;
}

bool stream_is_blocked(const struct stream *stream)
{
	return has_unwritten(stream) || has_unlogged(stream) || stream->full;
}

bool stream_is_open(const struct stream *stream)
{
	return stream->to.fd >= 0 || has_unlogged(stream);
}

/* ---- its end ---- */

static void finish(struct stream *stream)
{
	end_close(&stream->from);
	stream->ahead = 0;
	if (!has_unwritten(stream))
		end_close(&stream->to);
}

static void drop_unwritten(struct stream *stream)
{
	stream->undelivered += buffer_drop(&stream->read) + stream->marked_bytes;
	buffer_drop(&stream->marked);
	stream->marked_bytes = 0;
	stream->full = false;
}

/* Nobody reads any more: the command is to notice, as it would without cordon. */
static void lose_reader(struct stream *stream, int err)
{
	stream->error = err;
	drop_unwritten(stream);
	finish(stream);
}

void stream_stop(struct stream *stream)
{
	drop_unwritten(stream);
	if (stream->ahead > 0 && stream->log)
		stream->log->cut = true;
	finish(stream);
}

/* ---- whoever looks ---- */

/* The log takes what it has room for, and the rest when it has more. true: it took some. */
static bool feed_log(struct stream *stream)
{
	size_t taken = log_add(stream->log, stream->source, stream->read.bytes + stream->log_at,
			       stream->log_end - stream->log_at);
	stream->log_at += taken;
	return taken > 0;
}

static void look(struct stream *stream, size_t size)
{
	if (stream->counted && size > 0)
		tail_add(&stream->tail, stream->read.bytes, size);
	if (!stream->log || size == 0)
		return;
	stream->log_at = 0;
	stream->log_end = size;
	feed_log(stream);
}

/* ---- its way ---- */

/* What to write next, marked if it has to be; NULL without memory for that. */
static struct buffer *next_to_write(struct stream *stream)
{
	if (!stream->mark)
		return &stream->read;
	if (!buffer_is_empty(&stream->marked))
		return &stream->marked;
	size_t before = stream->read.start;
	if (mark_move(stream->mark, &stream->in_marked_line, &stream->read, &stream->marked) < 0)
		return NULL;
	stream->marked_bytes = stream->read.start - before;
	return &stream->marked;
}

static void note_typed(struct stream *stream, const char *keys, size_t count)
{
	int sig = pty_typed_signal(stream->to.fd, keys, count);
	if (sig)
		stream->typed_signal = sig;
}

/* WROTE bytes of BUFFER have gone out. */
static void note_written(struct stream *stream, struct buffer *buffer, size_t wrote)
{
	if (stream->typed)
		note_typed(stream, buffer->bytes + buffer->start, wrote);
	buffer->start += wrote;
	if (buffer == &stream->read) {
		stream->bytes += wrote;
	} else if (buffer_is_empty(buffer)) {
		stream->bytes += stream->marked_bytes;
		stream->marked_bytes = 0;
	}
}

static bool write_some(struct stream *stream)
{
	bool moved = false;
	while (has_unwritten(stream)) {
		struct buffer *next = next_to_write(stream);
		ssize_t wrote = next ? end_write(&stream->to, next->bytes + next->start,
						 next->end - next->start)
				     : -1;
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0 && errno == EAGAIN)
			return moved;
		if (wrote < 0) {
			lose_reader(stream, errno);
			return moved;
		}
		note_written(stream, next, (size_t)wrote);
		moved = true;
	}
	if (stream->from.fd < 0)
		end_close(&stream->to);
	return moved;
}

/* The terminal's character for it, as the last of the input. */
static void type_end(struct stream *stream)
{
	struct buffer *read = &stream->read;
	bool mid_line = read->end > 0 && read->bytes[read->end - 1] != '\n';
	read->start = 0;
	read->end = pty_end_of_input(stream->to.fd, mid_line, read->bytes);
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

/* Into READ, at most MOST bytes. Returns how many, 0 if there is nothing or it was the end. */
static size_t read_source(struct stream *stream, size_t most)
{
	if (buffer_need(&stream->read, STREAM_BUFFER_BYTES) < 0) {
		lose_reader(stream, ENOMEM);
		return 0;
	}
	ssize_t got = end_read(&stream->from, stream->read.bytes, most);
	if (got > 0)
		return (size_t)got;
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	end_reading(stream, got < 0 ? errno : 0);
	return 0;
}

/* Whoever looks sees the bytes as they are. */
static bool is_looked_at(const struct stream *stream)
{
	return stream->counted || stream->log;
}

static bool read_some(struct stream *stream)
{
	size_t got = read_source(stream, STREAM_BUFFER_BYTES), kept = got;
	if (got == 0)
		return false;
	if (stream->limit)
		kept = limit_take(stream->limit, &stream->in_limited_line, stream->read.bytes, got);
	stream->beyond += got - kept;
	stream->read.start = 0;
	stream->read.end = kept;
	look(stream, kept);
	write_some(stream);
	splicer_note(&stream->splicer, got, STREAM_BUFFER_BYTES);
	return true;
}

/* Read and look at what tee(2) has delivered, as far as the log takes it. true: some. */
static bool catch_up(struct stream *stream)
{
	bool moved = stream->log_at < stream->log_end && feed_log(stream);
	while (stream->ahead > 0 && stream->log_at == stream->log_end) {
		size_t most =
			stream->ahead < STREAM_BUFFER_BYTES ? stream->ahead : STREAM_BUFFER_BYTES;
		size_t got = read_source(stream, most);
		if (got == 0) { /* the command itself has read it */
			stream->ahead = 0;
			break;
		}
		stream->ahead -= got;
		look(stream, got);
		moved = true;
	}
	return moved;
}

/* How much may go the fast way at once; 0: none. */
static size_t fast_bytes(struct stream *stream)
{
	struct splicer *splicer = &stream->splicer;
	if (stream->mark || stream->packets ||
	    !splicer_is_active(splicer, &stream->from, &stream->to) ||
	    (is_looked_at(stream) && !splicer->to_pipe))
		return 0;
	return stream->limit ? limit_unseen(stream->limit, SPLICER_FROM_BYTES) : SPLICER_FROM_BYTES;
}

/* WRITABLE: poll(2) has just said so. If there is no room all the same, splicing is no use. */
static bool splice_some(struct stream *stream, size_t most, bool writable)
{
	bool copy = is_looked_at(stream);
	ssize_t moved = splicer_move(&stream->splicer, &stream->from, &stream->to, most, copy);
	stream->full = moved < 0 && errno == EAGAIN && !writable;
	if (moved == 0) {
		finish(stream);
	} else if (moved > 0) {
		stream->bytes += (uint64_t)moved;
		stream->ahead = copy ? (size_t)moved : 0;
		if (stream->limit)
			limit_take_unseen(stream->limit, (size_t)moved);
		catch_up(stream);
	} else if (errno == EPIPE) {
		lose_reader(stream, EPIPE);
	} else if (errno == EAGAIN && writable) {
		splicer_forbid(&stream->splicer);
	}
	return moved > 0;
}

static bool take_some(struct stream *stream, bool writable)
{
	size_t most = fast_bytes(stream);
	if (most > 0)
		return splice_some(stream, most, writable);
	stream->full = false;
	return read_some(stream);
}

void stream_fill(const struct stream *stream, struct pollfd pollfds[STREAM_SLOTS])
{
	bool writing = (has_unwritten(stream) || stream->full) && !stream->to.barred;
	bool reading = !stream_is_blocked(stream) && !stream->held && !stream->from.barred;
	pollfds[STREAM_SLOT_FROM] =
		(struct pollfd){ .fd = reading ? stream->from.fd : -1, .events = POLLIN };
	/* Without events poll still tells that a pipe has lost its reader. */
	int to = stream->ahead > 0 ? -1 : stream->to.fd;
	pollfds[STREAM_SLOT_TO] = (struct pollfd){ .fd = to, .events = writing ? POLLOUT : 0 };
}

bool stream_move(struct stream *stream, const struct pollfd pollfds[STREAM_SLOTS])
{
	short from = pollfds[STREAM_SLOT_FROM].revents, to = pollfds[STREAM_SLOT_TO].revents;
	if (stream->full)
		return to && take_some(stream, to & POLLOUT);
	if (has_unwritten(stream))
		return to && write_some(stream);
	if (to & (POLLERR | POLLHUP | POLLNVAL)) {
		lose_reader(stream, EPIPE);
		return false;
	}
	return from && !stream->held && take_some(stream, false);
}

bool stream_log(struct stream *stream)
{
	bool moved = has_unlogged(stream) && catch_up(stream);
	if (stream->log && stream->from.fd < 0 && !has_unlogged(stream))
		log_end(stream->log, stream->source);
	return moved;
}

uint64_t stream_read_bytes(const struct stream *stream)
{
	return stream->bytes + stream->undelivered + stream->beyond + stream->marked_bytes +
	       (stream->read.end - stream->read.start);
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
	buffer_fini(&stream->read);
	buffer_fini(&stream->marked);
	tail_fini(&stream->tail);
}
