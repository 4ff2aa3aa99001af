/* SPDX-License-Identifier: MIT */
/*
 * Options as text: the words of CORDON_OPTIONS and the lines of a --config file.
 */
#include "presets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void words_are_split_as_a_shell_would(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		const char *words[6];
	} rows[] = {
		{ "", { NULL } },
		{ " \t\n ", { NULL } },
		{ "a", { "a" } },
		{ "  a\tb\nc  ", { "a", "b", "c" } },
		{ "-t 5 --title='two words'", { "-t", "5", "--title=two words" } },
		{ "'' \"\"", { "", "" } },
		{ "''''", { "" } },
		{ "a''b", { "ab" } },
		{ "\"a'b\" 'a\"b'", { "a'b", "a\"b" } },
		{ "a\\ b", { "a b" } },
		{ "\\'a\\\"", { "'a\"" } },
		{ "\\\\", { "\\" } },
		{ "'a\\b'", { "a\\b" } },
		{ "'a\\'", { "a\\" } },
		{ "\"a\\\"b\"", { "a\"b" } },
		{ "\"\\a\\$\\`\\\\\"", { "\\a$`\\" } },
		{ "a\\\nb \"c\\\nd\"", { "ab", "cd" } }, /* a line that goes on */
		{ "'a\nb'", { "a\nb" } },
		{ "$HOME `x` $(x) *", { "$HOME", "`x`", "$(x)", "*" } },
		{ "#a b#c", { "#a", "b#c" } },
		{ "a;b|c&d", { "a;b|c&d" } },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *problem = "untouched";
		char *text = strdup(rows[i].text);
		char **words = presets_split(text, &problem);
		assert_non_null(words);
		assert_null(problem);
		for (size_t k = 0; rows[i].words[k] || words[k]; k++) {
			if (!rows[i].words[k] || !words[k])
				fail_msg("'%s': another number of words", rows[i].text);
			assert_string_equal(words[k], rows[i].words[k]);
		}
		free(words);
		free(text);
	}
}

static void words_without_an_end_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{ "'", "unterminated quote '" },
		{ "a 'b c", "unterminated quote '" },
		{ "\"", "unterminated quote \"" },
		{ "-q \"a\\\"", "unterminated quote \"" },
		{ "'a\"", "unterminated quote '" },
		{ "\\", "a backslash with nothing behind it" },
		{ "a b\\", "a backslash with nothing behind it" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *problem = NULL;
		char *text = strdup(rows[i].text);
		assert_null(presets_split(text, &problem));
		assert_string_equal(problem, rows[i].problem);
		free(text);
	}
}

/* Everything that TEXT says, one "[section]line:name=value;" after the other, into OUT. */
static void describe(const char *text, size_t size, char *out, size_t room)
{
	struct presets presets;
	struct preset preset;
	size_t used = 0;
	char *copy = malloc(size + 1);
	int got;

	memcpy(copy, text, size);
	copy[size] = '\0';
	presets_init(&presets, copy, size);
	out[0] = '\0';
	while ((got = presets_next(&presets, &preset)) > 0) {
		used += (size_t)snprintf(out + used, room - used, "[%s]%u:%s%s%s;",
					 presets.section ? presets.section : "", presets.line,
					 preset.name ? preset.name : "", preset.value ? "=" : "",
					 preset.value ? preset.value : "");
	}
	if (got < 0)
		snprintf(out + used, room - used, "%u:%s", presets.line, presets.problem);
	free(copy);
}

static void lines_set_options_in_sections(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "# comment\n\t # another\n", "" },
		{ "quiet", "[]1:quiet;" },
		{ "quiet\n", "[]1:quiet;" },
		{ "\n  timeout = 5m  \n", "[]2:timeout=5m;" },
		{ "timeout=5m\r\nquiet\r\n", "[]1:timeout=5m;[]2:quiet;" },
		{ "timeout\t=\t5m", "[]1:timeout=5m;" },
		{ "title =", "[]1:title=;" },
		{ "title = ''", "[]1:title=;" },
		{ "title = a b  c", "[]1:title=a b  c;" },
		{ "title = a # b", "[]1:title=a;" },
		{ "title = a#b", "[]1:title=a#b;" },
		{ "title = # b", "[]1:title=;" },
		{ "title = \" a # b \" # c", "[]1:title= a # b ;" },
		{ "title = 'say \"x\\'", "[]1:title=say \"x\\;" },
		{ "title = a 'b'", "[]1:title=a 'b';" },
		{ "env = A=B=C", "[]1:env=A=B=C;" },
		{ "quiet # loud", "[]1:quiet;" },
		{ "quiet#loud", "[]1:quiet#loud;" },
		{ "a\n[x]\nb\n[ y z ] # c\nc = 1\n[x]", "[]1:a;[x]2:;[x]3:b;[y z]4:;[y z]5:c=1;[x]6:;" },
		{ "title = \xc3\xbc\xff", "[]1:title=\xc3\xbc\xff;" },
	};
	/* clang-format on */
	char out[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		describe(rows[i].text, strlen(rows[i].text), out, sizeof out);
		assert_string_equal(out, rows[i].expected);
	}
}

static void lines_that_are_wrong_are_refused_by_number(void **state)
{
	/* clang-format off */
#define ROW(text, expected) { text, sizeof text - 1, expected }
	static const struct {
		const char *text;
		size_t size;
		const char *expected;
	} rows[] = {
		ROW("quiet\n= 5", "[]1:quiet;2:no name before the '='"),
		ROW("env A=secret", "1:no '=' behind 'env'"),
		ROW("\n\ntimeout 5", "3:no '=' behind 'timeout'"),
		ROW("title = 'secret", "1:unterminated quote '"),
		ROW("title = \"secret'", "1:unterminated quote \""),
		ROW("title = \"", "1:unterminated quote \""),
		ROW("title = 'a' secret", "1:text behind the closing quote '"),
		ROW("title = 'a\nb'", "1:unterminated quote '"),
		ROW("[x", "1:no ']' behind '[x'"),
		ROW("[x] y", "1:text behind the ']'"),
		ROW("[]", "1:a profile without a name"),
		ROW("[ \t ]", "1:a profile without a name"),
		ROW("title = a\x1b[31m", "1:control character 0x1b"),
		ROW("quiet\ntitle = a\0b\n", "[]1:quiet;2:control character 0x00"),
		ROW("# \x7f", "1:control character 0x7f"),
		ROW("title = a\rb", "1:control character 0x0d"),
		ROW("title = a\r", "1:control character 0x0d"),
		ROW("\0", "1:control character 0x00"),
	};
#undef ROW
	/* clang-format on */
	char out[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		describe(rows[i].text, rows[i].size, out, sizeof out);
		assert_string_equal(out, rows[i].expected);
	}
}

static void a_problem_with_a_long_name_is_cut(void **state)
{
	char text[1024], out[256];

	(void)state;
	memset(text, 'x', sizeof text);
	text[1000] = ' ';
	describe(text, sizeof text, out, sizeof out);
	assert_memory_equal(out, "1:no '=' behind 'xxxx", 21);
	assert_true(strlen(out) < 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_as_a_shell_would),
		cmocka_unit_test(words_without_an_end_are_refused),
		cmocka_unit_test(lines_set_options_in_sections),
		cmocka_unit_test(lines_that_are_wrong_are_refused_by_number),
		cmocka_unit_test(a_problem_with_a_long_name_is_cut),
	};
	return cmocka_run_group_tests_name("presets", tests, NULL, NULL);
}
