/* SPDX-License-Identifier: MIT */
/*
 * The list of mounts: which operations, in which order, for which options.
 */
#include "sandbox/mounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The plan in words: the kinds, and the paths of those that the options name. */
static void assert_plan(const struct spec *spec, bool may_mount, const char *expected)
{
	static const char *const names[] = {
		[MOUNT_PRIVATE] = "private", [MOUNT_ROOT] = "root", [MOUNT_PROC] = "proc",
		[MOUNT_HIDE] = "hide",       [MOUNT_TAKE] = "take", [MOUNT_TMP] = "tmp",
		[MOUNT_MAKE] = "make",       [MOUNT_GIVE] = "give", [MOUNT_ENTER] = "enter",
	};
	char text[1024] = "";
	size_t length = 0;
	struct failure failure;
	struct mounts mounts;

	mounts_init(&mounts);
	assert_int_equal(mounts_prepare(&mounts, spec, may_mount, &failure), 0);
	for (size_t i = 0; i < mounts.count; i++)
		length +=
			(size_t)snprintf(text + length, sizeof(text) - length, "%s%s:%s",
					 i ? " " : "", names[mounts.op[i].kind], mounts.op[i].path);
	assert_string_equal(text, expected);
	mounts_fini(&mounts);
}

static void nothing_is_planned_without_an_option(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec);
	assert_false(mounts_are_wanted(&spec));
	assert_plan(&spec, true, "");
	spec_fini(&spec);
}

/* Where the command is to be is no part of a plan that has nothing to do with it. */
static void a_new_root_takes_no_mounts(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec);
	spec.chroot = "/r";
	assert_false(mounts_are_wanted(&spec));
	assert_plan(&spec, true, "root:/r");
	spec.sandbox.private_tmp = true;
	assert_true(mounts_are_wanted(&spec));
	assert_plan(&spec, false, "root:/r");
	spec_fini(&spec);
}

static void everything_comes_after_the_root_and_before_the_tmp(void **state)
{
	static const char *hidden[] = { "/a", "/b" };
	struct spec spec;

	(void)state;
	assert_int_equal(chdir("/"), 0);
	spec_init(&spec);
	spec.sandbox.private_tmp = spec.sandbox.pid_ns = true;
	spec.sandbox.hide = hidden;
	spec.sandbox.hide_count = 2;
	assert_plan(&spec, true,
		    "private:/ proc:/proc hide:/a hide:/b tmp:/tmp tmp:/var/tmp tmp:/dev/shm");
	spec.chroot = "/r";
	assert_plan(&spec, true,
		    "private:/ root:/r proc:/proc hide:/a hide:/b "
		    "tmp:/tmp tmp:/var/tmp tmp:/dev/shm");
	spec.sandbox.hide = NULL;
	spec.sandbox.hide_count = 0;
	spec_fini(&spec);
}

/* With a new root by the words of the option alone, which nobody has to have. */
static void a_directory_in_tmp_is_kept(void **state)
{
	struct spec spec;

	(void)state;
	spec_init(&spec);
	spec.sandbox.private_tmp = true;
	spec.chroot = "/r";
	spec.chdir = "/tmp/a/b";
	assert_plan(&spec, true,
		    "private:/ root:/r take:/tmp/a/b tmp:/tmp tmp:/var/tmp tmp:/dev/shm "
		    "give:/tmp/a/b");
	spec.chdir = "var/tmp/c";
	assert_plan(&spec, true,
		    "private:/ root:/r take:/var/tmp/c tmp:/tmp tmp:/var/tmp tmp:/dev/shm "
		    "give:/var/tmp/c");
	spec.chdir = "/tmpfiles";
	assert_plan(&spec, true, "private:/ root:/r tmp:/tmp tmp:/var/tmp tmp:/dev/shm");
	spec.chdir = "/tmp";
	assert_plan(&spec, true, "private:/ root:/r tmp:/tmp tmp:/var/tmp tmp:/dev/shm");
	spec.chdir = "/tmp/../etc";
	assert_plan(&spec, true, "private:/ root:/r tmp:/tmp tmp:/var/tmp tmp:/dev/shm");
	spec_fini(&spec);
}

static void the_directory_that_is_there_is_entered_again(void **state)
{
	char directory[] = "/tmp/cordon-unit-mounts.XXXXXX", expected[512];
	struct spec spec;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	spec_init(&spec);
	spec.sandbox.private_tmp = true;
	snprintf(expected, sizeof(expected),
		 "private:/ take:. tmp:/tmp tmp:/var/tmp tmp:/dev/shm give:%s enter:%s", directory,
		 directory);
	assert_plan(&spec, true, expected);
	spec.chdir = "/";
	assert_plan(&spec, true, "private:/ tmp:/tmp tmp:/var/tmp tmp:/dev/shm");
	spec.chdir = NULL;
	assert_int_equal(chdir("/tmp"), 0);
	assert_plan(&spec, true, "private:/ tmp:/tmp tmp:/var/tmp tmp:/dev/shm enter:/tmp");
	spec_fini(&spec);
	rmdir(directory);
}

static void what_is_below_a_new_tmp_is_covered(void **state)
{
	struct spec spec;
	struct failure failure;
	struct mounts mounts;

	(void)state;
	assert_int_equal(chdir("/"), 0);
	spec_init(&spec);
	mounts_init(&mounts);
	assert_false(mounts_cover(&mounts, "/tmp/x"));
	spec.sandbox.private_tmp = true;
	assert_int_equal(mounts_prepare(&mounts, &spec, true, &failure), 0);
	assert_true(mounts_cover(&mounts, "/tmp/x"));
	assert_true(mounts_cover(&mounts, "/var/tmp/x/y"));
	assert_false(mounts_cover(&mounts, "/tmpx"));
	assert_false(mounts_cover(&mounts, "tmp/x"));
	assert_false(mounts_cover(&mounts, "/usr/bin/x"));
	mounts_fini(&mounts);
	spec_fini(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_planned_without_an_option),
		cmocka_unit_test(a_new_root_takes_no_mounts),
		cmocka_unit_test(everything_comes_after_the_root_and_before_the_tmp),
		cmocka_unit_test(a_directory_in_tmp_is_kept),
		cmocka_unit_test(the_directory_that_is_there_is_entered_again),
		cmocka_unit_test(what_is_below_a_new_tmp_is_covered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
