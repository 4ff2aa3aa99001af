/* SPDX-License-Identifier: MIT */
/*
 * What a run cost: the sums over all who were reaped, and what the kernel keeps for a cgroup, in a
 * directory that looks like one.
 */
#include "account.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void processes_are_added_up(void **state)
{
	static const struct rusage processes[] = {
		{ { 1, 900000 },
		  { 0, 20 },
		  .ru_maxrss = 10,
		  .ru_minflt = 1,
		  .ru_majflt = 2,
		  .ru_nvcsw = 3,
		  .ru_nivcsw = 4,
		  .ru_inblock = 5,
		  .ru_oublock = 6 },
		{ { 2, 200000 },
		  { 3, 1 },
		  .ru_maxrss = 70,
		  .ru_minflt = 10,
		  .ru_majflt = 20,
		  .ru_nvcsw = 30,
		  .ru_nivcsw = 40,
		  .ru_inblock = 50,
		  .ru_oublock = 60 },
		{ .ru_maxrss = 30 },
	};
	struct usage usage;

	(void)state;
	usage_init(&usage);
	for (size_t i = 0; i < ARRAY_LENGTH(processes); i++)
		usage_add(&usage, &processes[i]);
	assert_int_equal(usage.reaped, 3);
	assert_int_equal(usage_user_us(&usage), 4100000);
	assert_int_equal(usage_system_us(&usage), 3000021);
	assert_int_equal(usage.max_rss_bytes, 70 * 1024);
	assert_int_equal(usage.minor_faults, 11);
	assert_int_equal(usage.major_faults, 22);
	assert_int_equal(usage.voluntary_switches, 33);
	assert_int_equal(usage.involuntary_switches, 44);
	assert_int_equal(usage.block_in, 55);
	assert_int_equal(usage.block_out, 66);
}

/* ---- a cgroup ---- */

struct fixture {
	char path[64];
	struct cgroup cgroup;
	struct usage usage;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	strcpy(f->path, "/tmp/cordon-account-XXXXXX");
	cgroup_init(&f->cgroup);
	usage_init(&f->usage);
	if (!mkdtemp(f->path))
		return -1;
	f->cgroup.fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return f->cgroup.fd < 0 ? -1 : 0;
}

static const struct {
	const char *name, *text;
} files[] = {
	{ "cgroup.controllers", "cpu io memory pids\n" },
	{ "cpu.stat", "usage_usec 33\nuser_usec 11\nsystem_usec 22\nnr_periods 9\n" },
	{ "cgroup.procs", "12\n345\n6789\n" },
	{ "memory.current", "2048\n" },
	{ "memory.peak", "4096\n" },
	{ "pids.peak", "7\n" },
	{ "memory.events", "low 0\noom 5\noom_kill 3\noom_group_kill 6\n" },
	{ "pids.events", "max 8\n" },
	{ "io.stat", "8:0 rbytes=100 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n"
		     "8:16 rbytes=5 wbytes=6 rios=1 wios=2 dbytes=0 dios=0\n" },
	{ "cpu.pressure", "some avg10=1.00 avg60=0.00 avg300=0.00 total=41\n"
			  "full avg10=2.00 avg60=0.00 avg300=0.00 total=42\n" },
	{ "memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=43\n"
			     "full avg10=0.00 avg60=0.00 avg300=0.00 total=44\n" },
	{ "io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=45\n"
			 "full avg10=0.00 avg60=0.00 avg300=0.00 total=46\n" },
};

static int tear_down(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		unlinkat(f->cgroup.fd, files[i].name, 0);
	close(f->cgroup.fd);
	rmdir(f->path);
	free(f);
	return 0;
}

static void fill(const struct fixture *f)
{
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		int fd = openat(f->cgroup.fd, files[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		dprintf(fd, "%s", files[i].text);
		close(fd);
	}
}

static void a_cgroup_s_counters_are_read(void **state)
{
	struct fixture *f = *state;
	const struct usage *usage = &f->usage;

	fill(f);
	cgroup_read(&f->cgroup, &f->usage);
	assert_string_equal(f->cgroup.controllers, "cpu io memory pids");
	assert_int_equal(usage_user_us(usage), 11);
	assert_int_equal(usage_system_us(usage), 22);
	assert_int_equal(cgroup_cpu_us(&f->cgroup), 33);
	assert_int_equal(cgroup_count(&f->cgroup), 3);
	assert_int_equal(cgroup_memory_bytes(&f->cgroup), 2048);
	assert_int_equal(usage->memory_peak_bytes, 4096);
	assert_int_equal(usage->pids_peak, 7);
	assert_int_equal(usage->oom_kills, 3);
	assert_int_equal(usage->forks_denied, 8);
	assert_int_equal(usage->io_read_bytes, 105);
	assert_int_equal(usage->io_written_bytes, 26);
	assert_int_equal(usage->cpu_pressure.some_us, 41);
	assert_int_equal(usage->cpu_pressure.full_us, 42);
	assert_int_equal(usage->memory_pressure.some_us, 43);
	assert_int_equal(usage->memory_pressure.full_us, 44);
	assert_int_equal(usage->io_pressure.some_us, 45);
	assert_int_equal(usage->io_pressure.full_us, 46);
}

/* An old kernel, or one without the controller. */
static void what_a_cgroup_does_not_count_is_unknown(void **state)
{
	struct fixture *f = *state;
	const struct usage *usage = &f->usage;
	const struct rusage process = { { 1, 0 }, { 2, 0 }, .ru_maxrss = 1 };

	usage_add(&f->usage, &process);
	cgroup_read(&f->cgroup, &f->usage);
	assert_string_equal(f->cgroup.controllers, "");
	assert_int_equal(cgroup_count(&f->cgroup), -1);
	assert_int_equal(cgroup_cpu_us(&f->cgroup), USAGE_UNKNOWN);
	assert_int_equal(cgroup_memory_bytes(&f->cgroup), USAGE_UNKNOWN);
	assert_int_equal(usage_user_us(usage), 1000000);
	assert_int_equal(usage_system_us(usage), 2000000);
	assert_int_equal(usage->memory_peak_bytes, USAGE_UNKNOWN);
	assert_int_equal(usage->pids_peak, USAGE_UNKNOWN);
	assert_int_equal(usage->oom_kills, USAGE_UNKNOWN);
	assert_int_equal(usage->forks_denied, USAGE_UNKNOWN);
	assert_int_equal(usage->io_read_bytes, USAGE_UNKNOWN);
	assert_int_equal(usage->io_written_bytes, USAGE_UNKNOWN);
	assert_int_equal(usage->cpu_pressure.some_us, USAGE_UNKNOWN);
	assert_int_equal(usage->io_pressure.full_us, USAGE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_are_added_up),
		cmocka_unit_test_setup_teardown(a_cgroup_s_counters_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_cgroup_does_not_count_is_unknown, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
