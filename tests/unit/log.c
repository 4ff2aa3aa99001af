/* SPDX-License-Identifier: MIT */
/*
 * The records of a log, and the marks on lines: whatever pieces a text comes in.
 */
#include "relay/log.h"
#include "relay/mark.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"

#define STAMP_LENGTH (sizeof("2026-11-25T21:19:41.000000+00:00") - 1)

struct fixture {
	int fd;
	struct log log;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[32];
	f->fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	log_init(&f->log);
	assert_int_equal(log_open(&f->log, path, false), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	log_fini(&f->log);
	close(f->fd);
	free(f);
	return 0;
}

static void add(struct fixture *f, enum log_source source, const char *text, size_t piece)
{
	for (size_t left = strlen(text); left > 0; text += piece, left -= piece) {
		piece = piece < left ? piece : left;
		assert_int_equal(log_add(&f->log, source, text, piece), piece);
	}
}

/* What is in the log is EXPECTED, but for the times. */
static void check(struct fixture *f, const char *expected)
{
	static char text[1024 * 1024], bare[1024 * 1024];
	log_write(&f->log);
	assert_false(log_is_blocked(&f->log) || f->log.cut);
	ssize_t size = pread(f->fd, text, sizeof(text) - 1, 0);
	assert_true(size >= 0);
	text[size] = bare[0] = '\0';
	assert_int_equal(size, f->log.bytes);
	char *end = bare;
	for (char *line = text, *next; *line; line = next + 1) {
		next = strchr(line, '\n');
		assert_non_null(next);
		assert_true(next - line > (ptrdiff_t)STAMP_LENGTH);
		assert_int_equal(line[10], 'T');
		assert_int_equal(line[STAMP_LENGTH], ' ');
		end += sprintf(end, "%.*s", (int)(next - line - (ptrdiff_t)STAMP_LENGTH),
			       line + STAMP_LENGTH + 1);
	}
	assert_string_equal(bare, expected);
}

static void a_line_is_a_record(void **state)
{
	struct fixture *f = *state;
	add(f, LOG_STDOUT, "one\n\ntwo\n", 100);
	add(f, LOG_STDERR, "three\n", 100);
	check(f, "stdout F one\nstdout F \nstdout F two\nstderr F three\n");
}

static void a_line_in_pieces_is_one_record(void **state)
{
	struct fixture *f = *state;
	add(f, LOG_STDOUT, "one\ntwo\nthr", 1);
	add(f, LOG_STDERR, "error\n", 1);
	add(f, LOG_STDOUT, "ee\nfour", 1);
	log_end(&f->log, LOG_STDOUT);
	log_end(&f->log, LOG_STDOUT);
	log_end(&f->log, LOG_STDERR);
	check(f, "stdout F one\nstdout F two\nstderr F error\nstdout F three\nstdout P four\n");
}

/* A line of LENGTH bytes, in pieces, comes back as the text that its records have. */
static void check_long_line(struct fixture *f, size_t length, size_t piece)
{
	static char text[100000], expected[200000];
	memset(text, 'x', length);
	strcpy(text + length, "\n");
	char *end = expected;
	size_t left = length;
	for (; left > LOG_LINE_BYTES; left -= LOG_LINE_BYTES)
		end += sprintf(end, "stdout P %.*s\n", LOG_LINE_BYTES, text);
	sprintf(end, "stdout F %.*s\n", (int)left, text);
	assert_int_equal(ftruncate(f->fd, 0), 0);
	lseek(f->log.end.fd, 0, SEEK_SET);
	f->log.bytes = 0;
	add(f, LOG_STDOUT, text, piece);
	check(f, expected);
}

static void a_long_line_is_cut(void **state)
{
	static const size_t lengths[] = { LOG_LINE_BYTES - 1,     LOG_LINE_BYTES,
					  LOG_LINE_BYTES + 1,     2 * LOG_LINE_BYTES,
					  2 * LOG_LINE_BYTES + 1, 65535 };
	static const size_t pieces[] = {
		100000, 65536, LOG_LINE_BYTES, LOG_LINE_BYTES + 1, 4096, 7
	};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++)
			check_long_line(*state, lengths[i], pieces[k]);
}

static void a_packet_is_a_record(void **state)
{
	struct fixture *f = *state;
	f->log.packets = true;
	add(f, LOG_STDOUT, "one\ntwo\n", 100);
	add(f, LOG_STDOUT, "a\\b", 100);
	add(f, LOG_STDERR, "\n", 100);
	check(f, "stdout F one\\ntwo\nstdout P a\\\\b\nstderr F \n");
}

static void a_log_that_cannot_be_written_ends(void **state)
{
	struct log log;
	(void)state;
	log_init(&log);
	assert_int_equal(log_open(&log, "/dev/full", false), 0);
	assert_int_equal(log_add(&log, LOG_STDOUT, "one\ntwo", 7), 7);
	assert_false(log.cut);
	assert_true(log_write(&log));
	assert_int_equal(log.error, ENOSPC);
	assert_true(log.cut);
	assert_int_equal(log_add(&log, LOG_STDOUT, "more\n", 5), 5);
	log_end(&log, LOG_STDOUT);
	assert_false(log_is_blocked(&log));
	log_fini(&log);
}

static void a_reader_that_is_slow_is_waited_for(void **state)
{
	static char text[65536];
	struct log log;
	int ends[2];
	char path[32];
	size_t sent = 0, took = 0;

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	log_init(&log);
	assert_int_equal(log_open(&log, path, false), 0);
	for (int i = 0; i < 100 && took == sent; i++) {
		sent += sizeof(text);
		took += log_add(&log, LOG_STDOUT, text, sizeof(text));
	}
	assert_true(took < sent);
	assert_true(log_is_blocked(&log));
	assert_false(log.cut);
	log_give_up(&log);
	assert_true(log.cut);
	log_fini(&log);
	close(ends[0]);
	close(ends[1]);
}

static void marks_are_on_every_line(void **state)
{
	char text[] = "one\n\ntwo";
	struct mark mark = { .prefix = "> " };
	struct buffer from = { .bytes = text, .size = 8, .end = 8 }, to = { .bytes = NULL };
	bool in_line = false;

	(void)state;
	assert_int_equal(mark_move(&mark, &in_line, &from, &to), 0);
	assert_true(buffer_is_empty(&from));
	assert_true(in_line);
	assert_int_equal(to.end, strlen("> one\n> \n> two"));
	assert_memory_equal(to.bytes, "> one\n> \n> two", to.end);
	from.start = 5; /* "two" again, in the same line */
	assert_int_equal(mark_move(&mark, &in_line, &from, &to), 0);
	assert_int_equal(to.end, 3);
	buffer_fini(&to);
}

/* Newlines alone grow the most. */
static void marks_come_in_bounded_pieces(void **state)
{
	static char text[65536];
	struct mark mark = { .stamped = true, .prefix = "prefix" };
	struct buffer from = { .bytes = text, .size = sizeof(text), .end = sizeof(text) };
	struct buffer to = { .bytes = NULL };
	bool in_line = false;
	size_t total = 0;

	(void)state;
	memset(text, '\n', sizeof(text));
	stamp_init(&mark.stamp);
	while (!buffer_is_empty(&from)) {
		assert_int_equal(mark_move(&mark, &in_line, &from, &to), 0);
		assert_true(to.end <= to.size);
		total += to.end;
	}
	assert_int_equal(total, sizeof(text) * (STAMP_LENGTH + sizeof(" prefix\n") - 1));
	buffer_fini(&to);
}

static void seconds_since_the_start_are_aligned(void **state)
{
	struct stamp stamp;
	(void)state;
	stamp_init(&stamp);
	stamp_since(&stamp, clock_now_ns() - 61 * NS_PER_S - 500 * NS_PER_MS);
	assert_int_equal(stamp.length, 12);
	assert_memory_equal(stamp.text, "   61.5", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_is_a_record, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_in_pieces_is_one_record, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(a_packet_is_a_record, setup, teardown),
		cmocka_unit_test(a_log_that_cannot_be_written_ends),
		cmocka_unit_test(a_reader_that_is_slow_is_waited_for),
		cmocka_unit_test(marks_are_on_every_line),
		cmocka_unit_test(marks_come_in_bounded_pieces),
		cmocka_unit_test(seconds_since_the_start_are_aligned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
