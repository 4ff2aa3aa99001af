/* SPDX-License-Identifier: MIT */
/*
 * The report as JSON: every key, and what is in it when.
 */
#include "a_run.h"

#include <signal.h>
#include <time.h>

#include "report/format.h"
#include "report/jansson.h"

#ifdef HAVE_JANSSON

static char *make_json(struct fixture *f, bool one_line)
{
	char why[256];
	struct jansson *lib = jansson_new(why, sizeof(why));
	assert_non_null(lib);
	char *record = report_json(&f->run, lib, one_line);
	assert_non_null(record);
	jansson_free(lib);
	return record;
}

/* Fail unless the record has each of EXPECTED (NULL-terminated) in it. */
static void check_json(struct fixture *f, const char *const *expected)
{
	char *record = make_json(f, true);
	for (; *expected; expected++)
		if (!strstr(record, *expected))
			fail_msg("%s is not in\n%s", *expected, record);
	free(record);
}

static void json_has_every_key_in_order(void **state)
{
	static const char expected[] =
		"schema cordon_version run_id parent_run_id title tags host kernel command cwd pid "
		"started_at ended_at status reason exit_code signal core_dumped error wall_seconds "
		"cpu memory io faults context_switches processes streams log kill tree_at_kill "
		"leftovers leftovers_total cgroup limits sandbox sources ";
	char *record = make_json(*state, false);
	char keys[1024] = "";

	for (const char *at = record; (at = strstr(at, "\n  \"")); at++) {
		size_t length = strcspn(at + 4, "\"");
		assert_true(strlen(keys) + length + 2 < sizeof(keys));
		strcat(strncat(keys, at + 4, length), " ");
	}
	assert_string_equal(keys, expected);
	assert_string_equal(record + strlen(record) - 3, "\n}\n");
	free(record);
}

static void jsonl_is_one_line(void **state)
{
	char *record = make_json(*state, true);
	assert_ptr_equal(strchr(record, '\n'), record + strlen(record) - 1);
	free(record);
}

static void json_tells_a_good_run(void **state)
{
	static const char *const expected[] = {
		"{\"schema\":\"cordon.report/1\",\"cordon_version\":\"",
		"\"run_id\":\"an-id\",\"parent_run_id\":null,\"title\":null,\"tags\":{},",
		"\"command\":[\"make\",\"test\"],",
		"\"pid\":4711,",
		"\"status\":0,\"reason\":\"exited\",\"exit_code\":0,\"signal\":null,"
		"\"core_dumped\":false,\"error\":null,\"wall_seconds\":12.4,"
		"\"cpu\":{\"user_seconds\":40.0,\"system_seconds\":1.123456,\"percent\":331.6},"
		"\"memory\":{\"peak_process_bytes\":432013312,\"peak_tree_bytes\":null},",
		"\"kill\":null,\"tree_at_kill\":[],\"leftovers\":[],\"leftovers_total\":0,",
		"\"limits\":{\"timeout_seconds\":null,\"cpu_time_seconds\":null,"
		"\"idle_timeout_seconds\":null,\"output_bytes\":null,\"output_lines\":null,"
		"\"ladder\":[{\"signal\":\"TERM\",\"target\":"
		"\"tree\",\"wait_seconds\":10.0},{\"signal\":\"KILL\",\"target\":\"tree\","
		"\"wait_seconds\":null}],\"drain_seconds\":1.0,\"rlimits\":{},\"nice\":null,"
		"\"oom_score_adj\":null,\"umask\":null,\"cores\":null,\"cgroup\":{},"
		"\"not_enforced\":[]},"
		"\"sandbox\":{\"chroot\":null,\"user\":null,\"profile\":null,\"namespaces\":[],"
		"\"private_tmp\":false,\"hidden\":[],\"cap_drop\":null,\"cap_keep\":null,"
		"\"no_new_privs\":false,\"seccomp\":null,"
		"\"descriptors\":{\"closed\":false,\"kept\":[]},\"landlock\":null,\"lacking\":[],"
		"\"explanation\":null,\"observed\":null},",
		NULL
	};
	unsetenv("CORDON_RUN_ID");
	check_json(*state, expected);
}

static void json_has_the_time_with_its_zone(void **state)
{
	static const char *const expected[] = {
		"\"started_at\":\"2020-02-29T01:02:03.000004-03:30\","
		"\"ended_at\":\"2020-07-01T02:02:03.999999-02:30\"",
		NULL
	};
	struct fixture *f = *state;
	const char *zone = getenv("TZ");
	char *kept = zone ? strdup(zone) : NULL;

	setenv("TZ", "NST3:30NDT,M3.2.0,M11.1.0", 1);
	tzset();
	f->run.outcome.started_at = (struct timespec){ 1582950723, 4999 };
	f->run.outcome.ended_at = (struct timespec){ 1593577923, 999999999 };
	check_json(f, expected);
	kept ? setenv("TZ", kept, 1) : unsetenv("TZ");
	tzset();
	free(kept);
}

static void json_tells_a_run_that_was_not_started(void **state)
{
	static const char *const expected[] = {
		"\"pid\":null,",
		"\"status\":125,\"reason\":\"not-started\",\"exit_code\":null,\"signal\":null,"
		"\"core_dumped\":false,\"error\":{\"step\":\"chdir\",\"option\":\"--chdir=/x\","
		"\"errno\":2,\"text\":\"cannot enter: No such file or directory\"},",
		"\"stdin\":{\"mode\":null,\"bytes\":null,",
		"\"memory.peak_tree_bytes\":\"not started\",", NULL
	};
	fail_to_start(*state);
	check_json(*state, expected);
}

static void json_tells_a_run_that_was_killed(void **state)
{
	static const char *const expected[] = {
		"\"status\":137,\"reason\":\"timeout\",\"exit_code\":null,\"signal\":\"KILL\",",
		"\"kill\":{\"reason\":\"timeout\",\"trigger\":null,\"steps\":[{\"signal\":\"TERM\","
		"\"target\":\"tree\",\"at_seconds\":0.5,\"processes\":3},{\"signal\":\"KILL\","
		"\"target\":\"tree\",\"at_seconds\":1.500001,\"processes\":1}],"
		"\"ended_by\":\"KILL\"},\"tree_at_kill\":[{\"pid\":78,"
		"\"ppid\":4711,\"state\":\"D\",\"command\":\"dd a\\\\xff\",\"cpu_seconds\":0.25,"
		"\"rss_bytes\":4096,\"wchan\":\"wait_on_page\",\"age_seconds\":1.5},{\"pid\":79,"
		"\"ppid\":1,\"state\":\"R\",\"command\":\"yes\",\"cpu_seconds\":0.0,"
		"\"rss_bytes\":0,\"wchan\":null,\"age_seconds\":0.0}],"
		"\"leftovers\":[{\"pid\":77,\"command\":\"daemon\",\"action\":\"killed\"}],"
		"\"leftovers_total\":1,",
		"\"tree_at_kill\":\"/proc\"", NULL
	};
	struct snapshot_entry entries[] = {
		{ 78, 4711, 'D', "dd a\xff", 250000, 4096, 1500000, "wait_on_page" },
		{ 79, 1, 'R', "yes", 0, 0, 0, "" },
	};
	struct fixture *f = *state;
	struct outcome *outcome = &f->run.outcome;

	f->run.snapshot = (struct snapshot){ entries, 2, 2 };
	outcome->reason = REASON_TIMEOUT;
	outcome->wait_status = DIED(SIGKILL);
	outcome->kill = (struct kill_record){
		.started = true,
		.reason = REASON_TIMEOUT,
		.count = 2,
		.step = { { SIGTERM, TARGET_TREE, NS_PER_S / 2, 3 },
			  { SIGKILL, TARGET_TREE, 1500001 * NS_PER_US, 1 } },
		.ended_by = SIGKILL,
		.kill_sent = true,
	};
	outcome->leftover_count = 1;
	outcome->leftovers[0] = (struct leftover){ 77, "daemon", LEFTOVER_KILLED };
	check_json(f, expected);
}

static void json_tells_which_limit_was_hit(void **state)
{
	static const struct {
		enum reason reason;
		const char *expected[3];
	} rows[] = {
		{ REASON_CPU_TIME,
		  { "\"reason\":\"cpu-time\"", "\"kill\":{\"reason\":\"cpu-time\"" } },
		{ REASON_IDLE_TIMEOUT,
		  { "\"reason\":\"idle-timeout\"", "\"kill\":{\"reason\":\"idle-timeout\"" } },
		{ REASON_INTERRUPTED,
		  { "\"reason\":\"interrupted\"", "\"kill\":{\"reason\":\"interrupted\"" } },
		{ REASON_EXITED,
		  { "\"reason\":\"exited\"", "\"kill\":{\"reason\":\"leftovers\"" } },
		{ REASON_OOM, { "\"reason\":\"oom\"" } },
		{ REASON_PIDS_LIMIT, { "\"reason\":\"pids-limit\"" } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		f->run.outcome.reason = f->run.outcome.kill.reason = rows[i].reason;
		f->run.outcome.kill.count = 1;
		f->run.outcome.kill.step[0] = (struct kill_step){ SIGTERM, TARGET_TREE, 0, 1 };
		check_json(f, rows[i].expected);
	}
}

static void json_has_what_the_cgroup_knows(void **state)
{
	static const char *const expected[] = {
		"\"user_seconds\":50.0,\"system_seconds\":2.0,",
		"\"peak_tree_bytes\":4096}",
		"\"peak\":17}",
		"\"cgroup\":{\"requested\":\"a/b\",\"base\":\"/sys/fs/"
		"cgroup\",\"base_kind\":\"mount\","
		"\"path\":\"/sys/fs/cgroup/a/b\",\"created\":true,\"error\":null,"
		"\"tried\":[],\"controllers\":[\"memory\",\"pids\"],\"pressure\":{\"cpu\":{\"some_"
		"seconds\":1.5,"
		"\"full_seconds\":null},\"memory\":null,\"io\":null}}",
		"\"cpu\":\"cgroup cpu.stat\"",
		"\"memory.peak_tree_bytes\":\"cgroup memory.peak\"",
		"\"io.bytes\":\"the cgroup has no io.stat\"",
		NULL
	};
	struct fixture *f = *state;
	struct cgroup *cgroup = &f->run.cgroup;

	f->spec.cgroup = CGROUP_NAMED;
	f->spec.cgroup_name = "a/b";
	cgroup->created = true;
	cgroup->base_kind = "mount";
	cgroup->base = "/sys/fs/cgroup";
	cgroup->path = (char[]){ "/sys/fs/cgroup/a/b" };
	strcpy(cgroup->controllers, "memory pids");
	f->run.usage.cgroup_user_us = 50000000;
	f->run.usage.cgroup_system_us = 2000000;
	f->run.usage.memory_peak_bytes = 4096;
	f->run.usage.pids_peak = 17;
	f->run.usage.cpu_pressure.some_us = 1500000;
	check_json(f, expected);
}

static void json_says_why_there_is_no_cgroup(void **state)
{
	static const char *const failed[] = {
		"\"path\":null,\"created\":false,\"error\":\"cannot create its directory: "
		"Permission denied\",\"tried\":[{\"kind\":\"prepared\",\"error\":\"there is "
		"none\"},"
		"{\"kind\":\"own\",\"error\":\"cannot create its directory: Permission "
		"denied\"}],\"controllers\":[],",
		"\"memory.peak_tree_bytes\":\"no cgroup: cannot create its directory\"", NULL
	};
	static const char *const unwanted[] = {
		"\"requested\":\"none\",", "\"memory.peak_tree_bytes\":\"no cgroup: not wanted\"",
		NULL
	};
	struct fixture *f = *state;

	f->run.cgroup.what = "cannot create its directory";
	f->run.cgroup.err = EACCES;
	f->run.cgroup.tried[0] =
		(struct cgroup_attempt){ .kind = "prepared", .what = "there is none" };
	f->run.cgroup.tried[1] = (struct cgroup_attempt){ .kind = "own",
							  .what = "cannot create its directory",
							  .err = EACCES };
	f->run.cgroup.tried_count = 2;
	check_json(f, failed);
	f->run.cgroup = (struct cgroup){ 0 };
	cgroup_init(&f->run.cgroup);
	f->spec.cgroup = CGROUP_NONE;
	check_json(f, unwanted);
}

static void json_has_the_limits_in_force(void **state)
{
	static const char *const expected[] = {
		"\"timeout_seconds\":1e-6,\"cpu_time_seconds\":60.0,\"idle_timeout_seconds\":0.5,",
		"\"drain_seconds\":null,\"rlimits\":{\"core\":{\"soft\":0,\"hard\":null}},"
		"\"nice\":-5,\"oom_score_adj\":0,\"umask\":\"0027\",\"cores\":\"0,2-3\","
		"\"cgroup\":{\"memory.max\":\"1048576\"},\"not_enforced\":[\"--pids=9\"]},",
		"\"sandbox\":{\"chroot\":\"/root\",\"user\":{\"uid\":65534,\"gid\":65534,"
		"\"groups\":[4,20]},",
		"\"cwd\":\"/src/a\",", NULL
	};
	static gid_t groups[] = { 4, 20 };
	struct tree_limit tree_limits[] = { { "memory.max", "1048576", "--memory=1M" },
					    { "pids.max", "9", "--pids=9" } };
	struct fixture *f = *state;

	f->spec.tree_limits = tree_limits;
	f->spec.tree_limit_count = ARRAY_LENGTH(tree_limits);
	f->run.cgroup.unenforced = 2;
	f->spec.timeout_ns = NS_PER_US;
	f->spec.cpu_time_ns = 60 * NS_PER_S;
	f->spec.idle_timeout_ns = NS_PER_S / 2;
	f->spec.drain_ns = NS_NEVER;
	f->spec.limits.set = 1u << RLIMIT_CORE;
	f->spec.limits.value[RLIMIT_CORE] = (struct rlimit){ 0, RLIM_INFINITY };
	f->spec.nice = -5;
	f->spec.set_nice = f->spec.set_oom_score_adj = f->spec.set_umask = true;
	f->spec.umask = 027;
	f->spec.cores_text = "0,2-3";
	f->spec.chroot = "/root";
	f->spec.chdir = "src/a";
	f->spec.privs = (struct privs){ .set = true,
					.uid = 65534,
					.gid = 65534,
					.set_groups = true,
					.groups = groups,
					.group_count = 2 };
	check_json(f, expected);
}

static void put_tail(struct stream *stream, const char *text)
{
	stream->mode = STREAM_RELAYED;
	stream->relayed = true;
	stream->counted = true;
	stream->tail.ring = malloc(TAIL_BYTES);
	stream->tail.total = strlen(text);
	memcpy(stream->tail.ring, text, strlen(text));
}

static void json_has_the_last_lines(void **state)
{
	static const char *const expected[] = {
		"\"stdin\":{\"mode\":\"relay\",\"bytes\":0,\"lines\":0,\"undelivered\":0,"
		"\"error\":null,\"tail\":[],\"held_by\":[]},",
		"\"tail\":[\"two\",\"\",\"4 \\\\xff\\u001B\"],", "\"tail\":[\"no end\"],", NULL
	};
	static const char *const none[] = { "\"tail\":[],\"held_by\":[]}}", NULL };
	struct fixture *f = *state;

	f->spec.tail_lines = 3;
	put_tail(&f->run.relay.stream[STREAM_IN], "secret\n");
	put_tail(&f->run.relay.stream[STREAM_OUT], "one\ntwo\n\n4 \xff\x1b\n");
	put_tail(&f->run.relay.stream[STREAM_ERR], "no end");
	check_json(f, expected);
	f->spec.tail_lines = 0;
	check_json(f, none);
}

static void json_has_any_bytes_anywhere(void **state)
{
	static const char *const expected[] = {
		"\"parent_run_id\":\"p\\\\xff\",\"title\":\"t\\\\xff\",\"tags\":{\"k\\\\xff\":"
		"\"v\\\\xff\"},",
		"\"command\":[\"C:\\\\dir\",\"a\\\\xffb\\n\"],", NULL
	};
	struct fixture *f = *state;
	struct tag tags[] = { { "k\xff=v\xff", 2, "first" }, { "k\xff=v\xff", 2, "v\xff" } };

	setenv("CORDON_RUN_ID", "p\xff", 1);
	f->spec.title = "t\xff";
	f->spec.tags = tags;
	f->spec.tag_count = ARRAY_LENGTH(tags);
	drop_arguments(f);
	put_arguments(f, "C:\\dir",
		      "a\xff"
		      "b\n");
	check_json(f, expected);
	unsetenv("CORDON_RUN_ID");
}

static void no_report_has_the_environment(void **state)
{
	struct fixture *f = *state;
	char *values[] = { strdup("PASSWORD=hunter2"), NULL };

	f->spec.env = (struct env){ .values = values, .count = 1 };
	char *record = make_json(f, true);
	assert_null(strstr(record, "hunter2"));
	free(record);
	record = report_human(&f->run, true);
	assert_null(strstr(record, "hunter2"));
	free(record);
	free(values[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_has_every_key_in_order),
		TEST(jsonl_is_one_line),
		TEST(json_tells_a_good_run),
		TEST(json_has_the_time_with_its_zone),
		TEST(json_tells_a_run_that_was_not_started),
		TEST(json_tells_a_run_that_was_killed),
		TEST(json_tells_which_limit_was_hit),
		TEST(json_has_what_the_cgroup_knows),
		TEST(json_says_why_there_is_no_cgroup),
		TEST(json_has_the_limits_in_force),
		TEST(json_has_the_last_lines),
		TEST(json_has_any_bytes_anywhere),
		TEST(no_report_has_the_environment),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

#else

/* Without libjansson there is no such report, and somebody has to say so. */
static void json_needs_libjansson(void **state)
{
	char why[64];
	(void)state;
	assert_null(jansson_new(why, sizeof(why)));
	assert_string_equal(why, "this cordon was built without libjansson");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_needs_libjansson),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

#endif
