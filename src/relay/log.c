/* SPDX-License-Identifier: MIT */
#include "relay/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

/* The text of a packet may double. */
#define RECORD_BYTES (sizeof((struct log){ 0 }.tag) + 2 * LOG_LINE_BYTES)
/* Room for one record, and for the last of either stream, which cannot wait. */
#define NEEDED_BYTES ((1 + LOG_SOURCES) * RECORD_BYTES)
#define OUT_BYTES (NEEDED_BYTES + 128 * 1024)

void log_init(struct log *log)
{
	*log = (struct log){ .end.fd = -1 };
	stamp_init(&log->stamp);
}

int log_open(struct log *log, const char *path, bool append)
{
	struct stat info;
	log->path = path;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (append ? O_APPEND : 0),
		      0666);
	if (fd < 0) {
		log->error = errno;
		return -1;
	}
	log->end = (struct end){ .fd = fd, .owned = true, .kind = END_PLAIN };
	if (fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) /* cordon's own, but it may wait */
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return 0;
}

int log_truncate(struct log *log)
{
	if (log->end.fd < 0 || file_empty(log->end.fd) == 0)
		return 0;
	log->error = errno;
	end_close(&log->end);
	return -1;
}

static void fail(struct log *log, int err)
{
	log->error = err;
	log_give_up(log);
}

bool log_is_blocked(const struct log *log)
{
	return !buffer_is_empty(&log->out);
}

bool log_write(struct log *log)
{
	bool wrote = false;
	while (log_is_blocked(log)) {
		struct buffer *out = &log->out;
		ssize_t size = end_write(&log->end, out->bytes + out->start, out->end - out->start);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0 && errno == EAGAIN)
			break;
		if (size < 0) {
			fail(log, errno);
			return true;
		}
		out->start += (size_t)size;
		log->bytes += (uint64_t)size;
		wrote = true;
	}
	return wrote;
}

/* ---- records ---- */

/* One text for all the lines that came at once. */
static void make_tag(struct log *log, enum log_source source)
{
	static const char *const names[LOG_SOURCES] = { " stdout F ", " stderr F " };
	stamp_now(&log->stamp);
	log->tag_length = log->stamp.length + strlen(names[source]);
	memcpy(log->tag, log->stamp.text, log->stamp.length);
	memcpy(log->tag + log->stamp.length, names[source], strlen(names[source]));
}

static void put_tag(struct log *log, bool whole)
{
	log->tag[log->tag_length - 2] = whole ? 'F' : 'P';
	buffer_add(&log->out, log->tag, log->tag_length);
}

/* A whole TEXT has its newline. */
static void put_record(struct log *log, enum log_source source, bool whole, const char *text,
		       size_t length)
{
	struct buffer *held = &log->held[source];
	put_tag(log, whole);
	if (!buffer_is_empty(held))
		buffer_add(&log->out, held->bytes, held->end);
	held->end = 0;
	buffer_add(&log->out, text, length);
	if (!whole)
		buffer_add(&log->out, "\n", 1);
}

/* A command that opens its pipe anew (/dev/stdout) writes no packets: what came together is cut. */
static size_t add_packet(struct log *log, const char *text, size_t size)
{
	size_t length = size < LOG_LINE_BYTES ? size : LOG_LINE_BYTES;
	bool whole = text[length - 1] == '\n';
	put_tag(log, whole);
	for (size_t i = 0; i < length - whole; i++) {
		if (text[i] == '\n')
			buffer_add(&log->out, "\\n", 2);
		else if (text[i] == '\\')
			buffer_add(&log->out, "\\\\", 2);
		else
			buffer_add(&log->out, &text[i], 1);
	}
	buffer_add(&log->out, "\n", 1);
	return length;
}

/* The next line of the text, or what there is of it. Returns how much that was. */
static size_t add_line(struct log *log, enum log_source source, const char *text, size_t size)
{
	struct buffer *held = &log->held[source];
	size_t most = LOG_LINE_BYTES - held->end;
	const char *newline = memchr(text, '\n', size > most ? most + 1 : size);
	if (newline) {
		size_t length = (size_t)(newline - text) + 1;
		put_record(log, source, true, text, length);
		return length;
	}
	if (size > most) {
		put_record(log, source, false, text, most);
		return most;
	}
	buffer_add(held, text, size);
	return size;
}

static bool has_room(struct log *log)
{
	if (log->out.size - log->out.end >= NEEDED_BYTES)
		return true;
	if (buffer_room(&log->out) < NEEDED_BYTES)
		log_write(log);
	return log->end.fd >= 0 && buffer_room(&log->out) >= NEEDED_BYTES;
}

static int need_memory(struct log *log, enum log_source source)
{
	if (buffer_need(&log->out, OUT_BYTES) == 0 &&
	    (log->packets || buffer_need(&log->held[source], LOG_LINE_BYTES) == 0))
		return 0;
	fail(log, errno);
	return -1;
}

size_t log_add(struct log *log, enum log_source source, const char *bytes, size_t size)
{
	size_t taken = 0;
	if (log->end.fd >= 0 && need_memory(log, source) == 0)
		make_tag(log, source);
	while (taken < size && log->end.fd >= 0 && has_room(log)) {
		if (log->packets)
			taken += add_packet(log, bytes + taken, size - taken);
		else
			taken += add_line(log, source, bytes + taken, size - taken);
	}
	if (log->end.fd >= 0)
		return taken;
	log->cut = true;
	return size;
}

void log_end(struct log *log, enum log_source source)
{
	if (log->end.fd < 0 || buffer_is_empty(&log->held[source]))
		return;
	make_tag(log, source);
	put_record(log, source, false, "", 0);
}

void log_give_up(struct log *log)
{
	log->cut |= buffer_drop(&log->out) > 0;
	end_close(&log->end);
}

void log_fini(struct log *log)
{
	end_close(&log->end);
	buffer_fini(&log->out);
	for (int i = 0; i < LOG_SOURCES; i++)
		buffer_fini(&log->held[i]);
}
