/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as text: what is left alone, what is not, and the way back.
 */
#include "report/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/jansson.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void check_escaped(const char *bytes, size_t size, const char *expected)
{
	char *text = bytes_escape(bytes, size);
	assert_string_equal(text, expected);
	free(text);
}

static void ordinary_text_stays_as_it_is(void **state)
{
	static const char *const texts[] = {
		"",
		"make test",
		"C:\\new\\table \\ \\\\ \\n \\x \\x4 \\xg0 \\X41",
		"\x01\t\n\x7f",
		"\u00a0\u00e9\u07ff\u0800\u20ac\ud7ff\ue000\uffff\U00010000\U0010ffff",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		check_escaped(texts[i], strlen(texts[i]), texts[i]);
}

static void bytes_outside_utf8_become_hexadecimal(void **state)
{
	static const struct {
		const char *bytes, *expected;
	} rows[] = {
		{ "\xff", "\\xff" },
		{ "caf\xe9 \xc3\xa9", "caf\\xe9 \u00e9" },
		{ "\x80\xbf", "\\x80\\xbf" },
		{ "\xc0\x80", "\\xc0\\x80" },
		{ "\xc1\xbf", "\\xc1\\xbf" },
		{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xe2\x82\xe2\x82\xac", "\\xe2\\x82\u20ac" },
		{ "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_escaped(rows[i].bytes, strlen(rows[i].bytes), rows[i].expected);
	check_escaped("a\0b", 3, "a\\x00b");
}

static void a_literal_escape_is_told_from_a_made_one(void **state)
{
	static const struct {
		const char *bytes, *expected;
	} rows[] = {
		{ "\\x41", "\\x5cx41" },     { "\\xFF", "\\x5cxFF" },
		{ "\\\\x41", "\\\\x5cx41" }, { "\\x\\x41", "\\x\\x5cx41" },
		{ "\\x4\xff", "\\x4\\xff" }, { "\\\xff", "\\\\xff" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_escaped(rows[i].bytes, strlen(rows[i].bytes), rows[i].expected);
}

/* The documented way back. */
static size_t decode(const char *text, char *out)
{
	size_t size = 0;
	while (*text) {
		unsigned byte;
		if (sscanf(text, "\\x%2[0-9a-f]", (char[3]){ 0 }) == 1 &&
		    strspn(text + 2, "0123456789abcdef") >= 2) {
			sscanf(text + 2, "%2x", &byte);
			out[size++] = (char)byte;
			text += 4;
		} else {
			out[size++] = *text++;
		}
	}
	return size;
}

static void check_round_trip(const char *bytes, size_t size, const struct jansson *lib)
{
	char back[256];
	char *text = bytes_escape(bytes, size);
	assert_int_equal(decode(text, back), size);
	assert_memory_equal(back, bytes, size);
#ifdef HAVE_JANSSON
	json_t *string = lib->json_string(text);
	assert_non_null(string); /* it is valid UTF-8 in the eyes of others, too */
	lib->json_delete(string);
#else
	(void)lib;
#endif
	free(text);
}

static void any_bytes_come_back(void **state)
{
	static const char alphabet[] = "\\\\\\xxx0aF\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff";
	char bytes[64], why[256];
	struct jansson *lib = jansson_new(why, sizeof(why));
	(void)state;

	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++)
			check_round_trip((char[]){ (char)first, (char)second }, 2, lib);
	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t size = (size_t)rand() % sizeof(bytes);
		for (size_t at = 0; at < size; at++) /* the alphabet's own NUL included */
			bytes[at] =
				i % 2 ? (char)rand() : alphabet[(size_t)rand() % sizeof(alphabet)];
		check_round_trip(bytes, size, lib);
	}
	jansson_free(lib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_text_stays_as_it_is),
		cmocka_unit_test(bytes_outside_utf8_become_hexadecimal),
		cmocka_unit_test(a_literal_escape_is_told_from_a_made_one),
		cmocka_unit_test(any_bytes_come_back),
	};
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
