/* SPDX-License-Identifier: MIT */
#include "relay/splicer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BIG_READS 2
#define SMALL_BYTES 4096 /* in an enlarged pipe a page each, however little it is */

static bool is_null_device(const struct stat *info)
{
	return S_ISCHR(info->st_mode) && info->st_rdev == makedev(1, 3);
}

/* Sockets and terminals would make cordon wait, and a file's pages change under way. */
static bool can_splice(struct splicer *splicer, const struct end *from, const struct end *to)
{
	struct stat source, sink;
	if (fstat(from->fd, &source) < 0 || fstat(to->fd, &sink) < 0 || !S_ISFIFO(source.st_mode))
		return false;
	splicer->to_pipe = S_ISFIFO(sink.st_mode);
	return splicer->to_pipe || S_ISREG(sink.st_mode) || is_null_device(&sink);
}

/* One that may not be enlarged so far, or is larger already, serves as it is. */
static void enlarge(const struct end *end, int wanted)
{
	int size = fcntl(end->fd, F_GETPIPE_SZ);
	while (size >= 0 && size < wanted && fcntl(end->fd, F_SETPIPE_SZ, wanted) < 0)
		wanted /= 2;
}

void splicer_note(struct splicer *splicer, size_t size, size_t most)
{
	/* Half will do: writes that are no whole pages leave holes in a full pipe. */
	splicer->big_reads = size >= most / 2 ? splicer->big_reads + 1 : 0;
}

bool splicer_is_active(struct splicer *splicer, const struct end *from, const struct end *to)
{
	if (splicer->active || splicer->impossible || splicer->big_reads < BIG_READS)
		return splicer->active;
	splicer->active = can_splice(splicer, from, to);
	splicer->impossible = !splicer->active;
	if (splicer->active) {
		enlarge(from, SPLICER_FROM_BYTES);
		enlarge(to, SPLICER_TO_BYTES);
	}
	return splicer->active;
}

static void deactivate(struct splicer *splicer)
{
	splicer->active = false;
	splicer->big_reads = 0;
}

void splicer_forbid(struct splicer *splicer)
{
	splicer->impossible = true;
	deactivate(splicer);
}

ssize_t splicer_move(struct splicer *splicer, const struct end *from, const struct end *to,
		     size_t most, bool copy)
{
	ssize_t moved = copy ? tee(from->fd, to->fd, most, SPLICE_F_NONBLOCK)
			     : splice(from->fd, NULL, to->fd, NULL, most, SPLICE_F_NONBLOCK);
	if (moved >= 0) {
		if (moved < SMALL_BYTES)
			deactivate(splicer);
		return moved;
	}
	if (errno == EAGAIN || errno == EINTR || errno == EPIPE)
		return -1;
	/* An O_APPEND file, for one; what else is wrong, write(2) will say. */
	splicer_forbid(splicer);
	errno = EINVAL;
	return -1;
}
