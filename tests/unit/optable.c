/* SPDX-License-Identifier: MIT */
/*
 * The table of options is consistent in itself, and names are looked up in it.
 */
#include "optable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spec.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* An array that its text just fills would have no end. */
static void every_text_has_an_end(void **state)
{
	(void)state;
	for (const struct option_row *row = optable_rows; row < optable_rows + optable_count;
	     row++) {
		assert_non_null(memchr(row->name, '\0', sizeof row->name));
		assert_non_null(memchr(row->alias, '\0', sizeof row->alias));
		assert_non_null(memchr(row->argument, '\0', sizeof row->argument));
		assert_non_null(memchr(row->values, '\0', sizeof row->values));
		assert_non_null(memchr(row->help, '\0', sizeof row->help));
		assert_true(row->name[0] && row->help[0]);
	}
}

static void every_name_is_there_once(void **state)
{
	(void)state;
	for (const struct option_row *row = optable_rows; row < optable_rows + optable_count;
	     row++) {
		size_t length = strlen(row->name);
		assert_ptr_equal(optable_find(optable_rows, optable_count, row->name, length), row);
		if (row->alias[0])
			assert_ptr_equal(optable_find(optable_rows, optable_count, row->alias,
						      strlen(row->alias)),
					 row);
		if (row->letter)
			assert_ptr_equal(optable_letter(optable_rows, optable_count, row->letter),
					 row);
	}
}

static void rows_are_grouped_by_heading(void **state)
{
	(void)state;
	for (size_t i = 1; i < optable_count; i++)
		assert_true(optable_rows[i].heading >= optable_rows[i - 1].heading);
	for (int i = 0; i < HEADING_COUNT; i++)
		assert_true(optable_heading((enum option_heading)i)[0]);
}

/* What settings_apply() stores must be what the field is. */
static void fields_are_as_large_as_their_kind(void **state)
{
	(void)state;
	for (const struct option_row *row = optable_rows; row < optable_rows + optable_count;
	     row++) {
		assert_true(row->offset + row->size <= sizeof(struct spec));
		switch ((enum option_kind)row->kind) {
		case OPTION_FLAG:
			assert_true(row->size == sizeof(bool) || row->size == sizeof(int));
			assert_false(row->argument[0]);
			break;
		case OPTION_WORD:
		case OPTION_INTEGER:
			assert_int_equal(row->size, sizeof(int));
			break;
		case OPTION_TEXT:
		case OPTION_NAME:
		case OPTION_RUN_ID:
			assert_int_equal(row->size, sizeof(char *));
			break;
		case OPTION_DURATION:
		case OPTION_DRAIN:
		case OPTION_SIZE:
		case OPTION_COUNT:
			assert_int_equal(row->size, sizeof(int64_t));
			break;
		case OPTION_STREAM:
			assert_int_equal(row->size, sizeof(struct stdio_spec));
			break;
		case OPTION_SCREEN_SIZE:
			assert_int_equal(row->size, sizeof(struct screen_size));
			break;
		case OPTION_TREE_SIZE:
		case OPTION_TREE_COUNT:
		case OPTION_TREE_CPUS:
		case OPTION_TREE_WEIGHT:
			assert_true(strchr(row->file, '.') != NULL);
			break;
		case OPTION_TREE_SET:
			assert_false(row->file[0]);
			break;
		case OPTION_SIGNAL:
		case OPTION_ESCALATE:
		case OPTION_ENV:
		case OPTION_ENV_FILE:
		case OPTION_UNSET_ENV:
		case OPTION_CLEAR_ENV:
		case OPTION_USER:
		case OPTION_GROUPS:
		case OPTION_UMASK:
		case OPTION_CORES:
		case OPTION_RLIMIT:
		case OPTION_CGROUP:
		case OPTION_CAP_DROP:
		case OPTION_CAP_KEEP:
		case OPTION_READ:
		case OPTION_WRITE:
		case OPTION_EXEC:
		case OPTION_BIND_PORT:
		case OPTION_CONNECT_PORT:
		case OPTION_SANDBOX:
		case OPTION_HIDE:
		case OPTION_KEEP_FD:
		case OPTION_SECCOMP:
		case OPTION_REPORT:
		case OPTION_JSON:
		case OPTION_TAG:
		case OPTION_OK:
		case OPTION_CONFIG:
		case OPTION_PROFILE:
		case OPTION_HELP:
		case OPTION_VERSION:
			break;
		}
		if (row->rivals)
			assert_true(row->side && row->size);
	}
}

static void words_of_an_enum_are_in_its_order(void **state)
{
	const struct option_row *leftovers =
		optable_find(optable_rows, optable_count, "leftovers", 9);
	const struct option_row *exit =
		optable_find(optable_rows, optable_count, "signal-exit", 11);
	const struct option_row *in = optable_find(optable_rows, optable_count, "stdin", 5);

	(void)state;
	assert_int_equal(optable_word(leftovers, "kill"), LEFTOVERS_KILL);
	assert_int_equal(optable_word(leftovers, "wait"), LEFTOVERS_WAIT);
	assert_int_equal(optable_word(leftovers, "leave"), LEFTOVERS_LEAVE);
	assert_int_equal(optable_word(exit, "raise"), SIGNAL_EXIT_RAISE);
	assert_int_equal(optable_word(exit, "code"), SIGNAL_EXIT_CODE);
	assert_int_equal(optable_word(leftovers, ""), -1);
	assert_int_equal(optable_word(leftovers, "kil"), -1);
	assert_int_equal(optable_word(leftovers, "kill wait"), -1);
	assert_int_equal(optable_word(in, "<file>"), -1);
	assert_int_equal(optable_word(in, "relay"), 2);
}

static void only_whole_names_are_found(void **state)
{
	(void)state;
	assert_null(optable_find(optable_rows, optable_count, "", 0));
	assert_null(optable_find(optable_rows, optable_count, "timeou", 6));
	assert_null(optable_find(optable_rows, optable_count, "timeouts", 8));
	assert_null(optable_find(optable_rows, optable_count, "no-die-with-parent-or-a-longer-name",
				 35));
	assert_non_null(optable_find(optable_rows, optable_count, "timeout=5", 7));
	assert_null(optable_letter(optable_rows, optable_count, '\0'));
	assert_null(optable_letter(optable_rows, optable_count, 'T'));
}

static void slips_are_recognised(void **state)
{
	/* clang-format off */
	static const struct {
		const char *written, *meant;
	} rows[] = {
		{ "timout", "timeout" },
		{ "timeuot", "timeout" },
		{ "tiemout", "timeout" },
		{ "timeoutt", "timeout" },
		{ "Timeout", "timeout" },
		{ "time", NULL }, /* or "timestamps" */
		{ "kill", "kill-after" },
		{ "killafter", "kill-after" },
		{ "kill_after", "kill-after" },
		{ "workdir", NULL },
		{ "setnev", "setenv" },
		{ "cdw", "cwd" },
		{ "evn", "env" },
		{ "en", "env" },
		{ "std", NULL },
		{ "sdtout", "stdout" },
		{ "ptysize", "pty-size" },
		{ "lgo", "log" },
		{ "x", NULL },
		{ "", NULL },
		{ "no-die", "no-die-with-parent" },
		{ "a-name-that-is-longer-than-any-in-the-table", NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *near = optable_nearest(rows[i].written, strlen(rows[i].written));
		if (!near != !rows[i].meant || (near && strcmp(near, rows[i].meant) != 0))
			fail_msg("'%s': '%s', expected '%s'", rows[i].written, near ? near : "-",
				 rows[i].meant ? rows[i].meant : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_has_an_end),
		cmocka_unit_test(every_name_is_there_once),
		cmocka_unit_test(rows_are_grouped_by_heading),
		cmocka_unit_test(fields_are_as_large_as_their_kind),
		cmocka_unit_test(words_of_an_enum_are_in_its_order),
		cmocka_unit_test(only_whole_names_are_found),
		cmocka_unit_test(slips_are_recognised),
	};
	return cmocka_run_group_tests_name("optable", tests, NULL, NULL);
}
