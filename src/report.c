/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"
#include "msg.h"
#include "report/format.h"
#include "report/jansson.h"

/* ---- opening ---- */

/* Note the first thing that went wrong. */
static int fail(struct failure *failure, const char *option, const char *what, int err)
{
	if (failure->step)
		return -1;
	failure->step = "report";
	snprintf(failure->option, sizeof(failure->option), "%s", option);
	failure->what = what;
	failure->err = err;
	failure->status = STATUS_CORDON;
	return -1;
}

static bool is_fifo(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

static bool is_same_file(const struct stat *status, int fd)
{
	struct stat other;
	return fstat(fd, &other) == 0 && file_is_one(status, &other);
}

/* Is that a file of --stdout, --stderr or --log, too? */
static bool is_of_an_option(const struct stat *status, const struct spec *spec)
{
	const char *const paths[] = { spec->out.mode == STDIO_FILE ? spec->out.path : NULL,
				      spec->err.mode == STDIO_FILE ? spec->err.path : NULL,
				      spec->log };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct stat other;
		if (paths[i] && stat(paths[i], &other) == 0 && file_is_one(status, &other))
			return true;
	}
	return false;
}

/*
 * A file of its own is replaced by the record. One that also receives output (say /dev/stdout,
 * when that is a file) must not lose what was written there.
 */
static void choose_place(struct report_sink *sink, const struct spec *spec)
{
	struct stat status;
	int flags = fcntl(sink->fd, F_GETFL) & ~O_NONBLOCK;

	sink->regular = fstat(sink->fd, &status) == 0 && S_ISREG(status.st_mode);
	sink->replace = sink->regular && sink->spec->format != REPORT_JSONL &&
			!is_same_file(&status, STDOUT_FILENO) &&
			!is_same_file(&status, STDERR_FILENO) && !is_of_an_option(&status, spec);
	fcntl(sink->fd, F_SETFL, sink->regular && !sink->replace ? flags | O_APPEND : flags);
}

/* O_NONBLOCK: a FIFO without a reader, or a modem line, must not hang the start. */
static int open_path(struct report_sink *sink, const struct spec *run, struct failure *failure)
{
	const struct report_spec *spec = sink->spec;

	sink->fd = open(spec->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (sink->fd < 0 && errno == ENXIO && is_fifo(spec->path))
		return fail(failure, spec->option, "nobody reads from this FIFO", 0);
	if (sink->fd < 0)
		return fail(failure, spec->option, "cannot open the file", errno);
	sink->owned = true;
	choose_place(sink, run);
	return 0;
}

/* What was inherited cannot be close-on-exec, or it would not be here; all of cordon's own is. */
static bool is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);
	return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int adopt_fd(struct report_sink *sink, struct failure *failure)
{
	const struct report_spec *spec = sink->spec;

	if (!is_inherited(spec->fd))
		return fail(failure, spec->option, "the descriptor is not open", 0);
	if ((fcntl(spec->fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return fail(failure, spec->option, "the descriptor is not open for writing", 0);
	if (spec->fd > STDERR_FILENO)
		fcntl(spec->fd, F_SETFD, FD_CLOEXEC);
	sink->fd = spec->fd;
	return 0;
}

static int load_library(struct report *report, const char *option, struct failure *failure)
{
	if (report->jansson)
		return 0;
	report->jansson = jansson_new(report->load_error, sizeof(report->load_error));
	return report->jansson ? 0 : fail(failure, option, report->load_error, 0);
}

static int open_sink(struct report *report, struct report_sink *sink, const struct spec *run,
		     struct failure *failure)
{
	const struct report_spec *spec = sink->spec;

	if (spec->format != REPORT_HUMAN && load_library(report, spec->option, failure) < 0)
		return -1;
	if (spec->path)
		return open_path(sink, run, failure);
	if (spec->fd != STDERR_FILENO)
		return adopt_fd(sink, failure);
	sink->fd = STDERR_FILENO; /* even if it is closed: that does not stop a run */
	return 0;
}

int report_open(struct report *report, const struct spec *spec, struct failure *failure)
{
	int result = 0;

	*report = (struct report){ 0 };
	if (spec->report_count == 0)
		return 0;
	*failure = (struct failure){ 0 };
	report->sinks = calloc(spec->report_count, sizeof(*report->sinks));
	if (!report->sinks)
		return fail(failure, "", "cannot prepare the reports", errno);
	for (size_t i = 0; i < spec->report_count; i++) {
		struct report_sink *sink = &report->sinks[i];
		*sink = (struct report_sink){ .spec = &spec->reports[i], .fd = -1 };
		if (open_sink(report, sink, spec, failure) < 0)
			result = -1;
		report->count++;
	}
	return result;
}

/* ---- writing ---- */

/*
 * In one write(2), so that records of parallel runs do not mix; what that leaves over, in more.
 * Returns how much was written, with errno if that is not all. A descriptor that others made
 * non-blocking is waited for.
 */
static size_t write_text(int fd, const char *text, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t written = write(fd, text + done, size - done);
		if (written >= 0) {
			done += (size_t)written;
		} else if (errno == EAGAIN) {
			struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
			poll(&pollfd, 1, -1);
		} else if (errno != EINTR) {
			break;
		}
	}
	return done;
}

/* Half a record is worse than none. Leaves it if another run has written behind it. */
static void take_back(const struct report_sink *sink, size_t written)
{
	struct stat status;
	off_t end = lseek(sink->fd, 0, SEEK_CUR);

	if (sink->regular && fstat(sink->fd, &status) == 0 && status.st_size == end &&
	    ftruncate(sink->fd, end - (off_t)written) < 0)
		return; /* the caller complains already */
}

static char *make_record(const struct report *report, const struct report_sink *sink,
			 struct run *run)
{
	switch (sink->spec->format) {
	case REPORT_HUMAN:
		return report_human(run, true);
	case REPORT_JSON:
	case REPORT_JSONL:
		return report_json(run, report->jansson, sink->spec->format == REPORT_JSONL);
	}
	__builtin_unreachable();
}

/* Returns 0, or -1 with errno. */
static int write_record(const struct report_sink *sink, const char *record)
{
	size_t size = strlen(record);

	if (sink->replace && file_empty(sink->fd) < 0)
		return -1;
	size_t written = write_text(sink->fd, record, size);
	if (written == size)
		return 0;
	int err = errno;
	take_back(sink, written);
	errno = err;
	return -1;
}

/* Returns 0, or -1 with errno. Some file systems tell only at close that they are full. */
static int finish_sink(struct report_sink *sink)
{
	int fd = take_fd(&sink->fd);
	return sink->owned ? close(fd) : 0;
}

static void write_sink(const struct report *report, struct report_sink *sink, struct run *run)
{
	_cleanup_free_ char *record = make_record(report, sink, run);
	int result = record ? write_record(sink, record) : -1;
	int err = errno;

	if (finish_sink(sink) < 0 && result == 0) {
		result = -1;
		err = errno;
	}
	if (result < 0)
		msg_warn_errno(err, "%s: cannot write the report", sink->spec->option);
}

/* A human report to stderr says all that the summary would say. */
static bool wants_summary(const struct run *run)
{
	const struct spec *spec = run->spec;

	if (spec->timeout_mode || spec->verbosity == VERBOSITY_QUIET)
		return false;
	for (size_t i = 0; i < spec->report_count; i++)
		if (spec->reports[i].format == REPORT_HUMAN && !spec->reports[i].path &&
		    spec->reports[i].fd == STDERR_FILENO)
			return false;
	return run->outcome.reason != REASON_NOT_STARTED || spec->verbosity == VERBOSITY_VERBOSE;
}

/* A stderr that takes nothing any more has nobody who could be told so. */
static void write_summary(const struct run *run)
{
	_cleanup_free_ char *summary = report_human(run, run->spec->verbosity == VERBOSITY_VERBOSE);
	if (summary)
		write_text(STDERR_FILENO, summary, strlen(summary));
}

void report_write(struct report *report, struct run *run)
{
	if (report->written)
		return;
	report->written = true;
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i].fd >= 0)
			write_sink(report, &report->sinks[i], run);
	if (wants_summary(run))
		write_summary(run);
}

void report_fini(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->sinks[i].owned)
			close_fd(&report->sinks[i].fd);
	free(report->sinks);
	jansson_free(report->jansson);
	*report = (struct report){ 0 };
}
