/* SPDX-License-Identifier: MIT */
/*
 * The environment of the command, step by step, and files of it.
 */
#include "env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static char *const given[] = { "A=1", "PATH=/bin", "EMPTY=", "AB=2", "B=x=y", NULL };

/* Fail unless ENV is EXPECTED, its entries joined by '|'. */
static void check_env(const char *what, const struct env *env, const char *expected)
{
	char joined[1024] = "";
	size_t length = 0;

	for (size_t i = 0; i < env->count; i++) {
		length += (size_t)snprintf(joined + length, sizeof(joined) - length, "%s%s",
					   i ? "|" : "", env->values[i]);
		assert_true(length < sizeof(joined));
	}
	if (strcmp(joined, expected) != 0)
		fail_msg("%s: '%s', expected '%s'", what, joined, expected);
	assert_non_null(env->values);
	assert_null(env->values[env->count]);
}

static void environments_start_as_given_or_empty(void **state)
{
	static char *const odd[] = { "A=1", "A=2", "NOEQUALS", "=x", "", NULL };
	static char *const none[] = { NULL };
	struct env env = { 0 };
	(void)state;

	assert_int_equal(env_start(&env, given, false), 0);
	check_env("given", &env, "A=1|PATH=/bin|EMPTY=|AB=2|B=x=y");
	assert_false(env.cleared);
	assert_int_equal(env_unset(&env, "A"), 0);
	check_env("changed", &env, "PATH=/bin|EMPTY=|AB=2|B=x=y");
	assert_string_equal(given[0], "A=1"); /* it was only borrowed */

	assert_int_equal(env_start(&env, given, true), 0);
	check_env("cleared", &env, "");
	assert_true(env.cleared);

	assert_int_equal(env_start(&env, odd, false), 0);
	check_env("odd entries stay", &env, "A=1|A=2|NOEQUALS|=x|");
	assert_false(env.cleared);

	assert_int_equal(env_start(&env, none, false), 0);
	check_env("none", &env, "");
	assert_int_equal(env_start(&env, NULL, false), 0);
	check_env("NULL", &env, "");
	env_fini(&env);
}

static void environments_are_changed_in_the_order_of_the_steps(void **state)
{
	/* clang-format off */
	static const struct {
		const char *steps[4]; /* "-NAME" unsets, anything else sets */
		bool clear;
		const char *expected;
	} rows[] = {
		{{"A=9"}, false, "A=9|PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"NEW=n"}, false, "A=1|PATH=/bin|EMPTY=|AB=2|B=x=y|NEW=n"},
		{{"A="}, false, "A=|PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"A=a=b=c"}, false, "A=a=b=c|PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"A"}, false, "A=1|PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"NOSUCH"}, false, "A=1|PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"A=9", "A"}, false, "A=1|PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"-A"}, false, "PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"-A", "-B", "-NOSUCH"}, false, "PATH=/bin|EMPTY=|AB=2"},
		{{"-A", "A=3"}, false, "PATH=/bin|EMPTY=|AB=2|B=x=y|A=3"},
		{{"A=3", "-A"}, false, "PATH=/bin|EMPTY=|AB=2|B=x=y"},
		{{"-A", "A"}, false, "PATH=/bin|EMPTY=|AB=2|B=x=y|A=1"},
		{{"A", "EMPTY", "NOSUCH"}, true, "A=1|EMPTY="},
		{{"C=1", "C=2", "D=3"}, true, "C=2|D=3"},
		{{"NEW=1", "NEW"}, true, "NEW=1"},
		{{"a b=c d"}, true, "a b=c d"},
		{{"N=line\nline"}, true, "N=line\nline"},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct env env = { 0 };
		assert_int_equal(env_start(&env, given, rows[i].clear), 0);
		for (size_t j = 0; j < 4 && rows[i].steps[j]; j++) {
			const char *step = rows[i].steps[j];
			assert_int_equal(*step == '-' ? env_unset(&env, step + 1)
						      : env_set(&env, step, given),
					 0);
		}
		check_env(rows[i].steps[0], &env, rows[i].expected);
		env_fini(&env);
	}
}

static void environment_names_that_cannot_be_are_refused(void **state)
{
	struct env env = { 0 };
	(void)state;

	assert_int_equal(env_start(&env, given, false), 0);
	assert_int_equal(env_set(&env, "", given), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(env_set(&env, "=x", given), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(env_set(&env, "=", given), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(env_unset(&env, ""), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(env_unset(&env, "A=1"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(env_unset(&env, "="), -1);
	assert_int_equal(errno, EINVAL);
	check_env("untouched", &env, "A=1|PATH=/bin|EMPTY=|AB=2|B=x=y");
	env_fini(&env);
}

static void environment_entries_of_one_name_are_set_and_unset_together(void **state)
{
	static char *const twice[] = { "A=1", "B=2", "A=3", "C=4", "A=5", NULL };
	struct env env = { 0 };
	(void)state;

	assert_int_equal(env_start(&env, twice, false), 0);
	assert_string_equal(env_get(&env, "A"), "1");
	assert_int_equal(env_set(&env, "A=6", twice), 0);
	check_env("set", &env, "A=6|B=2|C=4");

	assert_int_equal(env_start(&env, twice, false), 0);
	assert_int_equal(env_unset(&env, "A"), 0);
	check_env("unset", &env, "B=2|C=4");

	assert_int_equal(env_start(&env, twice, true), 0);
	assert_int_equal(env_set(&env, "A", twice), 0);
	check_env("keep", &env, "A=1");
	env_fini(&env);
}

static void environment_values_are_found_by_their_whole_name(void **state)
{
	struct env env = { 0 };
	(void)state;

	assert_null(env_get(&env, "A"));
	assert_int_equal(env_unset(&env, "A"), 0);
	assert_int_equal(env_start(&env, given, false), 0);
	assert_string_equal(env_get(&env, "A"), "1");
	assert_string_equal(env_get(&env, "AB"), "2");
	assert_string_equal(env_get(&env, "B"), "x=y");
	assert_string_equal(env_get(&env, "EMPTY"), "");
	assert_null(env_get(&env, "a"));
	assert_null(env_get(&env, "PAT"));
	assert_null(env_get(&env, "PATHS"));
	assert_null(env_get(&env, ""));
	env_fini(&env);
	assert_null(env.values);
	env_fini(&env);
}

static void environments_grow_as_far_as_needed(void **state)
{
	struct env env = { 0 };
	char text[32];
	(void)state;

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "N%d=%d", i, i);
		assert_int_equal(env_set(&env, text, NULL), 0);
	}
	assert_int_equal(env.count, 1000);
	assert_string_equal(env_get(&env, "N0"), "0");
	assert_string_equal(env_get(&env, "N999"), "999");
	assert_null(env.values[1000]);
	env_fini(&env);
}

/* A string with its inner NULs; the literal's own one at the end is not part of it. */
#define CONTENT(text) text, sizeof(text) - 1

static void environment_files_are_lines_or_nul_separated(void **state)
{
	/* clang-format off */
	static const struct {
		const char *content;
		size_t size;
		const char *expected; /* from A=1 */
	} rows[] = {
		{CONTENT(""), "A=1"},
		{CONTENT("B=2"), "A=1|B=2"},
		{CONTENT("B=2\n"), "A=1|B=2"},
		{CONTENT("B=2\nC=3\n"), "A=1|B=2|C=3"},
		{CONTENT("A=2\nA=3\n"), "A=3"},
		{CONTENT("\n\nB=2\n\n"), "A=1|B=2"},
		{CONTENT("  \n\t\nB=2\n \t \n"), "A=1|B=2"},
		{CONTENT("# comment\n#B=2\n#\nC=3"), "A=1|C=3"},
		{CONTENT("B=2 # not a comment\n"), "A=1|B=2 # not a comment"},
		{CONTENT("B=2\r\nC=3\r\n\r\n#x\r\n"), "A=1|B=2|C=3"},
		{CONTENT("B=2\r\r\nC=\r\n"), "A=1|B=2\r|C="},
		{CONTENT("B=2\rC=3\n"), "A=1|B=2\rC=3"},
		{CONTENT("B=2\r"), "A=1|B=2\r"},
		{CONTENT("B=\n"), "A=1|B="},
		{CONTENT("B==\n"), "A=1|B=="},
		{CONTENT("B=\"q\" '$HOME' \\n\n"), "A=1|B=\"q\" '$HOME' \\n"},
		{CONTENT("B= 2 \n"), "A=1|B= 2 "},
		{CONTENT(" B=2\n"), "A=1| B=2"},
		{CONTENT("export B=2\n"), "A=1|export B=2"},
		{CONTENT("B=\xff\xc3\xa9\n"), "A=1|B=\xff\xc3\xa9"},
		{CONTENT("B=2\0"), "A=1|B=2"},
		{CONTENT("B=2\0C=3"), "A=1|B=2|C=3"},
		{CONTENT("B=2\0C=3\0"), "A=1|B=2|C=3"},
		{CONTENT("B=1\n2\0C=3\r\n\0"), "A=1|B=1\n2|C=3\r\n"},
		{CONTENT("#B=2\0"), "A=1|#B=2"},
		{CONTENT("\0\0B=2\0\0"), "A=1|B=2"},
		{CONTENT("\0"), "A=1"},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		static char *const start[] = { "A=1", NULL };
		struct env env = { 0 };
		size_t line = 99;
		char *exact = malloc(rows[i].size ? rows[i].size : 1);
		assert_non_null(exact);
		memcpy(exact, rows[i].content, rows[i].size);
		assert_int_equal(env_start(&env, start, false), 0);
		if (env_parse_file(&env, exact, rows[i].size, &line) < 0)
			fail_msg("'%s': errno %d, line %zu", rows[i].content, errno, line);
		check_env(rows[i].content, &env, rows[i].expected);
		assert_int_equal(line, 99);
		free(exact);
		env_fini(&env);
	}
}

static void environment_files_with_a_bad_line_set_nothing(void **state)
{
	/* clang-format off */
	static const struct {
		const char *content;
		size_t size, line;
	} rows[] = {
		{CONTENT("B"), 1},
		{CONTENT("=2"), 1},
		{CONTENT("="), 1},
		{CONTENT("B=2\nC\nD\n"), 2},
		{CONTENT("# c\n\nB=2\n=3\n"), 4},
		{CONTENT("B=2\n\r\nC\r\n"), 3},
		{CONTENT("B=2\n # c\n"), 2},
		{CONTENT("B=2\n\r"), 2},
		{CONTENT("B=2\0C\0"), 2},
		{CONTENT("B=2\0\0=3\0"), 3},
		{CONTENT("B=2\0# comment\0"), 2},
		{CONTENT("B=2\0\n"), 2},
		{CONTENT("B\nC\0\n\0"), 1},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct env env = { 0 };
		size_t line = 0;
		assert_int_equal(env_set(&env, "A=1", NULL), 0);
		errno = 0;
		int rc = env_parse_file(&env, rows[i].content, rows[i].size, &line);
		if (rc != -1 || errno != EINVAL || line != rows[i].line)
			fail_msg("row %zu: %d, errno %d, line %zu", i, rc, errno, line);
		check_env(rows[i].content, &env, "A=1");
		env_fini(&env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environments_start_as_given_or_empty),
		cmocka_unit_test(environments_are_changed_in_the_order_of_the_steps),
		cmocka_unit_test(environment_names_that_cannot_be_are_refused),
		cmocka_unit_test(environment_entries_of_one_name_are_set_and_unset_together),
		cmocka_unit_test(environment_values_are_found_by_their_whole_name),
		cmocka_unit_test(environments_grow_as_far_as_needed),
		cmocka_unit_test(environment_files_are_lines_or_nul_separated),
		cmocka_unit_test(environment_files_with_a_bad_line_set_nothing),
	};
	return cmocka_run_group_tests_name("env", tests, NULL, NULL);
}
