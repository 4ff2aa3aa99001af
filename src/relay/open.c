/* SPDX-License-Identifier: MIT */
/*
 * Where the streams lead: what the options say of each, and the pipes and files for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "file.h"
#include "pty.h"
#include "relay.h"

static const char *const option_names[STREAM_COUNT] = { "--stdin", "--stdout", "--stderr" };

static int fail(struct failure *failure, const char *option, const char *path, const char *what)
{
	*failure = (struct failure){
		.step = "stdio", .what = what, .err = errno, .status = STATUS_CORDON
	};
	snprintf(failure->option, sizeof(failure->option), "%s%s%s", option, path ? "=" : "",
		 path ? path : "");
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

static int open_input_pipe(struct stream *stream)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	give_child(stream, fds[0], true);
	stream->relayed = true;
	stream->from = (struct end){ .fd = STDIN_FILENO };
	stream->to = (struct end){ .fd = fds[1], .owned = true, .kind = END_PLAIN };
	return fcntl(fds[1], F_SETFL, O_NONBLOCK); /* this end is cordon's alone */
}

static int open_output_pipe(struct stream *stream, struct end to, bool packets)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC | (packets ? O_DIRECT : 0)) < 0)
		return -1;
	give_child(stream, fds[1], true);
	stream->relayed = true;
	stream->packets = packets;
	stream->from = (struct end){ .fd = fds[0], .owned = true, .kind = END_PLAIN };
	stream->to = to;
	/* The command may read it too, through /proc/self/fd, and be there first. */
	return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

static int open_pipe(struct stream *stream, int fd, bool packets)
{
	if (fd == STREAM_IN)
		return open_input_pipe(stream);
	return open_output_pipe(stream, (struct end){ .fd = fd, .packets = packets }, packets);
}

/* The command gets a pipe in place of the file, which cordon writes to then. */
static int watch_file(struct stream *stream, bool packets)
{
	struct stat info;
	struct end file = { .fd = stream->child_fd, .owned = true, .kind = END_PLAIN };
	give_child(stream, CHILD_FD_KEEP, false);
	if (fstat(file.fd, &info) == 0 && !S_ISREG(info.st_mode)) {
		fcntl(file.fd, F_SETFL, O_NONBLOCK); /* cordon's own, but it may wait */
		file.terminal = isatty(file.fd);
	}
	if (open_output_pipe(stream, file, packets) == 0)
		return 0;
	end_close(&file);
	return -1;
}

/* Of STREAM_FILE. */
static int file_fd(const struct stream *stream)
{
	return stream->relayed ? stream->to.fd : stream->child_fd;
}

static int truncate_file(const struct stream *stream)
{
	return stream->mode == STREAM_FILE ? file_empty(file_fd(stream)) : 0;
}

static bool is_one_file(int a, int b)
{
	struct stat one, other;
	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && file_is_one(&one, &other);
}

/* Do A and B share one open file, so that what is written to both is in one order? kcmp(2). */
static bool same_open_file(int a, int b)
{
	pid_t self = getpid();
	long order = syscall(SYS_kcmp, self, self, KCMP_FILE, a, b);
	if (order >= 0)
		return order == 0;
	return is_one_file(a, b); /* kcmp may be missing or forbidden */
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
static bool may_share(const struct stdio_spec *wanted, const struct stream *out)
{
	return (wanted->mode == STDIO_AUTO || wanted->mode == STDIO_RELAY) &&
	       (out->mode == STREAM_RELAYED || out->mode == STREAM_PTY);
}

static bool lead_to_one_file(const struct relay *relay)
{
	const struct stream *out = &relay->stream[STREAM_OUT], *err = &relay->stream[STREAM_ERR];
	return out->mode == STREAM_FILE && err->mode == STREAM_FILE &&
	       is_one_file(file_fd(out), file_fd(err));
}

/* Does an option have to see the output, a terminal's too? */
static bool is_watched(const struct spec *spec)
{
	return spec->idle_timeout_ns != NS_NEVER || spec->progress == PROGRESS_ALWAYS ||
	       spec_watcher(spec);
}

/* Is anybody told how much of it there was, or what? */
static bool is_told_of(const struct spec *spec)
{
	return spec->report_count > 0 || spec->verbosity == VERBOSITY_VERBOSE ||
	       spec->sandbox.explain_denied;
}

/* Does it lead nowhere (null(4)), so that what is relayed is only lost later? */
static bool leads_nowhere(const struct spec *spec, const struct stat *info)
{
	return info->st_rdev == makedev(1, 3) && !is_watched(spec) && !is_told_of(spec);
}

/* The line of --progress waits for the command's to end. */
static bool needs_line_ends(const struct spec *spec, int fd)
{
	return spec->progress == PROGRESS_ALWAYS && fd != STREAM_IN;
}

enum stdio_mode relay_resolve(const struct spec *spec, enum stream_id id)
{
	const struct stdio_spec *wanted[] = { &spec->in, &spec->out, &spec->err };
	if (wanted[id]->mode != STDIO_AUTO)
		return wanted[id]->mode;
	struct stat info;
	bool device = fstat((int)id, &info) == 0 && S_ISCHR(info.st_mode);
	if (device && leads_nowhere(spec, &info))
		return STDIO_INHERIT;
	if (!device || !isatty((int)id) || spec->packets)
		return STDIO_RELAY;
	return is_watched(spec) ? STDIO_PTY : STDIO_INHERIT;
}

static int give_terminal(struct stream *stream, const struct spec *spec, int slave)
{
	give_child(stream, slave, true);
	stream->mode = STREAM_PTY;
	stream->relayed = true;
	stream->child_fd_kept = true;
	if (!spec->privs.set || geteuid() != 0)
		return 0;
	return fchown(slave, spec->privs.uid, (gid_t)-1);
}

/*
 * A terminal whose output has to be seen: the command sees one like it, which leaves every byte
 * as it is for the one behind.
 */
static int open_likeness(struct stream *stream, int fd, const struct spec *spec)
{
	const struct pty_kind kind = { .model = fd };
	int master, slave;
	if (pty_open(&kind, &master, &slave) < 0)
		return -1;
	stream->from = (struct end){ .fd = master, .owned = true, .kind = END_PLAIN };
	stream->to = (struct end){ .fd = fd };
	return give_terminal(stream, spec, slave);
}

static int open_stream(struct stream *stream, int fd, const struct stdio_spec *wanted,
		       const struct spec *spec)
{
	const char *path = wanted->path;
	switch (relay_resolve(spec, (enum stream_id)fd)) {
	case STDIO_AUTO:
	case STDIO_INHERIT:
		stream->mode = STREAM_INHERITED;
		return 0;
	case STDIO_RELAY:
		stream->mode = STREAM_RELAYED;
		return open_pipe(stream, fd, spec->packets);
	case STDIO_PTY:
		return open_likeness(stream, fd, spec);
	case STDIO_NULL:
		stream->mode = STREAM_NULL;
		path = "/dev/null";
		break;
	case STDIO_FILE:
		stream->mode = STREAM_FILE;
		break;
	}
	if (open_file(stream, fd, path, spec->append) < 0)
		return -1;
	return fd != STREAM_IN && spec_watcher(spec) ? watch_file(stream, spec->packets) : 0;
}

/*
 * --pty: all three streams are the command's new terminal. The keys of cordon's own terminal are
 * for it if its output is to be seen there; what comes from elsewhere is typed in any case.
 */
static int open_terminal(struct relay *relay, const struct spec *spec)
{
	struct stream *in = &relay->stream[STREAM_IN], *out = &relay->stream[STREAM_OUT];
	bool tty[STREAM_COUNT], typed_at;
	for (int fd = 0; fd < STREAM_COUNT; fd++)
		tty[fd] = isatty(fd);
	typed_at = tty[STREAM_IN] && tty[STREAM_OUT];
	const struct pty_kind kind = {
		.model = tty[STREAM_IN]    ? STREAM_IN
			 : tty[STREAM_OUT] ? STREAM_OUT
			 : tty[STREAM_ERR] ? STREAM_ERR
					   : -1,
		.typed_at = typed_at,
		.size = spec->pty_size,
	};
	int slave;
	if (pty_open(&kind, &relay->pty, &slave) < 0)
		return -1;
	give_child(out, slave, false);
	out->mode = STREAM_PTY;
	out->relayed = true;
	in->typed = true;
	in->from.fd = tty[STREAM_IN] && !typed_at ? -1 : STDIN_FILENO;
	in->to = (struct end){ .fd = relay->pty, .kind = END_PLAIN };
	out->from = in->to;
	out->to.fd = STDOUT_FILENO;
	if (tty[STREAM_OUT])
		end_inspect(&out->to, O_WRONLY);
	merge(relay);
	return give_terminal(in, spec, slave);
}

/* Whoever has to see what the command writes. */
static void attach(struct relay *relay, const struct spec *spec)
{
	relay->limit = (struct limit){ spec->output_limit, spec->line_limit, false };
	relay->mark = (struct mark){ .stamped = spec->timestamps,
				     .relative = spec->timestamps_as == TIMESTAMPS_REL,
				     .prefix = spec->prefix };
	stamp_init(&relay->mark.stamp);
	relay->log.packets = spec->packets;
	bool limited = spec->output_limit != LIMIT_NONE || spec->line_limit != LIMIT_NONE;
	for (int fd = STREAM_OUT; fd < STREAM_COUNT; fd++) {
		struct stream *stream = &relay->stream[fd];
		stream->limit = limited ? &relay->limit : NULL;
		stream->mark = mark_is_used(&relay->mark) ? &relay->mark : NULL;
		stream->log = relay->log.end.fd >= 0 ? &relay->log : NULL;
		stream->source = fd == STREAM_OUT ? LOG_STDOUT : LOG_STDERR;
	}
}

/* A regular file that cordon was given for the stream would be written to at two places, too. */
static bool leads_to(const struct stream *stream, int file)
{
	struct stat info;
	if (stream->mode == STREAM_FILE)
		return is_one_file(file_fd(stream), file);
	return stream->relayed && fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
	       is_one_file(stream->to.fd, file);
}

static int open_log(struct relay *relay, const struct spec *spec, struct failure *failure)
{
	if (!spec->log)
		return 0;
	if (log_open(&relay->log, spec->log, spec->append) < 0)
		return spec->log_optional ? 0 : fail(failure, "--log", spec->log, "cannot open");
	for (int fd = STREAM_OUT; fd < STREAM_COUNT; fd++) {
		if (!leads_to(&relay->stream[fd], relay->log.end.fd))
			continue;
		errno = 0;
		return fail(failure, "--log", spec->log, "is where the stream itself goes");
	}
	return 0;
}

static int truncate_files(struct relay *relay, const struct spec *spec, struct failure *failure)
{
	const struct stdio_spec *wanted[] = { NULL, &spec->out, &spec->err };
	for (int fd = STREAM_OUT; fd < STREAM_COUNT; fd++)
		if (truncate_file(&relay->stream[fd]) < 0)
			return fail(failure, option_names[fd], wanted[fd]->path, "cannot empty");
	if (log_truncate(&relay->log) < 0 && !spec->log_optional)
		return fail(failure, "--log", spec->log, "cannot empty");
	return 0;
}

static int open_streams(struct relay *relay, const struct spec *spec,
			const struct inherited *inherited, struct failure *failure)
{
	const struct stdio_spec *wanted[] = { &spec->in, &spec->out, &spec->err };
	for (int fd = 0; fd < STREAM_COUNT; fd++) {
		struct stream *stream = &relay->stream[fd];
		bool own_file = wanted[fd]->mode == STDIO_NULL || wanted[fd]->mode == STDIO_FILE;
		if (fd == STREAM_ERR && spec->merge)
			merge(relay);
		else if (inherited->closed[fd] && !own_file)
			stream->mode = STREAM_CLOSED; /* the placeholder closes at exec */
		else if (fd == STREAM_ERR && may_share(wanted[fd], &relay->stream[STREAM_OUT]) &&
			 same_open_file(1, 2))
			merge(relay);
		else if (open_stream(stream, fd, wanted[fd], spec) < 0)
			return fail(failure, option_names[fd], wanted[fd]->path, "cannot open");
	}
	return 0;
}

int relay_open(struct relay *relay, const struct spec *spec, const struct inherited *inherited,
	       bool counted, struct failure *failure)
{
	if (spec->pty && open_terminal(relay, spec) < 0)
		return fail(failure, "--pty", NULL, "cannot open a terminal");
	if (!spec->pty && open_streams(relay, spec, inherited, failure) < 0)
		return -1;
	for (int fd = 0; fd < STREAM_COUNT; fd++)
		relay->stream[fd].counted = counted || needs_line_ends(spec, fd);
	if (lead_to_one_file(relay)) {
		stream_fini(&relay->stream[STREAM_ERR]);
		relay->stream[STREAM_ERR].relayed = false;
		merge(relay);
	}
	if (open_log(relay, spec, failure) < 0)
		return -1;
	attach(relay, spec);
	return spec->append ? 0 : truncate_files(relay, spec, failure);
}
