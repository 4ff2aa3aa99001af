/* SPDX-License-Identifier: MIT */
/*
 * The line of --progress: what it says, and how it fits.
 */
#include "progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"

#define MIB ((uint64_t)1024 * 1024)

static const struct progress_figures example = {
	.elapsed_ns = 12 * NS_PER_S + 400 * NS_PER_MS,
	.limit_ns = 60 * NS_PER_S,
	.gauge = { .cpu_us = 41100000, .memory_bytes = 412 * MIB, .processes = 14 },
	.relayed = true,
	.output_bytes = 1258291,
	.quiet_ns = 3 * NS_PER_S,
};

static void the_line_has_every_figure(void **state)
{
	char out[256];
	(void)state;
	assert_string_equal(progress_format(out, sizeof(out), &example, 200),
			    "cordon: 12.4s of 1m00s \u00b7 cpu 41.1s (331%) \u00b7 412 MiB \u00b7 "
			    "14 processes \u00b7 1.2 MiB of output, silent for 3.0s");
}

static void what_there_is_not_is_not_in_the_line(void **state)
{
	char out[256];
	struct progress_figures figures = example;
	(void)state;
	figures.limit_ns = NS_NEVER;
	figures.gauge.processes = 1;
	figures.quiet_ns = NS_PER_S / 2;
	assert_string_equal(progress_format(out, sizeof(out), &figures, 200),
			    "cordon: 12.4s \u00b7 cpu 41.1s (331%) \u00b7 412 MiB \u00b7 1 process "
			    "\u00b7 1.2 MiB of output");
	figures.relayed = false;
	assert_string_equal(
		progress_format(out, sizeof(out), &figures, 200),
		"cordon: 12.4s \u00b7 cpu 41.1s (331%) \u00b7 412 MiB \u00b7 1 process");
}

static void nothing_has_happened_at_the_start(void **state)
{
	char out[256];
	const struct progress_figures figures = { .limit_ns = NS_NEVER };
	(void)state;
	assert_string_equal(progress_format(out, sizeof(out), &figures, 200),
			    "cordon: 0us \u00b7 cpu 0us (0%) \u00b7 0 B \u00b7 0 processes");
}

static size_t count_columns(const char *text)
{
	size_t columns = 0;
	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

static void a_narrow_line_has_fewer_parts_and_no_half_ones(void **state)
{
	char whole[256], out[256];
	(void)state;
	progress_format(whole, sizeof(whole), &example, 200);
	for (size_t columns = 0; columns <= count_columns(whole); columns++) {
		progress_format(out, sizeof(out), &example, columns);
		size_t length = strlen(out);
		assert_true(count_columns(out) <= columns);
		assert_memory_equal(out, whole, length);
		assert_true(whole[length] == '\0' || length == 0 || whole[length] == ',' ||
			    strncmp(whole + length, " \u00b7 ", 4) == 0);
	}
	assert_string_equal(out, whole);
	assert_string_equal(progress_format(out, sizeof(out), &example, 22),
			    "cordon: 12.4s of 1m00s");
}

static void a_small_buffer_is_not_overrun(void **state)
{
	char out[64];
	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		progress_format(out, size, &example, 200);
		assert_true(strlen(out) < size);
		assert_int_equal(out[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_has_every_figure),
		cmocka_unit_test(what_there_is_not_is_not_in_the_line),
		cmocka_unit_test(nothing_has_happened_at_the_start),
		cmocka_unit_test(a_narrow_line_has_fewer_parts_and_no_half_ones),
		cmocka_unit_test(a_small_buffer_is_not_overrun),
	};
	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
