/* SPDX-License-Identifier: MIT */
/*
 * From argv, CORDON_OPTIONS and a file to the spec: what each option stores, and which of
 * them wins.
 */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define WORDS_MAX 32

static char config_path[] = "/tmp/cordon-test-options.XXXXXX";

/* A spec, and the words that it borrows from. */
struct parsed {
	struct spec spec;
	char *text;
	char *argv[WORDS_MAX + 2];
};

/* Parse LINE, words separated by single blanks, with CORDON_OPTIONS and the file as given. */
static struct parsed *parse(const char *line, const char *presets, const char *config)
{
	struct parsed *parsed = calloc(1, sizeof *parsed);
	static char program[] = "cordon";
	int argc = 1;
	char *rest;

	unsetenv("CORDON_OPTIONS");
	if (presets)
		setenv("CORDON_OPTIONS", presets, 1);
	if (config) {
		FILE *file = fopen(config_path, "w");
		fputs(config, file);
		fclose(file);
	}
	if (asprintf(&parsed->text, "%s%s%s%s", config ? "--config=" : "",
		     config ? config_path : "", config ? " " : "", line) < 0)
		abort();
	rest = parsed->text;
	parsed->argv[0] = program;
	while (rest && argc <= WORDS_MAX)
		parsed->argv[argc++] = strsep(&rest, " ");
	spec_init(&parsed->spec);
	options_parse(&parsed->spec, argc, parsed->argv);
	return parsed;
}

static void release(struct parsed *parsed)
{
	spec_fini(&parsed->spec);
	free(parsed->text);
	free(parsed);
}

static void the_command_is_what_is_left(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line, *command, *argument;
	} rows[] = {
		{ "make", "make", NULL },
		{ "make -q", "make", "-q" },
		{ "-q make --quiet", "make", "--quiet" },
		{ "-- make -q", "make", "-q" },
		{ "-q -- --make", "--make", NULL },
		{ "-qt5 make", "make", NULL },
		{ "-t 5 make x", "make", "x" },
		{ "- x", "-", "x" },
		{ " x", "", "x" },
		{ "-j make", "make", NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct parsed *p = parse(rows[i].line, NULL, NULL);
		assert_string_equal(p->spec.command[0], rows[i].command);
		if (rows[i].argument)
			assert_string_equal(p->spec.command[1], rows[i].argument);
		else
			assert_null(p->spec.command[1]);
		assert_string_equal(p->spec.argv[0], rows[i].command);
		release(p);
	}
}

static void options_of_time_are_stored(void **state)
{
	struct parsed *p = parse("-t 1m30s -s INT -k 5 x", NULL, NULL);

	(void)state;
	assert_int_equal(p->spec.timeout_ns, 90 * NS_PER_S);
	assert_int_equal(p->spec.first_signal, SIGINT);
	assert_int_equal(p->spec.kill_after_ns, 5 * NS_PER_S);
	assert_int_equal(p->spec.ladder.count, 2);
	release(p);

	p = parse("--timeout=0 --kill-after=0 --signal 9 x", NULL, NULL);
	assert_int_equal(p->spec.timeout_ns, NS_NEVER);
	assert_int_equal(p->spec.first_signal, SIGKILL);
	assert_int_equal(p->spec.kill_after_ns, NS_NEVER);
	assert_int_equal(p->spec.ladder.count, 1);
	release(p);

	p = parse("--escalate=main@INT:2s,TERM:5s,KILL x", NULL, NULL);
	assert_int_equal(p->spec.ladder.count, 3);
	assert_int_equal(p->spec.ladder.rung[0].target, TARGET_MAIN);
	release(p);
}

static void options_of_place_and_identity_are_stored(void **state)
{
	struct parsed *p =
		parse("-C /d --chroot=/r --argv0=a --umask=027 --nice=-5 --oom-score-adj=7 "
		      "--cores=0,2 --rlimit=nofile=5:6 --rlimit=core=0 -u +1:+2 --groups=+3,+4 x",
		      NULL, NULL);

	(void)state;
	assert_string_equal(p->spec.chdir, "/d");
	assert_string_equal(p->spec.chroot, "/r");
	assert_string_equal(p->spec.argv0, "a");
	assert_true(p->spec.set_umask && p->spec.set_nice && p->spec.set_oom_score_adj);
	assert_int_equal(p->spec.umask, 027);
	assert_int_equal(p->spec.nice, -5);
	assert_int_equal(p->spec.oom_score_adj, 7);
	assert_string_equal(p->spec.cores_text, "0,2");
	assert_true(CPU_ISSET(0, &p->spec.cores) && !CPU_ISSET(1, &p->spec.cores));
	assert_int_equal(p->spec.limits.set, 1u << RLIMIT_NOFILE | 1u << RLIMIT_CORE);
	assert_int_equal(p->spec.limits.value[RLIMIT_NOFILE].rlim_max, 6);
	assert_string_equal(p->spec.user, "+1:+2");
	assert_string_equal(p->spec.groups, "+3,+4");
	assert_true(p->spec.privs.set);
	assert_int_equal(p->spec.privs.uid, 1);
	assert_int_equal(p->spec.privs.gid, 2);
	assert_int_equal(p->spec.privs.group_count, 2);
	release(p);
}

/* --user looks groups up too: the order on the line must not decide. */
static void groups_win_over_those_of_the_user(void **state)
{
	struct parsed *p = parse("--groups=+7 --user=root x", NULL, NULL);

	(void)state;
	assert_int_equal(p->spec.privs.uid, 0);
	assert_int_equal(p->spec.privs.group_count, 1);
	assert_int_equal(p->spec.privs.groups[0], 7);
	release(p);
}

static void options_of_containment_are_stored(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		enum group_mode group;
	} rows[] = {
		{ "x", GROUP_AUTO },
		{ "-f x", GROUP_STAY },
		{ "--foreground x", GROUP_STAY },
		{ "--new-group x", GROUP_NEW },
		{ "--new-session x", GROUP_SESSION },
	};
	/* clang-format on */
	struct parsed *p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		p = parse(rows[i].line, NULL, NULL);
		assert_int_equal(p->spec.group, rows[i].group);
		release(p);
	}
	p = parse("--cgroup=a/b.c --require-cgroup --leftovers=wait --fail-on-leftovers "
		  "--no-die-with-parent x",
		  NULL, NULL);
	assert_int_equal(p->spec.cgroup, CGROUP_NAMED);
	assert_string_equal(p->spec.cgroup_name, "a/b.c");
	assert_int_equal(p->spec.leftovers, LEFTOVERS_WAIT);
	assert_true(p->spec.require_cgroup && p->spec.fail_on_leftovers);
	assert_false(p->spec.die_with_parent);
	release(p);
	p = parse("--cgroup=a --cgroup=none x", NULL, NULL);
	assert_int_equal(p->spec.cgroup, CGROUP_NONE);
	assert_null(p->spec.cgroup_name);
	release(p);
}

static void streams_are_words_or_files(void **state)
{
	struct parsed *p =
		parse("--stdin=/dev/null --stdout=inherit --stderr=./null --append x", NULL, NULL);

	(void)state;
	assert_int_equal(p->spec.in.mode, STDIO_FILE);
	assert_string_equal(p->spec.in.path, "/dev/null");
	assert_int_equal(p->spec.out.mode, STDIO_INHERIT);
	assert_null(p->spec.out.path);
	assert_int_equal(p->spec.err.mode, STDIO_FILE);
	assert_string_equal(p->spec.err.path, "./null");
	assert_true(p->spec.append);
	release(p);

	p = parse("--stdin=relay --stdout=relay --stderr=null --tail=0 x", NULL, NULL);
	assert_int_equal(p->spec.in.mode, STDIO_RELAY);
	assert_int_equal(p->spec.out.mode, STDIO_RELAY);
	assert_int_equal(p->spec.err.mode, STDIO_NULL);
	assert_int_equal(p->spec.tail_lines, 0);
	release(p);

	p = parse("--stdin=null --stdout=auto --merge x", NULL, NULL);
	assert_int_equal(p->spec.in.mode, STDIO_NULL);
	assert_int_equal(p->spec.out.mode, STDIO_AUTO);
	assert_true(p->spec.merge);
	release(p);
}

static void to_drain_for_no_time_is_not_for_ever(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		int64_t ns;
	} rows[] = {
		{ "--drain=0 x", 0 },
		{ "--drain=0s x", 0 },
		{ "--drain=0.0ms x", 0 },
		{ "--drain=0m0s x", 0 },
		{ "--drain=infinity x", NS_NEVER },
		{ "--drain=1e30d x", NS_NEVER },
		{ "--drain=20ms x", 20 * NS_PER_MS },
		{ "--drain=5 --drain=0 x", 0 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct parsed *p = parse(rows[i].line, NULL, NULL);
		assert_int_equal(p->spec.drain_ns, rows[i].ns);
		release(p);
	}
}

static void reports_have_a_format_and_a_place(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		enum report_format format;
		const char *path;
		int fd;
		const char *option;
	} rows[] = {
		{ "--report=json:/tmp/cordon-test-x x", REPORT_JSON, "/tmp/cordon-test-x", 2, "--report=json:/tmp/cordon-test-x" },
		{ "--report /tmp/cordon-test-x.json x", REPORT_JSON, "/tmp/cordon-test-x.json", 2, "--report=/tmp/cordon-test-x.json" },
		{ "--report=/tmp/cordon-test-x.jsonl x", REPORT_JSONL, "/tmp/cordon-test-x.jsonl", 2, "--report=/tmp/cordon-test-x.jsonl" },
		{ "--report=jsonl:/tmp/cordon-test-x.json x", REPORT_JSONL, "/tmp/cordon-test-x.json", 2, "--report=jsonl:/tmp/cordon-test-x.json" },
		{ "--report=human:/tmp/cordon-test-a:b x", REPORT_HUMAN, "/tmp/cordon-test-a:b", 2, "--report=human:/tmp/cordon-test-a:b" },
		{ "--report=/tmp/cordon-test-a:b.json x", REPORT_JSON, "/tmp/cordon-test-a:b.json", 2, "--report=/tmp/cordon-test-a:b.json" },
		{ "--report=human:- x", REPORT_HUMAN, NULL, 2, "--report=human:-" },
		{ "--report=json:fd:1 x", REPORT_JSON, NULL, 1, "--report=json:fd:1" },
		{ "-j x", REPORT_JSON, NULL, 2, "--json" },
		{ "--json x", REPORT_JSON, NULL, 2, "--json" },
		{ "--json=- x", REPORT_JSON, NULL, 2, "--json=-" },
		{ "--json=/tmp/cordon-test-jsonl:x x", REPORT_JSON, "/tmp/cordon-test-jsonl:x", 2, "--json=/tmp/cordon-test-jsonl:x" },
		{ "--json=fd:1 x", REPORT_JSON, NULL, 1, "--json=fd:1" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct parsed *p = parse(rows[i].line, NULL, NULL);
		assert_int_equal(p->spec.report_count, 1);
		const struct report_spec *report = &p->spec.reports[0];
		assert_int_equal(report->format, rows[i].format);
		assert_string_equal(report->option, rows[i].option);
		if (rows[i].path)
			assert_string_equal(report->path, rows[i].path);
		else
			assert_true(!report->path && report->fd == rows[i].fd);
		release(p);
	}
}

static void a_later_source_replaces_a_report_to_the_same_place(void **state)
{
	struct parsed *p = parse("--report=jsonl:/tmp/cordon-test-a x",
				 "-j --json=/tmp/cordon-test-a", "json = /tmp/cordon-test-b");

	(void)state;
	assert_int_equal(p->spec.report_count, 3);
	assert_string_equal(p->spec.reports[0].path, "/tmp/cordon-test-b");
	assert_null(p->spec.reports[1].path);
	assert_string_equal(p->spec.reports[2].path, "/tmp/cordon-test-a");
	assert_int_equal(p->spec.reports[2].format, REPORT_JSONL);
	release(p);
}

static void the_rest_is_stored(void **state)
{
	struct parsed *p =
		parse("-p --signal-exit=code --ok=3 --ok=255 --title= --tag=a=b=c --tag=d= "
		      "--tag=a=2 --run-id=r.1 --dry-run x",
		      NULL, NULL);

	(void)state;
	assert_true(p->spec.preserve_status);
	assert_int_equal(p->spec.signal_exit, SIGNAL_EXIT_CODE);
	assert_true(p->spec.ok[3] && p->spec.ok[255] && !p->spec.ok[0]);
	assert_string_equal(p->spec.title, "");
	assert_int_equal(p->spec.tag_count, 2);
	assert_int_equal(p->spec.tags[0].key_length, 1);
	assert_string_equal(p->spec.tags[0].value, "2");
	assert_string_equal(p->spec.tags[1].value, "");
	assert_string_equal(p->spec.run_id, "r.1");
	assert_true(p->spec.dry_run);
	release(p);
}

static void the_last_of_a_source_wins(void **state)
{
	struct parsed *p =
		parse("-t 1 -t 2 --leftovers=wait --leftovers=leave -v -v x", NULL, NULL);

	(void)state;
	assert_int_equal(p->spec.timeout_ns, 2 * NS_PER_S);
	assert_int_equal(p->spec.leftovers, LEFTOVERS_LEAVE);
	assert_int_equal(p->spec.verbosity, VERBOSITY_VERBOSE);
	release(p);
}

static void the_environment_is_built_in_order(void **state)
{
	struct parsed *p;

	(void)state;
	setenv("CORDON_TEST_A", "given", 1);
	p = parse("-E CORDON_TEST_A=1 --unset-env=CORDON_TEST_A -E CORDON_TEST_B=2 x",
		  "--env=CORDON_TEST_B=0 --env=CORDON_TEST_C=3", NULL);
	assert_null(env_get(&p->spec.env, "CORDON_TEST_A"));
	assert_string_equal(env_get(&p->spec.env, "CORDON_TEST_B"), "2");
	assert_string_equal(env_get(&p->spec.env, "CORDON_TEST_C"), "3");
	assert_non_null(env_get(&p->spec.env, "CORDON_OPTIONS"));
	release(p);

	p = parse("-E CORDON_TEST_A -E B=1 -i x", NULL, NULL);
	assert_int_equal(p->spec.env.count, 2);
	assert_string_equal(env_get(&p->spec.env, "CORDON_TEST_A"), "given");
	release(p);
	unsetenv("CORDON_TEST_A");
}

static void an_id_is_made_only_where_it_is_wanted(void **state)
{
	struct parsed *p = parse("x", NULL, NULL);
	char first[64];

	(void)state;
	assert_null(p->spec.run_id);
	assert_null(env_get(&p->spec.env, "CORDON_RUN_ID"));
	release(p);

	p = parse("-j x", NULL, NULL);
	assert_int_equal(strlen(p->spec.run_id), 36);
	assert_int_equal(p->spec.run_id[14], '4');
	assert_int_equal(strspn(p->spec.run_id, "0123456789abcdef-"), 36);
	assert_null(env_get(&p->spec.env, "CORDON_RUN_ID"));
	snprintf(first, sizeof first, "%s", p->spec.run_id);
	release(p);

	p = parse("--export-run-id x", NULL, NULL);
	assert_string_equal(env_get(&p->spec.env, "CORDON_RUN_ID"), p->spec.run_id);
	assert_string_not_equal(p->spec.run_id, first);
	release(p);

	p = parse("--export-run-id --run-id=\xc3\xbc -i x", NULL, NULL);
	assert_string_equal(env_get(&p->spec.env, "CORDON_RUN_ID"), "\xc3\xbc");
	release(p);
}

static void argv_wins_over_presets_and_those_over_the_file(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line, *presets, *config;
		int64_t seconds;
	} rows[] = {
		{ "x", NULL, "timeout = 1", 1 },
		{ "x", "-t 2", "timeout = 1", 2 },
		{ "-t 3 x", "-t 2", "timeout = 1", 3 },
		{ "-t 3 x", "-t 2", NULL, 3 },
		{ "x", "-t 2", NULL, 2 },
		{ "--profile=p x", NULL, "timeout = 1\n[p]\ntimeout = 4\n[q]\ntimeout = 5", 4 },
		{ "--profile=q x", NULL, "timeout = 1\n[p]\ntimeout = 4\n[q]\n", 1 },
		{ "x", NULL, "timeout = 1\n[p]\ntimeout = 4", 1 },
		{ "x", "--profile=p", "timeout = 1\n[p]\ntimeout = 4", 4 },
		{ "--profile=q x", "--profile=p", "[p]\ntimeout = 4\n[q]\ntimeout = 5", 5 },
		{ "--profile=p x", NULL, "[p]\ntimeout = 4\n[q]\ntimeout = 5\n[p]\ntimeout = 6", 6 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct parsed *p = parse(rows[i].line, rows[i].presets, rows[i].config);
		assert_int_equal(p->spec.timeout_ns, rows[i].seconds * NS_PER_S);
		release(p);
	}
}

static void rivals_of_a_later_source_win(void **state)
{
	struct parsed *p = parse("--new-group x", "--foreground", "new-session");

	(void)state;
	assert_int_equal(p->spec.group, GROUP_NEW);
	release(p);
	p = parse("-v x", "-q", NULL);
	assert_int_equal(p->spec.verbosity, VERBOSITY_VERBOSE);
	release(p);
	p = parse("-k 5 x", "--escalate=INT,KILL", NULL);
	assert_int_equal(p->spec.ladder.rung[0].sig, SIGTERM);
	assert_int_equal(p->spec.ladder.rung[0].wait_ns, 5 * NS_PER_S);
	release(p);
	p = parse("--escalate=INT,KILL x", "-s HUP -k 5", NULL);
	assert_int_equal(p->spec.ladder.rung[0].sig, SIGINT);
	release(p);
	p = parse("--shell x", "--interpreter=python3", NULL);
	assert_true(p->spec.shell && !p->spec.interpreter);
	release(p);
	p = parse("--interpreter=python3 x", "--shell", NULL);
	assert_false(p->spec.shell);
	release(p);
	p = parse("--merge x", "--stderr=null", NULL);
	assert_true(p->spec.merge && p->spec.err.mode == STDIO_AUTO);
	release(p);
	p = parse("--stderr=null x", "--merge", NULL);
	assert_true(!p->spec.merge && p->spec.err.mode == STDIO_NULL);
	release(p);
	p = parse("--cgroup=none x", "--require-cgroup", NULL);
	assert_true(!p->spec.require_cgroup && p->spec.cgroup == CGROUP_NONE);
	release(p);
	p = parse("--require-cgroup x", "--cgroup=none", NULL);
	assert_true(p->spec.require_cgroup && p->spec.cgroup == CGROUP_AUTO);
	release(p);
	p = parse("--require-cgroup x", "--cgroup=name", NULL);
	assert_true(p->spec.require_cgroup && p->spec.cgroup == CGROUP_NAMED);
	release(p);
	p = parse("--cgroup=none --cgroup=auto --require-cgroup x", NULL, NULL);
	assert_true(p->spec.require_cgroup && p->spec.cgroup == CGROUP_AUTO);
	release(p);
}

static void flags_of_a_file_can_be_switched_off_again(void **state)
{
	struct parsed *p =
		parse("--profile=p x", NULL,
		      "merge = yes\nquiet = on\nnew-group\nno-die-with-parent = TRUE\n"
		      "clear-env\npreserve-status\n"
		      "[p]\nmerge = no\nquiet = off\nforeground = false\n"
		      "no-die-with-parent = no\nclear-env = No\npreserve-status = false\n");

	(void)state;
	assert_false(p->spec.merge);
	assert_int_equal(p->spec.verbosity, VERBOSITY_NORMAL);
	assert_int_equal(p->spec.group, GROUP_NEW);
	assert_true(p->spec.die_with_parent);
	assert_true(p->spec.env.count > 0);
	assert_false(p->spec.preserve_status);
	release(p);
}

static void every_kind_of_option_can_be_in_a_file(void **state)
{
	struct parsed *p = parse("x", NULL,
				 "# all sorts\ncwd = /\nenv = A = B\nsetenv = 'C= D '\ntag = a=b\n"
				 "title = \"# no comment\"\njson\nok = 1\nok = 2\nstdout = null\n");

	(void)state;
	assert_string_equal(p->spec.chdir, "/");
	assert_string_equal(env_get(&p->spec.env, "A "), " B");
	assert_string_equal(env_get(&p->spec.env, "C"), " D ");
	assert_int_equal(p->spec.tag_count, 1);
	assert_string_equal(p->spec.title, "# no comment");
	assert_int_equal(p->spec.report_count, 1);
	assert_true(p->spec.ok[1] && p->spec.ok[2]);
	assert_int_equal(p->spec.out.mode, STDIO_NULL);
	release(p);
}

static int create_config(void **state)
{
	(void)state;
	int fd = mkstemp(config_path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_config(void **state)
{
	(void)state;
	return unlink(config_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_is_what_is_left),
		cmocka_unit_test(options_of_time_are_stored),
		cmocka_unit_test(options_of_place_and_identity_are_stored),
		cmocka_unit_test(groups_win_over_those_of_the_user),
		cmocka_unit_test(options_of_containment_are_stored),
		cmocka_unit_test(streams_are_words_or_files),
		cmocka_unit_test(to_drain_for_no_time_is_not_for_ever),
		cmocka_unit_test(reports_have_a_format_and_a_place),
		cmocka_unit_test(a_later_source_replaces_a_report_to_the_same_place),
		cmocka_unit_test(the_rest_is_stored),
		cmocka_unit_test(the_last_of_a_source_wins),
		cmocka_unit_test(the_environment_is_built_in_order),
		cmocka_unit_test(an_id_is_made_only_where_it_is_wanted),
		cmocka_unit_test(argv_wins_over_presets_and_those_over_the_file),
		cmocka_unit_test(rivals_of_a_later_source_win),
		cmocka_unit_test(flags_of_a_file_can_be_switched_off_again),
		cmocka_unit_test(every_kind_of_option_can_be_in_a_file),
	};
	return cmocka_run_group_tests_name("options", tests, create_config, remove_config);
}
