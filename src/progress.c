/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "figure.h"
#include "msg.h"

#define FIRST_NS (NS_PER_S / 2)
#define EVERY_NS NS_PER_S
#define AGAIN_NS (200 * NS_PER_MS) /* after output, so that a flood has not one for every line */
#define PLAIN_EVERY_NS (10 * NS_PER_S)
#define SEPARATOR " \u00b7 "
#define CLEAR "\r\033[K"
#define COLUMNS_DEFAULT 80

/* ---- the line ---- */

struct line {
	char *out;
	size_t size, length, columns, room;
};

static size_t count_columns(const char *text)
{
	size_t columns = 0;
	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

/* One more part, if it fits; behind one that did not, nothing does. */
__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	char part[128];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(part, sizeof(part), format, arguments);
	va_end(arguments);
	size_t columns = count_columns(part), length = strlen(part);
	if (line->columns + columns > line->room || line->length + length >= line->size) {
		line->room = 0;
		return;
	}
	memcpy(line->out + line->length, part, length + 1);
	line->length += length;
	line->columns += columns;
}

static uint64_t us(int64_t ns)
{
	return ns > 0 ? (uint64_t)(ns / NS_PER_US) : 0;
}

static void add_time(struct line *line, const struct progress_figures *figures)
{
	char elapsed[FIGURE_SIZE], limit[FIGURE_SIZE];
	figure_duration(elapsed, us(figures->elapsed_ns));
	if (figures->limit_ns == NS_NEVER)
		add(line, "%s: %s", msg_program(), elapsed);
	else
		add(line, "%s: %s of %s", msg_program(), elapsed,
		    figure_duration(limit, us(figures->limit_ns)));
}

const char *progress_format(char *out, size_t size, const struct progress_figures *figures,
			    size_t columns)
{
	char figure[FIGURE_SIZE];
	struct line line = { .out = out, .size = size, .room = columns };
	const struct gauge *gauge = &figures->gauge;
	uint64_t elapsed_us = us(figures->elapsed_ns);
	out[0] = '\0';
	add_time(&line, figures);
	add(&line, SEPARATOR "cpu %s (%" PRIu64 "%%)", figure_duration(figure, gauge->cpu_us),
	    elapsed_us ? (gauge->cpu_us * 100 + elapsed_us / 2) / elapsed_us : 0);
	add(&line, SEPARATOR "%s", figure_size(figure, gauge->memory_bytes));
	add(&line, SEPARATOR "%" PRIu64 " process%s", gauge->processes,
	    gauge->processes == 1 ? "" : "es");
	if (figures->relayed)
		add(&line, SEPARATOR "%s of output", figure_size(figure, figures->output_bytes));
	if (figures->relayed && figures->quiet_ns >= NS_PER_S)
		add(&line, ", silent for %s", figure_duration(figure, us(figures->quiet_ns)));
	return out;
}

/* ---- on the screen ---- */

void progress_init(struct progress *progress)
{
	*progress = (struct progress){ .due_ns = NS_NEVER, .out.fd = -1 };
}

void progress_start(struct progress *progress, const struct run *run)
{
	const char *terminal = getenv("TERM");
	if (run->spec->progress != PROGRESS_ALWAYS)
		return;
	progress->out = (struct end){ .fd = STDERR_FILENO };
	progress->live = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
	progress->due_ns =
		clock_after_ns(run->outcome.started_ns, progress->live ? FIRST_NS : PLAIN_EVERY_NS);
}

void progress_clear(struct progress *progress)
{
	if (!progress->shown)
		return;
	end_write(&progress->out, CLEAR, strlen(CLEAR));
	progress->shown = false;
	progress->due_ns = clock_after_ns(progress->shown_ns, AGAIN_NS);
}

static bool shares_place(const struct progress *progress, const struct relay *relay, int fd)
{
	const struct stream *stream = &relay->stream[fd];
	bool merged = relay->stream[STREAM_ERR].mode == STREAM_MERGED;
	if (stream->mode != STREAM_RELAYED && stream->mode != STREAM_PTY)
		return false;
	return progress->live ? isatty(fd) : fd == STDERR_FILENO || merged;
}

/* Is the place where the line goes in the middle of one of the command's? */
static bool is_in_a_line(const struct progress *progress, const struct relay *relay)
{
	for (int fd = STREAM_OUT; fd <= STREAM_ERR; fd++) {
		if (shares_place(progress, relay, fd) && relay->stream[fd].tail.open_line)
			return true;
	}
	return false;
}

static bool is_welcome(const struct progress *progress, const struct run *run)
{
	const struct terminal place = { .fd = STDERR_FILENO };
	if (relay_is_blocked(&run->relay) || is_in_a_line(progress, &run->relay))
		return false;
	return !progress->live || terminal_is_lent_to(&place, run->front ? run->front : getpid());
}

static size_t find_width(const struct progress *progress)
{
	struct winsize size;
	if (!progress->live)
		return SIZE_MAX;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col - 1; /* the cursor must not be driven to the next line */
}

static void show(struct progress *progress, const struct progress_figures *figures)
{
	char line[256], text[sizeof(line) + 16];
	progress_format(line, sizeof(line), figures, find_width(progress));
	int length = progress->live ? snprintf(text, sizeof(text), "\r%s\033[K\r", line)
				    : snprintf(text, sizeof(text), "%s\n", line);
	end_write(&progress->out, text, (size_t)length);
	progress->shown = progress->live;
}

void progress_show(struct progress *progress, const struct run *run, struct tree *tree,
		   int64_t last_byte_ns)
{
	int64_t now_ns = clock_now_ns();
	const struct stream *out = &run->relay.stream[STREAM_OUT],
			    *err = &run->relay.stream[STREAM_ERR];
	struct progress_figures figures = {
		.elapsed_ns = now_ns - run->outcome.started_ns,
		.limit_ns = run->spec->timeout_ns,
		.relayed =
			out->from.fd >= 0 || err->from.fd >= 0 || relay_output_bytes(&run->relay),
		.output_bytes = relay_output_bytes(&run->relay),
		.quiet_ns = now_ns - last_byte_ns,
	};
	progress->due_ns = clock_after_ns(now_ns, progress->live ? EVERY_NS : PLAIN_EVERY_NS);
	if (!is_welcome(progress, run))
		return;
	progress->shown_ns = now_ns;
	gauge_read(&figures.gauge, &run->cgroup, &run->usage, tree);
	show(progress, &figures);
}

void progress_fini(struct progress *progress)
{
	progress_clear(progress);
	if (progress->out.fd >= 0)
		end_close(&progress->out);
	progress_init(progress);
}
