/* SPDX-License-Identifier: MIT */
/*
 * The defaults, and what has to be true of a spec as a whole before anything is done
 * about it.
 */
#include "spec.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "outcome.h"
#include "sandbox/settings.h"

void spec_init(struct spec *spec)
{
	*spec = (struct spec){
		.timeout_ns = NS_NEVER,
		.cpu_time_ns = NS_NEVER,
		.idle_timeout_ns = NS_NEVER,
		.first_signal = SIGTERM,
		.kill_after_ns = 10 * NS_PER_S,
		.cgroup = CGROUP_AUTO,
		.leftovers = LEFTOVERS_KILL,
		.group = GROUP_AUTO,
		.die_with_parent = true,
		.in.mode = STDIO_INHERIT,
		.out.mode = STDIO_AUTO,
		.err.mode = STDIO_AUTO,
		.drain_ns = NS_PER_S,
		.tail_lines = 20,
		.output_limit = LIMIT_NONE,
		.line_limit = LIMIT_NONE,
		.verbosity = VERBOSITY_NORMAL,
		.progress = PROGRESS_NEVER,
		.signal_exit = SIGNAL_EXIT_RAISE,
	};
}

/* {"/bin/sh", "-c", COMMAND, "sh", ARG...}, {INTERPRETER, COMMAND, ARG...} or the command. */
static void complete_argv(struct spec *spec)
{
	static const char *const shell[] = { "/bin/sh", "-c", "sh" };
	const char *const *launcher = spec->shell ? shell : &spec->interpreter;
	size_t before = spec->shell ? 2 : spec->interpreter != NULL, count = 0;

	spec->argv = spec->command;
	if (!before)
		return;
	while (spec->command[count])
		count++;
	char **next = calloc(before + count + 2, sizeof *next);
	if (!next || spec_keep(spec, next) < 0) {
		msg_warn_errno(ENOMEM, "cannot prepare the command");
		exit(STATUS_CORDON);
	}
	spec->argv = next;
	/* memcpy: execve(2) wants its strings without const, but does not change them */
	memcpy(next, launcher, before * sizeof *next);
	next += before;
	*next++ = spec->command[0];
	if (spec->shell)
		memcpy(next++, &shell[2], sizeof *next);
	memcpy(next, spec->command + 1, (count - 1) * sizeof *next);
}

static void complete_ladder(struct spec *spec)
{
	enum target target = TARGET_TREE;

	if (spec->ladder_given)
		return;
	if (spec->timeout_mode)
		target = spec->group == GROUP_STAY ? TARGET_MAIN : TARGET_GROUP;
	ladder_default(&spec->ladder, target, spec->first_signal, spec->kill_after_ns);
}

/* Can a file be created in the directory of PATH? 0, or -1 with errno. */
static int check_directory(const char *path)
{
	char directory[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');

	if (slash && slash[1] == '\0') {
		errno = EISDIR;
		return -1;
	}
	if (slash)
		snprintf(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path);
	return faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS);
}

/* Can PATH be written to, as far as can be told without doing it? 0, or -1 with errno. */
static int check_writable(const char *path)
{
	struct stat st;

	if (strlen(path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (stat(path, &st) < 0)
		return errno == ENOENT ? check_directory(path) : -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS);
}

static int check_descriptor(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return -1;
	}
	return 0;
}

static void check_files(const struct spec *spec)
{
	const struct stdio_spec *streams[] = { &spec->out, &spec->err };

	if (spec->in.mode == STDIO_FILE && faccessat(AT_FDCWD, spec->in.path, R_OK, AT_EACCESS) < 0)
		msg_misuse("--stdin: cannot read '%s': %s", spec->in.path, msg_errno_text(errno));
	for (int i = 0; i < 2; i++)
		if (streams[i]->mode == STDIO_FILE && check_writable(streams[i]->path) < 0)
			msg_misuse("--%s: cannot write to '%s': %s", i ? "stderr" : "stdout",
				   streams[i]->path, msg_errno_text(errno));
	if (spec->log && !spec->log_optional && check_writable(spec->log) < 0)
		msg_misuse("--log: cannot write to '%s': %s", spec->log, msg_errno_text(errno));
	for (size_t i = 0; i < spec->report_count; i++) {
		const struct report_spec *report = &spec->reports[i];
		const char *place = report->path ? report->path : strstr(report->option, "fd:");
		if (!place) /* "-": there is always a standard error, or nobody to be told */
			continue;
		if ((report->path ? check_writable(place) : check_descriptor(report->fd)) < 0)
			msg_misuse("%.*s: cannot write to '%s': %s",
				   (int)strcspn(report->option, "="), report->option, place,
				   msg_errno_text(errno));
	}
}

const char *spec_watcher(const struct spec *spec)
{
	if (spec->log)
		return "--log";
	if (spec->timestamps)
		return "--timestamps";
	if (spec->prefix)
		return "--prefix";
	if (spec->output_limit != LIMIT_NONE)
		return "--output-limit";
	if (spec->line_limit != LIMIT_NONE)
		return "--line-limit";
	return spec->packets ? "--packets" : NULL;
}

/* What the command gets to write to itself, nobody else can see. */
static void check_watched(const struct spec *spec)
{
	const char *watcher = spec_watcher(spec);
	bool err_matters = !spec->merge && spec->err.mode == STDIO_INHERIT;

	if (watcher && (spec->out.mode == STDIO_INHERIT || err_matters))
		msg_misuse("%s and --%s=inherit contradict each other", watcher,
			   spec->out.mode == STDIO_INHERIT ? "stdout" : "stderr");
	if (spec->log_optional && !spec->log)
		msg_misuse("--log-optional: there is no --log");
}

#define TREE_LIMITS_MAX 64 /* a bit each says which are not in force */

static bool may_be_relayed(const struct stdio_spec *stream)
{
	return stream->mode == STDIO_AUTO || stream->mode == STDIO_RELAY;
}

static void check_limits(const struct spec *spec)
{
	if (spec->idle_timeout_ns != NS_NEVER && !may_be_relayed(&spec->out) &&
	    (spec->merge || !may_be_relayed(&spec->err)))
		msg_misuse("--idle-timeout: neither --stdout nor --stderr is relayed");
	if (spec->tree_limit_count > TREE_LIMITS_MAX)
		msg_misuse("%s: more than %d limits", spec->tree_limits[TREE_LIMITS_MAX].option,
			   TREE_LIMITS_MAX);
	if (spec->tree_limit_count > 0 && spec->cgroup == CGROUP_NONE && !spec->best_effort)
		msg_misuse("%s and --cgroup=none contradict each other",
			   spec->tree_limits[0].option);
}

static void check_terminal(const struct spec *spec)
{
	const char *rival = spec->in.mode != STDIO_INHERIT ? "--stdin"
			    : spec->out.mode != STDIO_AUTO ? "--stdout"
			    : spec->err.mode != STDIO_AUTO ? "--stderr"
			    : !spec->die_with_parent       ? "--no-die-with-parent"
							   : NULL;

	if (spec->pty && rival)
		msg_misuse("--pty and %s contradict each other", rival);
	if (spec->pty && spec->packets)
		msg_misuse("--pty and --packets contradict each other");
	if (spec->pty_size.columns && !spec->pty)
		msg_misuse("--pty-size: there is no --pty");
}

static bool is_inherited_terminal(const struct stdio_spec *stream, int fd)
{
	return stream->mode == STDIO_INHERIT && isatty(fd);
}

/* A line that can be kept apart from what the command writes, for somebody who looks at it. */
static void complete_progress(struct spec *spec)
{
	if (spec->progress != PROGRESS_AUTO)
		return;
	const char *ci = getenv("CI"), *terminal = getenv("TERM");
	bool good = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0 &&
		    (!ci || !*ci) && !is_inherited_terminal(&spec->out, STDOUT_FILENO) &&
		    !is_inherited_terminal(&spec->err, STDERR_FILENO);

	spec->progress = good ? PROGRESS_ALWAYS : PROGRESS_NEVER;
}

void spec_check(struct spec *spec)
{
	if (!spec->command || !spec->command[0])
		msg_misuse("missing command");
	check_limits(spec);
	check_terminal(spec);
	check_watched(spec);
	check_files(spec);
	sandbox_check(spec);
	complete_ladder(spec);
	complete_argv(spec);
	complete_progress(spec);
}

int spec_keep(struct spec *spec, void *memory)
{
	void **kept = reallocarray(spec->kept, spec->kept_count + 1, sizeof *kept);

	if (!kept) {
		free(memory);
		return -1;
	}
	spec->kept = kept;
	kept[spec->kept_count++] = memory;
	return 0;
}

void spec_fini(struct spec *spec)
{
	for (size_t i = 0; i < spec->kept_count; i++)
		free(spec->kept[i]);
	free(spec->kept);
	free(spec->reports);
	free(spec->tags);
	free(spec->tree_limits);
	env_fini(&spec->env);
	privs_fini(&spec->privs);
	sandbox_spec_fini(&spec->sandbox);
	*spec = (struct spec){ .argv = NULL };
}
