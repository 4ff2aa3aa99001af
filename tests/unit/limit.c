/* SPDX-License-Identifier: MIT */
/*
 * How much of an output is within its limit.
 */
#include "relay/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct row {
	uint64_t bytes, lines;
	const char *text;
	size_t taken;
	bool hit;
};

static const struct row rows[] = {
	{ 5, LIMIT_NONE, "abcde", 5, false },   { 5, LIMIT_NONE, "abcdef", 5, true },
	{ 1, LIMIT_NONE, "ab", 1, true },       { LIMIT_NONE, LIMIT_NONE, "a\nb\n", 4, false },
	{ LIMIT_NONE, 1, "a\n", 2, false },     { LIMIT_NONE, 1, "a\nb", 2, true },
	{ LIMIT_NONE, 1, "a\n\n", 2, true },    { LIMIT_NONE, 2, "a\nb", 3, false },
	{ LIMIT_NONE, 3, "\n\n\n\n", 3, true }, { 3, 2, "a\nb\nc\n", 3, true },
	{ 5, 2, "a\nb\nc\n", 4, true },         { 4, 2, "a\nb\n", 4, false },
};

static void limits_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct limit limit = { rows[i].bytes, rows[i].lines, false };
		bool in_line = false;
		assert_int_equal(limit_take(&limit, &in_line, rows[i].text, strlen(rows[i].text)),
				 rows[i].taken);
		assert_int_equal(limit.hit, rows[i].hit);
	}
}

/* Whatever pieces it comes in. */
static void pieces_make_no_difference(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct limit limit = { rows[i].bytes, rows[i].lines, false };
		bool in_line = false;
		size_t taken = 0;
		for (const char *at = rows[i].text; *at; at++)
			taken += limit_take(&limit, &in_line, at, 1);
		assert_int_equal(taken, rows[i].taken);
		assert_int_equal(limit.hit, rows[i].hit);
	}
}

static void a_line_counts_on_the_stream_that_it_is_on(void **state)
{
	struct limit limit = { LIMIT_NONE, 2, false };
	bool in_out = false, in_err = false;

	(void)state;
	assert_int_equal(limit_take(&limit, &in_out, "a", 1), 1);
	assert_int_equal(limit_take(&limit, &in_err, "b\n", 2), 2);
	assert_int_equal(limit_take(&limit, &in_out, "aa", 2), 2); /* the first line still */
	assert_false(limit.hit);
	assert_int_equal(limit_take(&limit, &in_err, "c", 1), 0);
	assert_true(limit.hit);
}

static void only_bytes_can_be_taken_unseen(void **state)
{
	struct limit bytes = { 10, LIMIT_NONE, false }, lines = { 10, 10, false };

	(void)state;
	assert_int_equal(limit_unseen(&bytes, 100), 10);
	assert_int_equal(limit_unseen(&bytes, 3), 3);
	limit_take_unseen(&bytes, 10);
	assert_int_equal(limit_unseen(&bytes, 100), 0);
	assert_int_equal(limit_unseen(&lines, 100), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(a_line_counts_on_the_stream_that_it_is_on),
		cmocka_unit_test(only_bytes_can_be_taken_unseen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
