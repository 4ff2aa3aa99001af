/* SPDX-License-Identifier: MIT */
/*
 * The report for people: one line that says how the run ended, why and at what cost, and with
 * --verbose a block of everything else below it.
 */
#include "format.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../cleanup.h"
#include "../clock.h"
#include "../figure.h"
#include "../msg.h"
#include "../parse.h"
#include "../sandbox/syscalls.h"

#define COMMAND_COLUMNS 60
#define SEPARATOR " \u00b7 "

/* ---- figures ---- */

static void print_duration(FILE *out, uint64_t us)
{
	char text[FIGURE_SIZE];
	fputs(figure_duration(text, us), out);
}

static void print_ns(FILE *out, int64_t ns)
{
	print_duration(out, ns > 0 ? (uint64_t)(ns / NS_PER_US) : 0);
}

static void print_size(FILE *out, uint64_t bytes)
{
	char text[FIGURE_SIZE];
	fputs(figure_size(text, bytes), out);
}

/* "1 process", "2 processes" */
static void print_count(FILE *out, uint64_t n, const char *one, const char *many)
{
	fprintf(out, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

/* ---- the line ---- */

/* Escaped, as everything that others chose. */
static void print_escaped(FILE *out, const char *text)
{
	char escaped[1024];
	fputs(msg_escape(escaped, sizeof(escaped), text), out);
}

/* Where TEXT (valid UTF-8) has its COLUMN-th character, or its end. */
static char *find_column(char *text, int column)
{
	for (; *text; text++)
		if ((*text & 0xc0) != 0x80 && column-- == 0)
			break;
	return text;
}

static void print_command(FILE *out, char *const *command)
{
	char joined[4 * COMMAND_COLUMNS + 8], escaped[4 * sizeof(joined)];
	size_t length = 0;

	for (char *const *arg = command; *arg && length < sizeof(joined) - 1; arg++) {
		int added = snprintf(joined + length, sizeof(joined) - length, "%s%s",
				     arg == command ? "" : " ", *arg);
		length += (size_t)added;
	}
	msg_escape(escaped, sizeof(escaped), joined);
	if (*find_column(escaped, COMMAND_COLUMNS))
		memcpy(find_column(escaped, COMMAND_COLUMNS - 1), "\u2026", sizeof("\u2026"));
	fputs(escaped, out);
}

static void print_signaled(FILE *out, int wait_status)
{
	fprintf(out, "killed by SIG%s%s", parse_signal_name(WTERMSIG(wait_status)),
		WCOREDUMP(wait_status) ? " (core dumped)" : "");
}

/* What cordon's signals led to, where they ended the run. */
static void print_killed(FILE *out, const struct outcome *outcome)
{
	int status = outcome->wait_status, by = outcome->kill.ended_by;

	if (by)
		fprintf(out, ", ended by %s", parse_signal_name(by));
	if (WIFEXITED(status)) {
		fprintf(out, ", exit %d", WEXITSTATUS(status));
	} else if (WTERMSIG(status) != by || WCOREDUMP(status)) {
		fputs(", ", out);
		print_signaled(out, status);
	}
}

static void print_failure(FILE *out, const struct failure *failure)
{
	fputs("not started: ", out);
	if (failure->option[0]) {
		print_escaped(out, failure->option);
		fputs(": ", out);
	}
	print_escaped(out, failure->what);
	if (failure->err)
		fprintf(out, ": %s", msg_errno_text(failure->err));
}

static void print_ending(FILE *out, const struct outcome *outcome)
{
	int64_t wall_ns = outcome->ended_ns - outcome->started_ns;

	switch (outcome->reason) {
	case REASON_EXITED:
		fprintf(out, "exit %d after ", WEXITSTATUS(outcome->wait_status));
		print_ns(out, wall_ns);
		return;
	case REASON_SIGNALED:
		print_signaled(out, outcome->wait_status);
		fputs(" after ", out);
		print_ns(out, wall_ns);
		return;
	case REASON_TIMEOUT:
	case REASON_CPU_TIME:
	case REASON_IDLE_TIMEOUT:
	case REASON_OUTPUT_LIMIT:
		fprintf(out, "%s after ", outcome_reason_name(outcome->reason));
		break;
	case REASON_OOM:
		fputs("out of memory after ", out);
		break;
	case REASON_PIDS_LIMIT:
		fputs("at its limit of processes after ", out);
		break;
	case REASON_INTERRUPTED:
		if (outcome->kill.trigger)
			fprintf(out, "interrupted by %s after ",
				parse_signal_name(outcome->kill.trigger));
		else
			fputs("interrupted after ", out);
		break;
	case REASON_NOT_STARTED:
		print_failure(out, &outcome->failure);
		return;
	}
	print_ns(out, wall_ns);
	print_killed(out, outcome);
}

static uint64_t cpu_us(const struct run *run)
{
	return usage_user_us(&run->usage) + usage_system_us(&run->usage);
}

static void print_percent(FILE *out, const struct run *run)
{
	int64_t wall_us = (run->outcome.ended_ns - run->outcome.started_ns) / NS_PER_US;
	if (wall_us > 0)
		fprintf(out, " (%" PRIu64 "%%)",
			(cpu_us(run) * 100 + (uint64_t)wall_us / 2) / (uint64_t)wall_us);
}

#define VIOLATIONS_SHOWN 4

/* The calls that the filter denied, each kind once. */
static void print_violations(FILE *out, const struct calls *calls)
{
	if (!calls->violation_count)
		return;
	fputs(SEPARATOR, out);
	print_count(out, calls->violation_count, "call denied", "calls denied");
	for (size_t i = 0; i < calls->kind_count && i < VIOLATIONS_SHOWN; i++) {
		const struct calls_violation *violation = &calls->violation[i];
		_cleanup_free_ char *name =
			syscalls_name(calls->syscalls, violation->token, violation->number);
		fputs(i ? ", " : " (", out);
		if (name)
			fputs(name, out);
		else
			fprintf(out, "number %" PRIu32, violation->number);
	}
	fputs(calls->kind_count > VIOLATIONS_SHOWN ? ", ...)" : ")", out);
}

/* What went beyond the command itself, and so may matter to whoever waits for it. */
static void print_remains(FILE *out, const struct run *run)
{
	if (run->outcome.leftover_count > 0) {
		fputs(SEPARATOR, out);
		print_count(out, run->outcome.leftover_count, "leftover", "leftovers");
		if (run->spec->fail_on_leftovers)
			fprintf(out, ", status %d", outcome_status(run->spec, &run->outcome).code);
	}
	print_violations(out, &run->sandbox.calls);
	for (int i = 0; i < STREAM_COUNT; i++) {
		static const char *const names[] = { "stdin", "stdout", "stderr" };
		if (run->relay.stream[i].holder_count > 0)
			fprintf(out, SEPARATOR "%s still held", names[i]);
	}
}

static void print_cost(FILE *out, const struct run *run)
{
	const struct usage *usage = &run->usage;
	bool whole = usage->memory_peak_bytes != USAGE_UNKNOWN;

	fputs(SEPARATOR "cpu ", out);
	print_duration(out, cpu_us(run));
	print_percent(out, run);
	fputs(SEPARATOR "peak ", out);
	print_size(out, whole ? usage->memory_peak_bytes : usage->max_rss_bytes);
	fputs(SEPARATOR, out);
	print_count(out, usage->reaped, "process", "processes");
	print_remains(out, run);
}

#define CULPRITS_MAX 8

/* After a limit: who was doing what when it was hit. */
static void print_culprits(FILE *out, const struct run *run)
{
	const struct snapshot *snapshot = &run->snapshot;
	if (!outcome_is_time_limit(run->outcome.reason))
		return;
	for (size_t i = 0; i < snapshot->count && i < CULPRITS_MAX; i++) {
		const struct snapshot_entry *entry = &snapshot->entry[i];
		fprintf(out, "  %d %c cpu ", entry->pid, entry->state);
		print_duration(out, entry->cpu_us);
		fputs(SEPARATOR, out);
		print_size(out, entry->rss_bytes);
		if (entry->wchan[0])
			fprintf(out, SEPARATOR "in %s", entry->wchan);
		fputs(": ", out);
		print_escaped(out, entry->command);
		fputc('\n', out);
	}
	if (snapshot->total > CULPRITS_MAX)
		fprintf(out, "  and %zu more\n", snapshot->total - CULPRITS_MAX);
}

static void print_line(FILE *out, const struct run *run)
{
	fprintf(out, "%s: ", msg_program());
	print_command(out, run->spec->command);
	fputs(": ", out);
	print_ending(out, &run->outcome);
	if (run->outcome.reason != REASON_NOT_STARTED)
		print_cost(out, run);
	fputc('\n', out);
	print_culprits(out, run);
}

/* ---- the block ---- */

static void print_label(FILE *out, const char *label)
{
	fprintf(out, "  %-17s ", label);
}

static void print_status(FILE *out, const struct run *run)
{
	struct exit_status status = outcome_status(run->spec, &run->outcome);

	print_label(out, "status");
	if (status.raise)
		fprintf(out, "%d, by raising %s\n", status.code, parse_signal_name(status.raise));
	else
		fprintf(out, "%d\n", status.code);
	print_label(out, "reason");
	fprintf(out, "%s\n", outcome_reason_name(run->outcome.reason));
}

static void print_identity(FILE *out, const struct run *run)
{
	if (run->spec->title) {
		print_label(out, "title");
		print_escaped(out, run->spec->title);
		fputc('\n', out);
	}
	if (run->outcome.reason != REASON_NOT_STARTED) {
		print_label(out, "pid");
		fprintf(out, "%d\n", run->outcome.pid);
	}
}

static void print_times(FILE *out, const struct run *run)
{
	const struct usage *usage = &run->usage;

	print_label(out, "wall");
	print_ns(out, run->outcome.ended_ns - run->outcome.started_ns);
	fputc('\n', out);
	print_label(out, "cpu");
	print_duration(out, cpu_us(run));
	print_percent(out, run);
	fputs(", user ", out);
	print_duration(out, usage_user_us(usage));
	fputs(", system ", out);
	print_duration(out, usage_system_us(usage));
	fputc('\n', out);
}

/* A figure of the cgroup, or nothing. */
static void print_known_size(FILE *out, const char *words, uint64_t bytes)
{
	if (bytes == USAGE_UNKNOWN)
		return;
	fputs(words, out);
	print_size(out, bytes);
}

static void print_resources(FILE *out, const struct run *run)
{
	const struct usage *usage = &run->usage;

	print_label(out, "memory");
	fputs("largest process ", out);
	print_size(out, usage->max_rss_bytes);
	print_known_size(out, ", tree at most ", usage->memory_peak_bytes);
	fputc('\n', out);
	print_label(out, "io");
	fprintf(out, "blocks in %" PRIu64 ", out %" PRIu64, usage->block_in, usage->block_out);
	print_known_size(out, ", read ", usage->io_read_bytes);
	print_known_size(out, ", written ", usage->io_written_bytes);
	fputc('\n', out);
	print_label(out, "faults");
	fprintf(out, "minor %" PRIu64 ", major %" PRIu64 "\n", usage->minor_faults,
		usage->major_faults);
	print_label(out, "context switches");
	fprintf(out, "voluntary %" PRIu64 ", involuntary %" PRIu64 "\n", usage->voluntary_switches,
		usage->involuntary_switches);
	print_label(out, "processes");
	fprintf(out, "%" PRIu64, usage->reaped);
	if (usage->pids_peak != USAGE_UNKNOWN)
		fprintf(out, ", at most %" PRIu64 " at once", usage->pids_peak);
	fputc('\n', out);
}

static void print_relayed(FILE *out, const struct stream *stream)
{
	fputs(stream->mode == STREAM_PTY ? "by a terminal, " : "relayed ", out);
	print_size(out, stream->bytes);
	if (stream->counted) {
		fputs(" in ", out);
		print_count(out, tail_lines(&stream->tail), "line", "lines");
	}
	if (stream->undelivered) {
		fputs(", not delivered ", out);
		print_size(out, stream->undelivered);
	}
	if (stream->error)
		fprintf(out, ", %s", msg_errno_text(stream->error));
	for (unsigned i = 0; i < stream->holder_count; i++) {
		fprintf(out, ", still held by %d (", stream->holder[i].pid);
		print_escaped(out, stream->holder[i].command);
		fputc(')', out);
	}
}

static void print_relayed_too(FILE *out, const struct stream *stream)
{
	if (!stream->relayed)
		return;
	fputs(", ", out);
	print_relayed(out, stream);
}

static void print_log(FILE *out, const struct run *run)
{
	const struct log *log = &run->relay.log;

	if (!log->path)
		return;
	print_label(out, "log");
	print_escaped(out, log->path);
	fputs(", ", out);
	print_size(out, log->bytes);
	if (log->error)
		fprintf(out, ", %s", msg_errno_text(log->error));
	else if (log->cut)
		fputs(", not all of it", out);
	fputc('\n', out);
}

static void print_stream(FILE *out, const char *name, const struct stream *stream)
{
	print_label(out, name);
	switch (stream->mode) {
	case STREAM_INHERITED:
		fputs("inherited", out);
		break;
	case STREAM_RELAYED:
	case STREAM_PTY:
		print_relayed(out, stream);
		break;
	case STREAM_NULL:
		fputs("/dev/null", out);
		print_relayed_too(out, stream);
		break;
	case STREAM_FILE:
		fputs("a file", out);
		print_relayed_too(out, stream);
		break;
	case STREAM_CLOSED:
		fputs("closed", out);
		break;
	case STREAM_MERGED:
		fputs("with stdout", out);
		break;
	}
	fputc('\n', out);
}

static void print_complaint(FILE *out, const char *what, int err)
{
	print_escaped(out, what); /* it may be another program's */
	fprintf(out, "%s%s", err ? ": " : "", err ? msg_errno_text(err) : "");
}

/* Which base it is in, if any, and what was wrong with the better ones. */
static void print_cgroup(FILE *out, const struct run *run)
{
	const struct cgroup *cgroup = &run->cgroup;

	print_label(out, "cgroup");
	if (cgroup->created) {
		print_escaped(out, cgroup->path);
		fprintf(out, " (%s)", cgroup->base_kind);
	} else {
		fputs("none", out);
	}
	if (!cgroup->created && cgroup->what) {
		fputs(": ", out);
		print_complaint(out, cgroup->what, cgroup->err);
	}
	fputc('\n', out);
	for (unsigned i = 0; i < cgroup->tried_count; i++) {
		print_label(out, "");
		fprintf(out, "not %s: ", cgroup->tried[i].kind);
		print_complaint(out, cgroup->tried[i].what, cgroup->tried[i].err);
		fputc('\n', out);
	}
}

static void print_kills(FILE *out, const struct kill_record *kill)
{
	for (int i = 0; i < kill->count; i++) {
		const struct kill_step *step = &kill->step[i];
		print_label(out, i == 0 ? "signals sent" : "");
		fprintf(out, "%s to %s after ", parse_signal_name(step->sig),
			ladder_target_name(step->target));
		print_ns(out, step->at_ns);
		fputs(", ", out);
		print_count(out, step->processes, "process\n", "processes\n");
	}
}

static void print_leftovers(FILE *out, const struct outcome *outcome)
{
	static const char *const actions[] = {
		[LEFTOVER_KILLED] = "killed",
		[LEFTOVER_WAITED] = "waited for",
		[LEFTOVER_LEFT] = "left",
	};
	for (unsigned i = 0; i < outcome->leftover_count && i < LEFTOVERS_MAX; i++) {
		const struct leftover *leftover = &outcome->leftovers[i];
		print_label(out, i == 0 ? "leftovers" : "");
		fprintf(out, "%d (", leftover->pid);
		print_escaped(out, leftover->command);
		fprintf(out, ") %s\n", actions[leftover->action]);
	}
	if (outcome->leftover_count > LEFTOVERS_MAX) {
		print_label(out, "");
		fprintf(out, "and %u more\n", outcome->leftover_count - LEFTOVERS_MAX);
	}
}

static void print_block(FILE *out, const struct run *run)
{
	print_status(out, run);
	print_identity(out, run);
	if (run->outcome.reason == REASON_NOT_STARTED)
		return;
	print_times(out, run);
	print_resources(out, run);
	print_stream(out, "stdin", &run->relay.stream[STREAM_IN]);
	print_stream(out, "stdout", &run->relay.stream[STREAM_OUT]);
	print_stream(out, "stderr", &run->relay.stream[STREAM_ERR]);
	print_log(out, run);
	print_cgroup(out, run);
	print_kills(out, &run->outcome.kill);
	print_leftovers(out, &run->outcome);
}

char *report_human(const struct run *run, bool verbose)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	print_line(out, run);
	if (verbose)
		print_block(out, run);
	bool failed = ferror(out);
	if (fclose(out) == EOF || failed) {
		free(text);
		return NULL;
	}
	return text;
}
