/* SPDX-License-Identifier: MIT */
/*
 * The report as JSON (report.schema.json). Every key is present in every record, in the order
 * of this file. What is not known is null, and "sources" has the reason.
 */
#include "format.h"

#include <errno.h>

#ifndef HAVE_JANSSON
char *report_json(struct run *run, const struct jansson *jansson, bool one_line)
{
	(void)run, (void)jansson, (void)one_line;
	errno = ENOTSUP;
	return NULL;
}
#else

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build.h"

/* ---- who and where ---- */

static json_t *make_tags(struct build *b)
{
	json_t *tags = b->lib->json_object();
	for (size_t i = 0; i < b->run->spec->tag_count; i++) {
		const struct tag *tag = &b->run->spec->tags[i];
		_cleanup_free_ char *key = bytes_escape(tag->key, tag->key_length);
		put(b, tags, key, text(b, tag->value));
	}
	return tags;
}

static json_t *make_command(struct build *b)
{
	json_t *command = b->lib->json_array();
	for (char *const *arg = b->run->spec->command; *arg; arg++)
		append(b, command, text(b, *arg));
	return command;
}

#define CWD_SIZE (2 * PATH_MAX + 1)

/*
 * The directory that the command was to start in, from its point of view: resolved, if it was
 * entered. Asks no file system, for that may not answer. Returns 0, or -1 with errno if there is no
 * telling.
 */
static int find_cwd(const struct run *run, char path[CWD_SIZE])
{
	const struct spec *spec = run->spec;
	const char *dir = spec->chdir ? spec->chdir : spec->chroot ? "/" : "";
	char base[PATH_MAX] = "";

	if (run->cwd && *run->cwd == '/') /* else "(unreachable)" */
		dir = run->cwd;
	if (*dir != '/' && !spec->chroot && !getcwd(base, sizeof(base)))
		return -1;
	if (*dir && *dir != '/')
		snprintf(path, CWD_SIZE, "%s/%s", base, dir);
	else
		snprintf(path, CWD_SIZE, "%s%s", base, dir);
	return 0;
}

static json_t *make_cwd(struct build *b)
{
	char cwd[CWD_SIZE];
	return find_cwd(b->run, cwd) == 0 ? text(b, cwd) : null(b);
}

static void put_identity(struct build *b, json_t *root)
{
	const struct run *run = b->run;
	struct utsname host;
	char kernel[sizeof(host.sysname) + sizeof(host.release) + 1];

	uname(&host);
	snprintf(kernel, sizeof(kernel), "%s %s", host.sysname, host.release);
	put(b, root, "schema", text(b, "cordon.report/1"));
	put(b, root, "cordon_version", text(b, PACKAGE_VERSION));
	put(b, root, "run_id", text(b, run->spec->run_id));
	put(b, root, "parent_run_id", text(b, getenv("CORDON_RUN_ID")));
	put(b, root, "title", text(b, run->spec->title));
	put(b, root, "tags", make_tags(b));
	put(b, root, "host", text(b, host.nodename));
	put(b, root, "kernel", text(b, kernel));
	put(b, root, "command", make_command(b));
	put(b, root, "cwd", make_cwd(b));
}

/* ---- how it ended ---- */

/* RFC 3339 with microseconds and the zone that holds at that time. */
static json_t *date(struct build *b, struct timespec time)
{
	struct tm tm;
	char day[32], line[96];

	localtime_r(&time.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	long minutes = labs(tm.tm_gmtoff) / 60;
	snprintf(line, sizeof(line), "%s.%06ld%c%02ld:%02ld", day, time.tv_nsec / NS_PER_US,
		 tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
	return text(b, line);
}

static bool was_started(const struct run *run)
{
	return run->outcome.reason != REASON_NOT_STARTED;
}

static json_t *make_error(struct build *b)
{
	const struct failure *failure = &b->run->outcome.failure;
	if (was_started(b->run))
		return null(b);
	json_t *error = b->lib->json_object();
	put(b, error, "step", text(b, failure->step));
	put(b, error, "option", text_or_null(b, failure->option));
	put(b, error, "errno", failure->err ? number(b, failure->err) : null(b));
	put(b, error, "text", complaint(b, failure->what, failure->err));
	return error;
}

static void put_ending(struct build *b, json_t *root)
{
	const struct outcome *outcome = &b->run->outcome;
	bool started = was_started(b->run);
	bool exited = started && WIFEXITED(outcome->wait_status);
	bool signaled = started && WIFSIGNALED(outcome->wait_status);

	put(b, root, "pid", started ? number(b, outcome->pid) : null(b));
	put(b, root, "started_at", date(b, outcome->started_at));
	put(b, root, "ended_at", date(b, outcome->ended_at));
	put(b, root, "status", number(b, outcome_status(b->run->spec, outcome).code));
	put(b, root, "reason", text(b, outcome_reason_name(outcome->reason)));
	put(b, root, "exit_code", exited ? number(b, WEXITSTATUS(outcome->wait_status)) : null(b));
	put(b, root, "signal", signal_name(b, signaled ? WTERMSIG(outcome->wait_status) : 0));
	put(b, root, "core_dumped", boolean(b, signaled && WCOREDUMP(outcome->wait_status)));
	put(b, root, "error", make_error(b));
}

/* ---- what it cost ---- */

/* Percent of one processor, in tenths. */
static json_t *make_percent(struct build *b, uint64_t cpu_us, int64_t wall_ns)
{
	uint64_t wall_us = wall_ns > 0 ? (uint64_t)(wall_ns / NS_PER_US) : 0;
	uint64_t tenths = wall_us ? (cpu_us * 1000 + wall_us / 2) / wall_us : 0;
	return b->lib->json_real((double)tenths / 10);
}

static json_t *make_cpu(struct build *b)
{
	const struct outcome *outcome = &b->run->outcome;
	uint64_t user_us = usage_user_us(&b->run->usage);
	uint64_t system_us = usage_system_us(&b->run->usage);
	json_t *cpu = b->lib->json_object();

	put(b, cpu, "user_seconds", seconds_us(b, user_us));
	put(b, cpu, "system_seconds", seconds_us(b, system_us));
	put(b, cpu, "percent",
	    make_percent(b, user_us + system_us, outcome->ended_ns - outcome->started_ns));
	return cpu;
}

/* An object of two figures. */
static json_t *make_pair(struct build *b, const char *key1, uint64_t value1, const char *key2,
			 uint64_t value2)
{
	json_t *pair = b->lib->json_object();
	put(b, pair, key1, count(b, value1));
	put(b, pair, key2, count(b, value2));
	return pair;
}

static json_t *make_io(struct build *b)
{
	const struct usage *usage = &b->run->usage;
	json_t *io = make_pair(b, "read_bytes", usage->io_read_bytes, "written_bytes",
			       usage->io_written_bytes);
	put(b, io, "block_in", count(b, usage->block_in));
	put(b, io, "block_out", count(b, usage->block_out));
	return io;
}

static void put_usage(struct build *b, json_t *root)
{
	const struct outcome *outcome = &b->run->outcome;
	const struct usage *usage = &b->run->usage;

	put(b, root, "wall_seconds", seconds_ns(b, outcome->ended_ns - outcome->started_ns));
	put(b, root, "cpu", make_cpu(b));
	put(b, root, "memory",
	    make_pair(b, "peak_process_bytes", usage->max_rss_bytes, "peak_tree_bytes",
		      usage->memory_peak_bytes));
	put(b, root, "io", make_io(b));
	put(b, root, "faults",
	    make_pair(b, "minor", usage->minor_faults, "major", usage->major_faults));
	put(b, root, "context_switches",
	    make_pair(b, "voluntary", usage->voluntary_switches, "involuntary",
		      usage->involuntary_switches));
	put(b, root, "processes", make_pair(b, "reaped", usage->reaped, "peak", usage->pids_peak));
}

/* ---- its streams ---- */

/* Of the command's output only: what it was given to read may well be a secret. */
static json_t *make_tail(struct build *b, enum stream_id id)
{
	struct stream *stream = &b->run->relay.stream[id];
	json_t *tail = b->lib->json_array();
	const char *at;
	size_t size = 0;

	if (id != STREAM_IN)
		size = tail_last(&stream->tail, b->run->spec->tail_lines, &at);
	while (size > 0) {
		const char *newline = memchr(at, '\n', size);
		size_t length = newline ? (size_t)(newline - at) : size;
		append(b, tail, bytes(b, at, length));
		length += newline != NULL;
		at += length;
		size -= length;
	}
	return tail;
}

static json_t *make_process(struct build *b, pid_t pid, const char *command)
{
	json_t *process = b->lib->json_object();
	put(b, process, "pid", number(b, pid));
	put(b, process, "command", text(b, command));
	return process;
}

static json_t *make_holders(struct build *b, const struct stream *stream)
{
	json_t *holders = b->lib->json_array();
	for (unsigned i = 0; i < stream->holder_count; i++)
		append(b, holders,
		       make_process(b, stream->holder[i].pid, stream->holder[i].command));
	return holders;
}

static json_t *make_stream(struct build *b, enum stream_id id)
{
	const struct stream *stream = &b->run->relay.stream[id];
	bool relayed = stream->relayed && was_started(b->run);
	json_t *object = b->lib->json_object();

	put(b, object, "mode",
	    was_started(b->run) ? text(b, relay_mode_name(stream->mode)) : null(b));
	put(b, object, "bytes", relayed ? count(b, stream->bytes) : null(b));
	put(b, object, "lines",
	    relayed && stream->counted ? count(b, tail_lines(&stream->tail)) : null(b));
	put(b, object, "undelivered",
	    relayed ? count(b, stream->undelivered + stream->beyond) : null(b));
	put(b, object, "error", stream->error ? text(b, msg_errno_text(stream->error)) : null(b));
	put(b, object, "tail", make_tail(b, id));
	put(b, object, "held_by", make_holders(b, stream));
	return object;
}

static json_t *make_streams(struct build *b)
{
	json_t *streams = b->lib->json_object();
	put(b, streams, "stdin", make_stream(b, STREAM_IN));
	put(b, streams, "stdout", make_stream(b, STREAM_OUT));
	put(b, streams, "stderr", make_stream(b, STREAM_ERR));
	return streams;
}

static json_t *make_log(struct build *b)
{
	const struct log *log = &b->run->relay.log;
	if (!log->path)
		return null(b);
	json_t *object = b->lib->json_object();
	put(b, object, "path", text(b, log->path));
	put(b, object, "bytes", count(b, log->bytes));
	put(b, object, "complete", boolean(b, !log->cut && !log->error));
	put(b, object, "error", log->error ? text(b, msg_errno_text(log->error)) : null(b));
	return object;
}

/* ---- what cordon did to it ---- */

/* A kill is for a limit's sake, or ends what outlived a command that had already exited. */
static const char *kill_reason(const struct kill_record *kill)
{
	return outcome_is_forced(kill->reason) ? outcome_reason_name(kill->reason) : "leftovers";
}

static json_t *make_kill_steps(struct build *b, const struct kill_record *kill)
{
	json_t *steps = b->lib->json_array();
	for (int i = 0; i < kill->count; i++) {
		const struct kill_step *sent = &kill->step[i];
		json_t *step = b->lib->json_object();
		put(b, step, "signal", signal_name(b, sent->sig));
		put(b, step, "target", text(b, ladder_target_name(sent->target)));
		put(b, step, "at_seconds", seconds_ns(b, sent->at_ns));
		put(b, step, "processes", number(b, sent->processes));
		append(b, steps, step);
	}
	return steps;
}

static json_t *make_kill(struct build *b)
{
	const struct kill_record *kill = &b->run->outcome.kill;
	if (kill->count == 0)
		return null(b);
	json_t *object = b->lib->json_object();
	put(b, object, "reason", text(b, kill_reason(kill)));
	put(b, object, "trigger", signal_name(b, kill->trigger));
	put(b, object, "steps", make_kill_steps(b, kill));
	put(b, object, "ended_by", signal_name(b, kill->ended_by));
	return object;
}

static json_t *make_leftovers(struct build *b)
{
	static const char *const actions[] = {
		[LEFTOVER_KILLED] = "killed",
		[LEFTOVER_WAITED] = "waited",
		[LEFTOVER_LEFT] = "left",
	};
	const struct outcome *outcome = &b->run->outcome;
	json_t *leftovers = b->lib->json_array();
	for (unsigned i = 0; i < outcome->leftover_count && i < LEFTOVERS_MAX; i++) {
		const struct leftover *leftover = &outcome->leftovers[i];
		json_t *process = make_process(b, leftover->pid, leftover->command);
		put(b, process, "action", text(b, actions[leftover->action]));
		append(b, leftovers, process);
	}
	return leftovers;
}

static json_t *make_tree_at_kill(struct build *b)
{
	const struct snapshot *snapshot = &b->run->snapshot;
	json_t *processes = b->lib->json_array();
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_entry *entry = &snapshot->entry[i];
		json_t *process = b->lib->json_object();
		put(b, process, "pid", number(b, entry->pid));
		put(b, process, "ppid", number(b, entry->ppid));
		put(b, process, "state", bytes(b, &entry->state, 1));
		put(b, process, "command", text(b, entry->command));
		put(b, process, "cpu_seconds", seconds_us(b, entry->cpu_us));
		put(b, process, "rss_bytes", count(b, entry->rss_bytes));
		put(b, process, "wchan", text_or_null(b, entry->wchan));
		put(b, process, "age_seconds", seconds_us(b, entry->age_us));
		append(b, processes, process);
	}
	return processes;
}

static void put_killing(struct build *b, json_t *root)
{
	const struct outcome *outcome = &b->run->outcome;

	put(b, root, "kill", make_kill(b));
	put(b, root, "tree_at_kill", make_tree_at_kill(b));
	put(b, root, "leftovers", make_leftovers(b));
	put(b, root, "leftovers_total", number(b, outcome->leftover_count));
}

/* ---- where the figures are from, or why there are none ---- */

/* Of what only the cgroup's FILE can tell. */
static json_t *cgroup_source(struct build *b, bool known, const char *file)
{
	const struct run *run = b->run;
	char line[256];

	if (known)
		snprintf(line, sizeof(line), "cgroup %s", file);
	else if (!was_started(run))
		return text(b, "not started");
	else if (run->spec->cgroup == CGROUP_NONE)
		return text(b, "no cgroup: not wanted");
	else if (!run->cgroup.created)
		snprintf(line, sizeof(line), "no cgroup: %s",
			 run->cgroup.what ? run->cgroup.what : "not created");
	else
		snprintf(line, sizeof(line), "the cgroup has no %s", file);
	return text(b, line);
}

static json_t *cwd_source(struct build *b)
{
	char cwd[CWD_SIZE];
	if (find_cwd(b->run, cwd) < 0)
		return complaint(b, "cannot be told", errno);
	return text(b, b->run->spec->chroot ? "options; inside the chroot" : "getcwd and options");
}

static json_t *stream_source(struct build *b, enum stream_id id)
{
	const struct stream *stream = &b->run->relay.stream[id];
	if (!was_started(b->run))
		return text(b, "not started");
	if (stream->mode == STREAM_MERGED)
		return text(b, "counted as stdout");
	if (!stream->relayed)
		return text(b, "not relayed");
	return text(b, stream->counted ? "relay" : "relay; lines are not counted here");
}

static json_t *make_sources(struct build *b)
{
	const struct usage *usage = &b->run->usage;
	bool killed = b->run->outcome.kill.count > 0;
	json_t *sources = b->lib->json_object();

	put(b, sources, "cwd", cwd_source(b));
	put(b, sources, "cpu",
	    text(b, usage->cgroup_user_us == USAGE_UNKNOWN ? "wait4" : "cgroup cpu.stat"));
	put(b, sources, "memory.peak_process_bytes",
	    text(b, "wait4 ru_maxrss; never below cordon's own size at fork (about 1 MiB)"));
	put(b, sources, "memory.peak_tree_bytes",
	    cgroup_source(b, usage->memory_peak_bytes != USAGE_UNKNOWN, "memory.peak"));
	put(b, sources, "io.bytes",
	    cgroup_source(b, usage->io_read_bytes != USAGE_UNKNOWN, "io.stat"));
	put(b, sources, "io.blocks", text(b, "wait4"));
	put(b, sources, "faults", text(b, "wait4"));
	put(b, sources, "context_switches", text(b, "wait4"));
	put(b, sources, "processes.reaped", text(b, "wait4"));
	put(b, sources, "processes.peak",
	    cgroup_source(b, usage->pids_peak != USAGE_UNKNOWN, "pids.peak"));
	put(b, sources, "streams.stdin", stream_source(b, STREAM_IN));
	put(b, sources, "streams.stdout", stream_source(b, STREAM_OUT));
	put(b, sources, "streams.stderr", stream_source(b, STREAM_ERR));
	put(b, sources, "tree_at_kill", text(b, killed ? "/proc" : "nothing was killed"));
	put(b, sources, "cgroup.pressure.cpu",
	    cgroup_source(b, usage->cpu_pressure.some_us != USAGE_UNKNOWN, "cpu.pressure"));
	put(b, sources, "cgroup.pressure.memory",
	    cgroup_source(b, usage->memory_pressure.some_us != USAGE_UNKNOWN, "memory.pressure"));
	put(b, sources, "cgroup.pressure.io",
	    cgroup_source(b, usage->io_pressure.some_us != USAGE_UNKNOWN, "io.pressure"));
	return sources;
}

/* ---- the whole ---- */

static json_t *make_report(struct build *b)
{
	json_t *root = b->lib->json_object();
	put_identity(b, root);
	put_ending(b, root);
	put_usage(b, root);
	put(b, root, "streams", make_streams(b));
	put(b, root, "log", make_log(b));
	put_killing(b, root);
	put(b, root, "cgroup", terms_cgroup(b));
	put(b, root, "limits", terms_limits(b));
	put(b, root, "sandbox", terms_sandbox(b));
	put(b, root, "sources", make_sources(b));
	return root;
}

static char *with_newline(char *line)
{
	size_t length = line ? strlen(line) : 0;
	char *longer = line ? realloc(line, length + 2) : NULL;
	if (!longer) {
		free(line);
		return NULL;
	}
	memcpy(longer + length, "\n", sizeof("\n"));
	return longer;
}

char *report_json(struct run *run, const struct jansson *jansson, bool one_line)
{
	struct build build = { .lib = jansson, .run = run };
	json_t *root = make_report(&build);
	char *record = NULL;

	if (!build.failed) /* 15 digits show microseconds exactly for 30 years */
		record = jansson->json_dumps(
			root, JSON_REAL_PRECISION(15) | (one_line ? JSON_COMPACT : JSON_INDENT(2)));
	if (root)
		jansson->json_delete(root); /* nobody else has a reference to it */
	record = with_newline(record);
	if (!record)
		errno = ENOMEM;
	return record;
}
#endif
