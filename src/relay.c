/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "clock.h"

/* ---- where the streams lead ---- */

static const char *const option_names[STREAM_COUNT] = { "--stdin", "--stdout", "--stderr" };

static int fail(struct failure *failure, int fd, const char *path, const char *what)
{
	*failure = (struct failure){
		.step = "stdio", .what = what, .err = errno, .status = STATUS_CORDON
	};
	if (path)
		snprintf(failure->option, sizeof(failure->option), "%s=%s", option_names[fd], path);
	else
		snprintf(failure->option, sizeof(failure->option), "%s", option_names[fd]);
	return -1;
}

static void give_child(struct stream *stream, int fd, bool owned)
{
	stream->child_fd = fd;
	stream->child_fd_owned = owned;
}

/* Not truncated yet: another stream's file may turn out to be impossible. */
static int open_file(struct stream *stream, int fd, const char *path, bool append)
{
	int flags = O_CLOEXEC | O_NOCTTY;
	flags |= fd == STREAM_IN ? O_RDONLY : O_WRONLY | O_CREAT | (append ? O_APPEND : 0);
	int opened = open(path, flags, 0666);
	if (opened < 0)
		return -1;
	give_child(stream, opened, true);
	return 0;
}

static int truncate_file(const struct stream *stream)
{
	if (stream->mode != STREAM_FILE || ftruncate(stream->child_fd, 0) == 0)
		return 0;
	return errno == EINVAL ? 0 : -1; /* not a regular file: nothing to empty */
}

static int open_pipe(struct stream *stream, int fd)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	if (fd == STREAM_IN) {
		give_child(stream, fds[0], true);
		stream->from = (struct end){ .fd = STDIN_FILENO };
		stream->to = (struct end){ .fd = fds[1], .owned = true, .kind = END_PLAIN };
		return fcntl(fds[1], F_SETFL, O_NONBLOCK); /* this end is cordon's alone */
	}
	give_child(stream, fds[1], true);
	/* Blocking: it is only read after poll(2), and by nobody else. */
	stream->from = (struct end){ .fd = fds[0], .owned = true, .kind = END_PLAIN };
	stream->to = (struct end){ .fd = fd };
	return 0;
}

/* Do A and B share one open file, so that what is written to both is in one order? kcmp(2). */
static bool same_open_file(int a, int b)
{
	pid_t self = getpid();
	long order = syscall(SYS_kcmp, self, self, KCMP_FILE, a, b);
	if (order >= 0)
		return order == 0;
	struct stat one, other; /* kcmp may be missing or forbidden */
	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static void merge(struct relay *relay)
{
	const struct stream *out = &relay->stream[STREAM_OUT];
	struct stream *err = &relay->stream[STREAM_ERR];
	err->mode = out->mode == STREAM_CLOSED ? STREAM_CLOSED : STREAM_MERGED;
	/* Descriptor 1 is in place before 2 is made from it. */
	give_child(err, out->mode == STREAM_CLOSED ? CHILD_FD_CLOSE : STDOUT_FILENO, false);
}

/*
 * What is relayed to one open file shares one pipe, so that its order is kept; and two names for
 * one file share one description, so that neither writes over the other.
 */
static bool may_share(const struct stdio_spec *wanted)
{
	return wanted->mode == STDIO_AUTO || wanted->mode == STDIO_RELAY;
}

static bool is_one_file(const struct stream *out, const struct stream *err)
{
	struct stat one, other;
	return out->mode == STREAM_FILE && err->mode == STREAM_FILE &&
	       fstat(out->child_fd, &one) == 0 && fstat(err->child_fd, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* --idle-timeout has to see the output, a terminal's too. */
static enum stdio_mode resolve(const struct stdio_spec *wanted, int fd, bool watched)
{
	if (wanted->mode != STDIO_AUTO)
		return wanted->mode;
	return isatty(fd) && !watched ? STDIO_INHERIT : STDIO_RELAY;
}

static int open_stream(struct stream *stream, int fd, const struct stdio_spec *wanted,
		       const struct spec *spec)
{
	switch (resolve(wanted, fd, spec->idle_timeout_ns != NS_NEVER)) {
	case STDIO_AUTO:
	case STDIO_INHERIT:
		stream->mode = STREAM_INHERITED;
		return 0;
	case STDIO_RELAY:
		stream->mode = STREAM_RELAYED;
		return open_pipe(stream, fd);
	case STDIO_NULL:
		stream->mode = STREAM_NULL;
		return open_file(stream, fd, "/dev/null", false);
	case STDIO_FILE:
		stream->mode = STREAM_FILE;
		return open_file(stream, fd, wanted->path, spec->append);
	}
	__builtin_unreachable();
}

void relay_init(struct relay *relay)
{
	for (int fd = 0; fd < STREAM_COUNT; fd++)
		relay->stream[fd] =
			(struct stream){ .child_fd = CHILD_FD_KEEP, .from.fd = -1, .to.fd = -1 };
}

int relay_open(struct relay *relay, const struct spec *spec, const struct inherited *inherited,
	       bool counted, struct failure *failure)
{
	const struct stdio_spec *wanted[] = { &spec->in, &spec->out, &spec->err };
	for (int fd = 0; fd < STREAM_COUNT; fd++)
		relay->stream[fd].counted = counted;
	for (int fd = 0; fd < STREAM_COUNT; fd++) {
		struct stream *stream = &relay->stream[fd];
		bool own_file = wanted[fd]->mode == STDIO_NULL || wanted[fd]->mode == STDIO_FILE;
		if (fd == STREAM_ERR && spec->merge)
			merge(relay);
		else if (inherited->closed[fd] && !own_file)
			stream->mode = STREAM_CLOSED; /* the placeholder closes at exec */
		else if (fd == STREAM_ERR && may_share(wanted[fd]) &&
			 relay->stream[STREAM_OUT].mode == STREAM_RELAYED && same_open_file(1, 2))
			merge(relay);
		else if (open_stream(stream, fd, wanted[fd], spec) < 0)
			return fail(failure, fd, wanted[fd]->path, "cannot open");
	}
	if (is_one_file(&relay->stream[STREAM_OUT], &relay->stream[STREAM_ERR])) {
		close(relay->stream[STREAM_ERR].child_fd);
		merge(relay);
	}
	for (int fd = STREAM_OUT; fd < STREAM_COUNT && !spec->append; fd++)
		if (truncate_file(&relay->stream[fd]) < 0)
			return fail(failure, fd, wanted[fd]->path, "cannot empty");
	return 0;
}

void relay_started(struct relay *relay)
{
	for (int fd = 0; fd < STREAM_COUNT; fd++) {
		struct stream *stream = &relay->stream[fd];
		if (stream->child_fd_owned)
			close_fd(&stream->child_fd);
		stream->child_fd_owned = false;
	}
}

/* ---- one end ---- */

static void end_close(struct end *end)
{
	if (end->owned && end->fd >= 0)
		close(end->fd);
	end->fd = -1;
}

/*
 * Find out how to use an end that somebody else may share. A pipe or a terminal is opened
 * again through /proc/self/fd, which gives cordon a description, and so an O_NONBLOCK, of its
 * own. Where that is not allowed, poll(2) says that PIPE_BUF bytes can be written.
 */
static void end_inspect(struct end *end, int access_mode)
{
	struct stat info;
	end->kind = END_PLAIN;
	if (fstat(end->fd, &info) < 0)
		return;
	if (S_ISSOCK(info.st_mode)) {
		end->kind = END_SOCKET;
	} else if (S_ISFIFO(info.st_mode) || (S_ISCHR(info.st_mode) && isatty(end->fd))) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", end->fd);
		int own = open(path, access_mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (own >= 0)
			*end = (struct end){ .fd = own, .owned = true, .kind = END_PLAIN };
		else
			end->kind = END_CAREFUL;
	}
}

static ssize_t end_read(struct end *end, void *buffer, size_t size)
{
	if (end->kind == END_UNKNOWN)
		end_inspect(end, O_RDONLY);
	if (end->kind == END_SOCKET)
		return recv(end->fd, buffer, size, MSG_DONTWAIT);
	return read(end->fd, buffer, size);
}

static ssize_t end_write(struct end *end, const void *bytes, size_t size)
{
	if (end->kind == END_UNKNOWN)
		end_inspect(end, O_WRONLY);
	if (end->kind == END_SOCKET)
		return send(end->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (end->kind != END_CAREFUL)
		return write(end->fd, bytes, size);

	struct pollfd pollfd = { .fd = end->fd, .events = POLLOUT };
	if (poll(&pollfd, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(end->fd, bytes, size < PIPE_BUF ? size : PIPE_BUF);
}

/* ---- one stream ---- */

static bool has_unwritten(const struct stream *stream)
{
	return stream->start < stream->end;
}

static void finish(struct stream *stream)
{
	end_close(&stream->from);
	if (!has_unwritten(stream))
		end_close(&stream->to);
}

/* Nobody reads any more: the command is to notice, as it would without cordon. */
static void lose_reader(struct stream *stream, int err)
{
	stream->error = err;
	stream->undelivered += stream->end - stream->start;
	stream->start = stream->end = 0;
	finish(stream);
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

static void count(struct stream *stream, const char *bytes, size_t size)
{
	for (const char *at = bytes; (at = memchr(at, '\n', size - (size_t)(at - bytes))); at++)
		stream->lines++;
	stream->open_line = bytes[size - 1] != '\n';
	if (!stream->tail)
		stream->tail = malloc(RELAY_TAIL_BYTES);
	if (!stream->tail)
		return; /* no memory: no tail */
	size_t at = stream->tail_total % RELAY_TAIL_BYTES;
	size_t first = size < RELAY_TAIL_BYTES - at ? size : RELAY_TAIL_BYTES - at;
	memcpy(stream->tail + at, bytes, first);
	memcpy(stream->tail, bytes + first, size - first);
	stream->tail_total += size;
}

static bool read_some(struct stream *stream)
{
	if (!stream->buffer && !(stream->buffer = malloc(RELAY_BUFFER_BYTES))) {
		lose_reader(stream, ENOMEM);
		return false;
	}
	ssize_t got = end_read(&stream->from, stream->buffer, RELAY_BUFFER_BYTES);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got < 0)
		stream->error = errno;
	if (got <= 0) {
		finish(stream);
		return false;
	}
	stream->start = 0;
	stream->end = (size_t)got;
	if (stream->counted)
		count(stream, stream->buffer, (size_t)got);
	write_some(stream);
	return true;
}

static bool move_stream(struct stream *stream, const struct pollfd *from, const struct pollfd *to)
{
	if (has_unwritten(stream))
		return to->revents && write_some(stream);
	if (to->revents & (POLLERR | POLLHUP | POLLNVAL)) {
		lose_reader(stream, EPIPE);
		return false;
	}
	return from->revents && read_some(stream);
}

/* ---- all of them ---- */

void relay_fill(const struct relay *relay, struct pollfd pollfds[RELAY_POLLFDS])
{
	for (int i = 0; i < STREAM_COUNT; i++) {
		const struct stream *stream = &relay->stream[i];
		bool blocked = has_unwritten(stream);
		pollfds[2 * i] =
			(struct pollfd){ .fd = blocked ? -1 : stream->from.fd, .events = POLLIN };
		/* Without events poll still tells that a pipe has lost its reader. */
		pollfds[2 * i + 1] =
			(struct pollfd){ .fd = stream->to.fd, .events = blocked ? POLLOUT : 0 };
	}
}

bool relay_move(struct relay *relay, const struct pollfd pollfds[RELAY_POLLFDS])
{
	bool moved = false;
	for (int i = 0; i < STREAM_COUNT; i++)
		moved |= move_stream(&relay->stream[i], &pollfds[2 * i], &pollfds[2 * i + 1]);
	return moved;
}

uint64_t relay_output_bytes(const struct relay *relay)
{
	uint64_t total = 0;
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++) {
		const struct stream *stream = &relay->stream[i];
		total += stream->bytes + stream->undelivered + (stream->end - stream->start);
	}
	return total;
}

bool relay_is_open(const struct relay *relay)
{
	return relay->stream[STREAM_OUT].to.fd >= 0 || relay->stream[STREAM_ERR].to.fd >= 0;
}

bool relay_is_blocked(const struct relay *relay)
{
	return has_unwritten(&relay->stream[STREAM_OUT]) ||
	       has_unwritten(&relay->stream[STREAM_ERR]);
}

void relay_close_stdin(struct relay *relay)
{
	struct stream *stream = &relay->stream[STREAM_IN];
	if (stream->to.fd < 0)
		return;
	stream->undelivered += stream->end - stream->start;
	stream->start = stream->end = 0;
	finish(stream);
}

#define LAST_LOOKS 64 /* as many buffers: more than a pipe holds, and the end of it */

/* What is there already, and whose reader is ready, is not lost. */
static void move_the_rest(struct relay *relay)
{
	struct pollfd pollfds[RELAY_POLLFDS];
	bool moved = true;
	for (int look = 0; moved && look < LAST_LOOKS; look++) {
		relay_fill(relay, pollfds);
		moved = poll(pollfds, RELAY_POLLFDS, 0) > 0 && relay_move(relay, pollfds);
	}
}

void relay_give_up(struct relay *relay)
{
	move_the_rest(relay);
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++) {
		struct stream *stream = &relay->stream[i];
		if (stream->from.fd >= 0)
			stream->holder_count =
				holder_find(stream->from.fd, stream->holder, HOLDERS_MAX);
		if (stream->to.fd >= 0) {
			int unread = 0;
			if (stream->from.fd >= 0)
				ioctl(stream->from.fd, FIONREAD, &unread);
			stream->undelivered += stream->end - stream->start + (unsigned)unread;
			stream->start = stream->end = 0;
			finish(stream);
		}
	}
}

/* Turn the ring so that its oldest byte comes first. */
static size_t straighten(struct stream *stream)
{
	if (stream->tail_total <= RELAY_TAIL_BYTES)
		return stream->tail_total;
	size_t at = stream->tail_total % RELAY_TAIL_BYTES;
	char *turned = malloc(RELAY_TAIL_BYTES);
	if (!turned)
		return 0;
	memcpy(turned, stream->tail + at, RELAY_TAIL_BYTES - at);
	memcpy(turned + RELAY_TAIL_BYTES - at, stream->tail, at);
	free(stream->tail);
	stream->tail = turned;
	stream->tail_total = RELAY_TAIL_BYTES;
	return RELAY_TAIL_BYTES;
}

size_t relay_tail(struct stream *stream, unsigned lines, const char **text)
{
	size_t length = stream->tail && lines ? straighten(stream) : 0;
	if (!length)
		return 0;
	size_t begin = length - 1; /* the last byte may end the last line */
	while (begin > 0 && (stream->tail[begin - 1] != '\n' || --lines > 0))
		begin--;
	*text = stream->tail + begin;
	return length - begin;
}

const char *relay_mode_name(enum stream_mode mode)
{
	static const char *const names[] = {
		[STREAM_INHERITED] = "inherit", [STREAM_RELAYED] = "relay",
		[STREAM_NULL] = "null",         [STREAM_FILE] = "file",
		[STREAM_CLOSED] = "closed",     [STREAM_MERGED] = "merged",
	};
	return names[mode];
}

void relay_fini(struct relay *relay)
{
	relay_started(relay);
	for (int i = 0; i < STREAM_COUNT; i++) {
		struct stream *stream = &relay->stream[i];
		end_close(&stream->from);
		end_close(&stream->to);
		free(stream->buffer);
		free(stream->tail);
		stream->buffer = stream->tail = NULL;
	}
}
