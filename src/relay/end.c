/* SPDX-License-Identifier: MIT */
#include "relay/end.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "terminal.h"

void end_close(struct end *end)
{
	if (end->owned && end->fd >= 0)
		close(end->fd);
	end->fd = -1;
}

/*
 * Another user's terminal (su(1)) is the session's all the same. What is behind one (ptmx(4)) would
 * be a new one.
 */
static int reopen(const struct end *end, int flags)
{
	char path[64];
	unsigned number;
	if (end->terminal && ioctl(end->fd, TIOCGPTN, &number) == 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", end->fd);
	int own = open(path, flags);
	if (own < 0 && end->terminal && tcgetsid(end->fd) >= 0)
		own = open("/dev/tty", flags);
	return own;
}

static bool has_hung_up(int fd)
{
	struct pollfd pollfd = { .fd = fd };
	return poll(&pollfd, 1, 0) > 0;
}

/*
 * Find out how to use an end that somebody else may share. A pipe or a terminal is opened
 * again through /proc/self/fd, which gives cordon a description, and so an O_NONBLOCK, of its
 * own. Where that is not allowed each call may say that it is not to wait, or else poll(2) says that
 * PIPE_BUF bytes can be written.
 */
void end_inspect(struct end *end, int access_mode)
{
	struct stat info;
	end->kind = END_PLAIN;
	if (fstat(end->fd, &info) < 0)
		return;
	if (S_ISSOCK(info.st_mode)) {
		end->kind = END_SOCKET;
	} else if (S_ISFIFO(info.st_mode) || (S_ISCHR(info.st_mode) && isatty(end->fd))) {
		end->terminal = S_ISCHR(info.st_mode);
		int packets = end->packets ? fcntl(end->fd, F_GETFL) & O_DIRECT : 0;
		int own = reopen(end, access_mode | packets | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		/* Who opens a FIFO that its writers have left is not told of its end: poll(2) awaits others. */
		if (own >= 0 && access_mode == O_RDONLY && has_hung_up(end->fd))
			close_fd(&own);
		end->kind = own >= 0 ? END_PLAIN : end->terminal ? END_CAREFUL : END_NOWAIT;
		end->owned = own >= 0;
		end->fd = own >= 0 ? own : end->fd;
	}
}

/* Asked before each write: cordon itself is not stopped, for it has blocked the signal. */
static int ask_terminal(struct end *end)
{
	switch (terminal_ask(end->fd, end->job)) {
	case TERMINAL_TAKES:
		return 0;
	case TERMINAL_STOPS:
		end->barred = true;
		errno = EAGAIN;
		return -1;
	case TERMINAL_REFUSES:
		errno = EIO;
		return -1;
	}
	__builtin_unreachable();
}

/* RESULT is not that of the kernel's, which cannot do that, or not for this file. */
static bool must_be_careful(struct end *end, ssize_t result)
{
	if (result >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
		return false;
	end->kind = END_CAREFUL;
	return true;
}

static ssize_t read_now(struct end *end, void *buffer, size_t size)
{
	const struct iovec vector = { buffer, size };
	ssize_t got = preadv2(end->fd, &vector, 1, -1, RWF_NOWAIT);
	return must_be_careful(end, got) ? read(end->fd, buffer, size) : got;
}

static ssize_t write_carefully(const struct end *end, const void *bytes, size_t size)
{
	struct pollfd pollfd = { .fd = end->fd, .events = POLLOUT };
	if (poll(&pollfd, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(end->fd, bytes, size < PIPE_BUF ? size : PIPE_BUF);
}

static ssize_t write_now(struct end *end, const void *bytes, size_t size)
{
	const struct iovec vector = { (void *)bytes, size };
	ssize_t wrote = pwritev2(end->fd, &vector, 1, -1, RWF_NOWAIT);
	return must_be_careful(end, wrote) ? write_carefully(end, bytes, size) : wrote;
}

ssize_t end_read(struct end *end, void *buffer, size_t size)
{
	if (end->kind == END_UNKNOWN)
		end_inspect(end, O_RDONLY);
	if (end->kind == END_SOCKET)
		return recv(end->fd, buffer, size, MSG_DONTWAIT);
	if (end->kind == END_NOWAIT)
		return read_now(end, buffer, size);
	ssize_t got = read(end->fd, buffer, size);
	if (got < 0 && errno == EIO && end->terminal &&
	    terminal_ask_for_keys(end->fd, getpid()) == TERMINAL_STOPS) {
		end->barred = true;
		errno = EAGAIN;
	}
	return got;
}

ssize_t end_write(struct end *end, const void *bytes, size_t size)
{
	if (end->kind == END_UNKNOWN)
		end_inspect(end, O_WRONLY);
	if (end->terminal && end->job && ask_terminal(end) < 0)
		return -1;
	if (end->kind == END_SOCKET)
		return send(end->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (end->kind == END_NOWAIT)
		return write_now(end, bytes, size);
	if (end->kind == END_CAREFUL)
		return write_carefully(end, bytes, size);
	return write(end->fd, bytes, size);
}
