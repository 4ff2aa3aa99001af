/* SPDX-License-Identifier: MIT */
/*
 * The words of a command line: every way to write an option, and where the command begins.
 */
#include "scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "apple", .letter = 'a' },
	{ .name = "apricot", .alias = "apri", .letter = 'b', .argument = "X" },
	{ .name = "cherry", .letter = 'c', .argument = "X", .optional = true },
	{ .name = "date", .argument = "X" },
};
/* clang-format on */

/* What comes of WORDS, as "name=argument;" for each option, and then what is left. */
static void describe(const char *const *words, bool abbreviate, char *out, size_t room)
{
	struct scan scan = { .rows = rows,
			     .row_count = ARRAY_LENGTH(rows),
			     .abbreviate = abbreviate };
	struct scanned scanned;
	enum scan_result result;
	size_t used = 0;

	memcpy(&scan.words, &words, sizeof words);
	while ((result = scan_next(&scan, &scanned)) != SCAN_END) {
		static const char marks[] = { [SCAN_OPTION] = ' ',
					      [SCAN_UNKNOWN] = '?',
					      [SCAN_AMBIGUOUS] = '*',
					      [SCAN_WITHOUT_ARGUMENT] = '-',
					      [SCAN_WITH_ARGUMENT] = '+' };
		char letter[] = { scanned.letter, '\0' };
		used += (size_t)snprintf(out + used, room - used, "%c%.*s%s%s;", marks[result],
					 scanned.letter ? 1 : (int)scanned.length,
					 scanned.letter ? letter : scanned.word,
					 scanned.argument ? "=" : "",
					 scanned.argument ? scanned.argument : "");
	}
	for (int i = scan.next; words[i]; i++)
		used += (size_t)snprintf(out + used, room - used, "<%s>", words[i]);
	out[used] = '\0';
}

static void options_end_where_the_command_begins(void **state)
{
	/* clang-format off */
	static const struct {
		const char *words[8];
		const char *expected;
	} table[] = {
		{ { NULL }, "" },
		{ { "x", "--apple" }, "<x><--apple>" },
		{ { "-", "-a" }, "<-><-a>" },
		{ { "--", "-a" }, "<-a>" },
		{ { "--" }, "" },
		{ { "" , "-a" }, "<><-a>" },
		{ { "--apple", "x" }, " apple;<x>" },
		{ { "--apple", "--", "--", "x" }, " apple;<--><x>" },
		{ { "--apricot=1", "x" }, " apricot=1;<x>" },
		{ { "--apricot", "1", "x" }, " apricot=1;<x>" },
		{ { "--apricot", "--apple", "x" }, " apricot=--apple;<x>" },
		{ { "--apricot=", "x" }, " apricot=;<x>" },
		{ { "--apricot", "", "x" }, " apricot=;<x>" },
		{ { "--apricot=a=b" }, " apricot=a=b;" },
		{ { "--apri=1" }, " apri=1;" },
		{ { "--apricot", "--" , "x" }, " apricot=--;<x>" },
		{ { "--cherry", "1" }, " cherry;<1>" },
		{ { "--cherry=1", "x" }, " cherry=1;<x>" },
		{ { "--cherry=", "x" }, " cherry=;<x>" },
		{ { "-a", "-b", "1", "x" }, " a; b=1;<x>" },
		{ { "-ab1", "x" }, " a; b=1;<x>" },
		{ { "-ab", "1", "x" }, " a; b=1;<x>" },
		{ { "-b=1" }, " b==1;" },
		{ { "-ba" }, " b=a;" },
		{ { "-ca", "1" }, " c; a;<1>" },
		{ { "-b", "--", "x" }, " b=--;<x>" },
		{ { "-aaa", "--apple", "-a", "x" }, " a; a; a; apple; a;<x>" },
	};
	/* clang-format on */
	char out[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		describe(table[i].words, false, out, sizeof out);
		assert_string_equal(out, table[i].expected);
		describe(table[i].words, true, out, sizeof out);
		assert_string_equal(out, table[i].expected);
	}
}

static void what_is_no_option_is_told_apart(void **state)
{
	/* clang-format off */
	static const struct {
		const char *words[4];
		const char *exact, *abbreviated;
	} table[] = {
		{ { "--app" }, "?app;", " app;" },
		{ { "--ap" }, "?ap;", "*ap;" },
		{ { "--apric", "1" }, "?apric;<1>", " apric=1;" },
		{ { "--d=1" }, "?d;", " d=1;" },
		{ { "--apples" }, "?apples;", "?apples;" },
		{ { "--x=1" }, "?x;", "?x;" },
		{ { "--=1" }, "?;", "*;" },
		{ { "---apple" }, "?-apple;", "?-apple;" },
		{ { "--Apple" }, "?Apple;", "?Apple;" },
		{ { "-x" }, "?x;", "?x;" },
		{ { "-ax", "-a" }, " a;?x; a;", " a;?x; a;" },
		{ { "-d" }, "?d;", "?d;" },
		{ { "--apple=1" }, "+apple=1;", "+apple=1;" },
		{ { "--apple=" }, "+apple=;", "+apple=;" },
		{ { "--apricot" }, "-apricot;", "-apricot;" },
		{ { "-b" }, "-b;", "-b;" },
		{ { "-ab" }, " a;-b;", " a;-b;" },
	};
	/* clang-format on */
	char out[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		describe(table[i].words, false, out, sizeof out);
		assert_string_equal(out, table[i].exact);
		describe(table[i].words, true, out, sizeof out);
		assert_string_equal(out, table[i].abbreviated);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_end_where_the_command_begins),
		cmocka_unit_test(what_is_no_option_is_told_apart),
	};
	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
