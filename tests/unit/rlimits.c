/* SPDX-License-Identifier: MIT */
/*
 * Resource limits: their text, and that they arrive.
 */
#include "rlimits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define UNLIMITED RLIM_INFINITY

static void rlimits_have_a_soft_and_a_hard_value(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int resource;
		rlim_t soft, hard;
	} rows[] = {
		{"as=1", RLIMIT_AS, 1, 1},
		{"core=0", RLIMIT_CORE, 0, 0},
		{"cpu=60:90", RLIMIT_CPU, 60, 90},
		{"data=1M", RLIMIT_DATA, 1048576, 1048576},
		{"fsize=1.5K:2KB", RLIMIT_FSIZE, 1536, 2000},
		{"locks=5", RLIMIT_LOCKS, 5, 5},
		{"memlock=64KiB", RLIMIT_MEMLOCK, 65536, 65536},
		{"msgqueue=1:2", RLIMIT_MSGQUEUE, 1, 2},
		{"nice=40", RLIMIT_NICE, 40, 40},
		{"nofile=1024:unlimited", RLIMIT_NOFILE, 1024, UNLIMITED},
		{"nproc=unlimited", RLIMIT_NPROC, UNLIMITED, UNLIMITED},
		{"rss=infinity", RLIMIT_RSS, UNLIMITED, UNLIMITED},
		{"rtprio=0:99", RLIMIT_RTPRIO, 0, 99},
		{"rttime=1000000", RLIMIT_RTTIME, 1000000, 1000000},
		{"sigpending=7:7", RLIMIT_SIGPENDING, 7, 7},
		{"stack=8M:infinity", RLIMIT_STACK, 8388608, UNLIMITED},
		{"nproc=9223372036854775807", RLIMIT_NPROC, INT64_MAX, INT64_MAX},
		{"as=18446744073709551614", RLIMIT_AS, UNLIMITED - 1, UNLIMITED - 1},
		{"as=18446744073709551614:unlimited", RLIMIT_AS, UNLIMITED - 1, UNLIMITED},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rlimits limits = { .set = 0 };
		if (rlimits_parse(rows[i].text, &limits) < 0)
			fail_msg("'%s': errno %d", rows[i].text, errno);
		const struct rlimit *value = &limits.value[rows[i].resource];
		if (limits.set != 1u << rows[i].resource || value->rlim_cur != rows[i].soft ||
		    value->rlim_max != rows[i].hard)
			fail_msg("'%s': set %x, %llu:%llu", rows[i].text, limits.set,
				 (unsigned long long)value->rlim_cur,
				 (unsigned long long)value->rlim_max);
	}
}

static void rlimits_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"bogus=1", ENOENT},
		{"bogus=x", ENOENT},
		{"NOFILE=1", ENOENT},
		{"RLIMIT_AS=1", ENOENT},
		{"nofil=1", ENOENT},
		{"nofiles=1", ENOENT},
		{" nofile=1", ENOENT},
		{"nofile =1", ENOENT},
		{"", EINVAL},
		{"=", EINVAL},
		{"=1", EINVAL},
		{"nofile", EINVAL},
		{"bogus", EINVAL},
		{"nofile:1", EINVAL},
		{"nofile=", EINVAL},
		{"nofile=:", EINVAL},
		{"nofile=1:", EINVAL},
		{"nofile=:1", EINVAL},
		{"nofile=1:2:3", EINVAL},
		{"nofile=1=2", EINVAL},
		{"nofile= 1", EINVAL},
		{"nofile=1 ", EINVAL},
		{"nofile=-1", EINVAL},
		{"nofile=+1", EINVAL},
		{"nofile=0x10", EINVAL},
		{"nofile=1K", EINVAL},
		{"nofile=1.5", EINVAL},
		{"cpu=1m", EINVAL},
		{"as=1P", EINVAL},
		{"as=1m", EINVAL},
		{"as=Unlimited", EINVAL},
		{"as=unlimitedx", EINVAL},
		{"as=0000000000000000000000000000000000000000000000000000000000000000001", EINVAL},
		{"nofile=2:1", ERANGE},
		{"nofile=unlimited:1", ERANGE},
		{"as=1K:1KB", ERANGE},
		{"nofile=9223372036854775808", ERANGE},
		{"as=18446744073709551615", ERANGE},
		{"as=18446744073709551616", ERANGE},
		{"as=16777216T", ERANGE},
		{"as=1:16777216T", ERANGE},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rlimits limits, before;
		memset(&before, 0x5a, sizeof(before));
		limits = before;
		errno = 0;
		if (rlimits_parse(rows[i].text, &limits) != -1 || errno != rows[i].err)
			fail_msg("'%s': errno %d", rows[i].text, errno);
		assert_memory_equal(&limits, &before, sizeof(limits));
	}
}

static void rlimits_of_several_resources_come_together_and_the_last_one_wins(void **state)
{
	struct rlimits limits = { .set = 0 };
	(void)state;

	assert_int_equal(rlimits_parse("nofile=5", &limits), 0);
	assert_int_equal(rlimits_parse("core=7", &limits), 0);
	assert_int_equal(rlimits_parse("nofile=8:9", &limits), 0);
	assert_int_equal(limits.set, 1u << RLIMIT_NOFILE | 1u << RLIMIT_CORE);
	assert_true(limits.value[RLIMIT_NOFILE].rlim_cur == 8);
	assert_true(limits.value[RLIMIT_NOFILE].rlim_max == 9);
	assert_true(limits.value[RLIMIT_CORE].rlim_cur == 7);
}

static void rlimits_have_a_name_for_every_resource(void **state)
{
	(void)state;
	for (int i = 0; i < RLIMITS_COUNT; i++) {
		struct rlimits limits = { .set = 0 };
		char text[64];
		assert_non_null(rlimits_name(i));
		snprintf(text, sizeof(text), "%s=1", rlimits_name(i));
		assert_int_equal(rlimits_parse(text, &limits), 0);
		assert_int_equal(limits.set, 1u << i);
	}
	assert_string_equal(rlimits_name(RLIMIT_NOFILE), "nofile");
	assert_null(rlimits_name(-1));
	assert_null(rlimits_name(RLIMITS_COUNT));
}

/* What the child of rlimits_are_set_for_the_calling_process() exits with. */
static int apply_and_look(void)
{
	struct rlimits limits = { .set = 0 };
	struct rlimit core, pending, before, after;
	int failed = -1;

	getrlimit(RLIMIT_STACK, &before);
	rlimits_parse("core=0:0", &limits);
	rlimits_parse("sigpending=17:19", &limits);
	if (rlimits_apply(&limits, &failed) < 0)
		return 1;
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_SIGPENDING, &pending);
	getrlimit(RLIMIT_STACK, &after);
	if (core.rlim_cur != 0 || core.rlim_max != 0)
		return 2;
	if (pending.rlim_cur != 17 || pending.rlim_max != 19)
		return 3;
	return before.rlim_cur == after.rlim_cur && failed == -1 ? 0 : 4;
}

/*
 * Nobody may have more descriptors than fs.nr_open, so this fails for root too; it is of
 * a higher number than the others here.
 */
static int apply_too_much(void)
{
	struct rlimits limits = { .set = 0 };
	int failed = -1;

	rlimits_parse("core=0", &limits);
	rlimits_parse("nofile=1:unlimited", &limits);
	if (rlimits_apply(&limits, &failed) != -1 || errno != EPERM)
		return 1;
	return failed == RLIMIT_NOFILE ? 0 : 2;
}

static int status_of_child(int (*body)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void rlimits_are_set_for_the_calling_process(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(apply_and_look), 0);
}

static void rlimits_that_cannot_be_set_are_named(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(apply_too_much), 0);
}

static void rlimits_that_are_not_set_change_nothing(void **state)
{
	struct rlimits limits = { .set = 0 };
	int failed = -1;
	(void)state;

	assert_int_equal(rlimits_apply(&limits, &failed), 0);
	assert_int_equal(failed, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rlimits_have_a_soft_and_a_hard_value),
		cmocka_unit_test(rlimits_of_any_other_form_are_refused),
		cmocka_unit_test(rlimits_of_several_resources_come_together_and_the_last_one_wins),
		cmocka_unit_test(rlimits_have_a_name_for_every_resource),
		cmocka_unit_test(rlimits_are_set_for_the_calling_process),
		cmocka_unit_test(rlimits_that_cannot_be_set_are_named),
		cmocka_unit_test(rlimits_that_are_not_set_change_nothing),
	};
	return cmocka_run_group_tests_name("rlimits", tests, NULL, NULL);
}
