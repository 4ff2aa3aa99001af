/* SPDX-License-Identifier: MIT */
/*
 * Which rule is to blame for what a command writes: only one that can be.
 */
#include "sandbox/explain.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* A directory with in/, out/, and a program in each; it is the working directory. */
static char place[] = "/tmp/cordon-unit.XXXXXX";

static int make_place(void **state)
{
	static const char *const directories[] = { "in", "out" };
	(void)state;
	assert_non_null(mkdtemp(place));
	assert_int_equal(chdir(place), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(directories); i++) {
		char path[32];
		assert_int_equal(mkdir(directories[i], 0700), 0);
		snprintf(path, sizeof(path), "%s/program", directories[i]);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fclose(file);
		assert_int_equal(chmod(path, 0700), 0);
	}
	return 0;
}

static int remove_place(void **state)
{
	(void)state;
	unlink("in/program");
	unlink("out/program");
	rmdir("in");
	rmdir("out");
	return chdir("/") < 0 ? -1 : rmdir(place);
}

/* What is said under SPEC of LINES, or "". With the place's own name as "PLACE". */
static const char *explained(const struct spec *spec, const char *lines)
{
	static char out[PATH_MAX], shown[PATH_MAX + 8];
	if (!explain_output(spec, lines, strlen(lines), out, sizeof(out)))
		return "";
	if (strncmp(out, place, strlen(place)) != 0)
		return out;
	snprintf(shown, sizeof(shown), "PLACE%s", out + strlen(place));
	return shown;
}

static void files_are_held_to_the_rules(void **state)
{
	/* clang-format off */
	static const struct {
		const char *lines, *said;
	} rows[] = {
		{ "sh: 1: cannot create out/new: Permission denied\n",
		  "PLACE/out/new is beneath no --write" },
		{ "cat: out/program: Permission denied\n",
		  "PLACE/out/program is beneath no --read, --write or --exec" },
		{ "sh: 1: cannot create in/new: Permission denied\n",
		  "PLACE/in/new is beneath no --write" },
		{ "touch: cannot touch 'in/new': Permission denied",
		  "PLACE/in/new is beneath no --write" },
		{ "PermissionError: [Errno 13] Permission denied: 'in/a new one'\n",
		  "PLACE/in/a new one is beneath no --write" },
		{ "Error: EACCES: permission denied, open 'in/new'\n}\n\nNode.js v20\n",
		  "PLACE/in/new is beneath no --write" },
		{ "sh: 1: in/program: Permission denied\n",
		  "PLACE/in/program is beneath no --write or --exec" },
		{ "first in/a: Permission denied\nthen in/b: Permission denied\nand on\n",
		  "PLACE/in/b is beneath no --write" },
		{ "cat: absent/x: No such file or directory\n", "" },
		{ "cat: absent/x/y: Permission denied\n", "" },
		{ "mkdir: cannot create directory: Permission denied\n", "" },
		{ "in/new is fine\n", "" },
		{ "connect: Permission denied\n", "" },
		{ "Could not resolve host: example.org\n", "" },
		{ "chown: changing ownership of 'in/x': Operation not permitted\n", "" },
		{ "", "" },
		{ "\n\n", "" },
	};
	/* clang-format on */
	struct path_rule rule = { .access = ACCESS_READ, .path = "in" };
	const struct spec spec = { .sandbox = { .paths = &rule, .path_count = 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(explained(&spec, rows[i].lines), rows[i].said);
}

static void what_a_rule_allows_is_not_its_fault(void **state)
{
	struct path_rule rule = { .access = ACCESS_WRITE, .path = "in" };
	struct spec spec = { .sandbox = { .paths = &rule, .path_count = 1 } };

	(void)state;
	assert_string_equal(explained(&spec, "in/new: Permission denied\n"), "");
	assert_string_equal(explained(&spec, "in/program: Permission denied\n"),
			    "PLACE/in/program is beneath no --exec");
	/* with another user or root there is no telling */
	spec.privs.set = true;
	assert_string_equal(explained(&spec, "out/new: Permission denied\n"), "");
	spec.privs.set = false;
	spec.chroot = "/";
	assert_string_equal(explained(&spec, "out/new: Permission denied\n"), "");
	/* nor without rules */
	const struct spec none = { .chdir = NULL };
	assert_string_equal(explained(&none, "out/new: Permission denied\n"), "");
}

static void the_network_and_capabilities_are_held_to_the_options(void **state)
{
	struct port_rule port = { .port = 80 };
	const struct spec spec = { .sandbox = { .ports = &port,
						.port_count = 1,
						.no_net = true,
						.cap_drop = UINT64_MAX,
						.cap_drop_text = "all" } };

	(void)state;
	assert_string_equal(explained(&spec, "x: Could not resolve host: y\n"),
			    "there is no network but a loopback device");
	assert_string_equal(explained(&spec, "bash: connect: Permission denied\n"),
			    "the port is none of --connect-port and --bind-port");
	assert_string_equal(explained(&spec, "chown: changing ownership of 'x': "
					     "Operation not permitted\n"),
			    geteuid() == 0 ? "the capability chown was dropped" : "");
	assert_string_equal(explained(&spec, "kill: Operation not permitted\n"), "");
}

static void a_program_is_held_to_what_may_be_executed(void **state)
{
	struct path_rule rule = { .access = ACCESS_EXEC, .path = "in" };
	const struct spec spec = { .sandbox = { .paths = &rule, .path_count = 1 } };
	char out[PATH_MAX];

	(void)state;
	assert_true(explain_exec(&spec, "out/program", out, sizeof(out)));
	assert_non_null(strstr(out, "/out/program is beneath no --exec"));
	assert_false(explain_exec(&spec, "in/program", out, sizeof(out)));
	assert_false(explain_exec(&spec, "out/absent", out, sizeof(out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_held_to_the_rules),
		cmocka_unit_test(what_a_rule_allows_is_not_its_fault),
		cmocka_unit_test(the_network_and_capabilities_are_held_to_the_options),
		cmocka_unit_test(a_program_is_held_to_what_may_be_executed),
	};
	return cmocka_run_group_tests_name("explain", tests, make_place, remove_place);
}
