/* SPDX-License-Identifier: MIT */
/*
 * Words come back from a shell as they were, and only those that need it are quoted.
 */
#include "ctl/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void quotes_what_needs_it(void **state)
{
	static const struct {
		const char *word, *quoted;
	} rows[] = {
		{ "plain", "plain" },
		{ "/sys/fs/cgroup/a_b-c.d", "/sys/fs/cgroup/a_b-c.d" },
		{ "--owner=+1000", "--owner=+1000" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "$HOME", "'$HOME'" },
		{ "a;b", "'a;b'" },
		{ "~", "'~'" },
		{ "*", "'*'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "\"\\", "'\"\\'" },
		{ "a\nb", "'a\nb'" },
		{ "\xc3\xa9", "'\xc3\xa9'" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[64];
		assert_ptr_equal(quote_word(out, sizeof(out), rows[i].word), out);
		assert_string_equal(out, rows[i].quoted);
	}
}

/* What a shell makes of it is the word again. */
static void a_shell_gives_the_word_back(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char word[] = { 'a', (char)c, 'b', '\0' }, quoted[32], command[64], got[16] = "";
		quote_word(quoted, sizeof(quoted), word);
		snprintf(command, sizeof(command), "printf %%s %s", quoted);
		FILE *file = popen(command, "r"); /* NOLINT(cert-env33-c): that is what is tested */
		assert_non_null(file);
		got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
		pclose(file);
		assert_string_equal(got, word);
	}
}

static void never_writes_beyond_its_room(void **state)
{
	(void)state;
	for (size_t size = 1; size < 16; size++) {
		char out[32];
		memset(out, 'x', sizeof(out));
		quote_word(out, size, "it's '''' too long");
		assert_true(strlen(out) < size);
		assert_true(out[size] == 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_what_needs_it),
		cmocka_unit_test(a_shell_gives_the_word_back),
		cmocka_unit_test(never_writes_beyond_its_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
