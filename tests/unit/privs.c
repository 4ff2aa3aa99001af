/* SPDX-License-Identifier: MIT */
/*
 * As whom the command runs: users and groups by name and number, held against the user
 * database of this host, and that the change is complete.
 */
#include "privs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define GROUPS_MAX 1024

/* A number that no user of this host has. */
static uid_t find_free_uid(void)
{
	uid_t uid = UINT32_MAX - 1;

	while (getpwuid(uid))
		uid--;
	return uid;
}

/* Fail unless TEXT gives UID, GID and the groups that the database has for NAME. */
static void check_user(const char *text, const char *name, uid_t uid, gid_t gid)
{
	struct privs privs = { .set = false };
	const char *unknown = "untouched";
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (privs_parse_user(text, &privs, &unknown) < 0)
		fail_msg("'%s': errno %d, unknown %s", text, errno, unknown);
	if (!privs.set || privs.uid != uid || privs.gid != gid)
		fail_msg("'%s': %u:%u", text, privs.uid, privs.gid);
	assert_true(getgrouplist(name, gid, groups, &count) >= 0);
	if (!privs.set_groups || privs.group_count != (size_t)count)
		fail_msg("'%s': %zu groups", text, privs.group_count);
	assert_memory_equal(privs.groups, groups, (size_t)count * sizeof(*groups));
	assert_string_equal(unknown, "untouched");
	privs_fini(&privs);
}

static void users_of_the_database_have_its_groups(void **state)
{
	struct {
		char name[64];
		uid_t uid;
		gid_t gid;
	} users[32];
	size_t count = 0;
	struct passwd *entry;
	(void)state;

	setpwent();
	while (count < ARRAY_LENGTH(users) && (entry = getpwent())) {
		snprintf(users[count].name, sizeof(users[count].name), "%s", entry->pw_name);
		users[count].uid = entry->pw_uid;
		users[count++].gid = entry->pw_gid;
	}
	endpwent();
	assert_true(count > 0);

	for (size_t i = 0; i < count; i++) {
		char text[128];
		check_user(users[i].name, users[i].name, users[i].uid, users[i].gid);
		snprintf(text, sizeof(text), "%.64s:+7", users[i].name);
		check_user(text, users[i].name, users[i].uid, 7);
		snprintf(text, sizeof(text), "%.64s:3000000000", users[i].name);
		check_user(text, users[i].name, users[i].uid, 3000000000);
	}
}

static void users_may_be_numbers(void **state)
{
	char name[64];
	(void)state;

	struct passwd *entry = getpwuid(0);
	assert_non_null(entry);
	gid_t gid = entry->pw_gid;
	snprintf(name, sizeof(name), "%s", entry->pw_name);

	check_user("0", name, 0, gid);
	check_user("000", name, 0, gid);
	check_user("+0", name, 0, gid);
	check_user("+0:+5", name, 0, 5);
	check_user("0:5", name, 0, 5);
}

static void groups_may_be_names(void **state)
{
	struct passwd *user = getpwuid(0);
	struct group *group = getgrgid(0);
	char text[128];
	(void)state;

	assert_non_null(user);
	assert_non_null(group);
	snprintf(text, sizeof(text), "%s:%s", user->pw_name, group->gr_name);
	check_user(text, user->pw_name, 0, 0);
}

static void users_without_an_entry_need_a_group_and_have_no_others(void **state)
{
	struct privs privs = { .set = false };
	const char *unknown = NULL;
	uid_t uid = find_free_uid();
	char text[64];
	(void)state;

	snprintf(text, sizeof(text), "+%u", uid);
	assert_int_equal(privs_parse_user(text, &privs, &unknown), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(unknown, "group");
	assert_false(privs.set);

	for (int plus = 0; plus < 2; plus++) {
		snprintf(text, sizeof(text), "%s%u:+%u", plus ? "+" : "", uid, UINT32_MAX - 1);
		assert_int_equal(privs_parse_user(text, &privs, &unknown), 0);
		assert_true(privs.set && privs.set_groups);
		assert_int_equal(privs.uid, uid);
		assert_int_equal(privs.gid, UINT32_MAX - 1);
		assert_int_equal(privs.group_count, 0);
	}
	privs_fini(&privs);
}

/* A PRIVS that a failure must leave as it is. */
static struct privs make_privs(void)
{
	struct privs privs = { .set = true, .uid = 11, .gid = 22, .set_groups = true };

	privs.groups = malloc(sizeof(*privs.groups));
	assert_non_null(privs.groups);
	privs.groups[0] = 33;
	privs.group_count = 1;
	return privs;
}

/* Fail unless PARSE refuses TEXT so; UNKNOWN is NULL where the name is not the matter. */
static void check_refused(int (*parse)(const char *, struct privs *, const char **),
			  const char *text, int err, const char *unknown)
{
	struct privs privs = make_privs();
	const char *got = NULL;

	errno = 0;
	if (parse(text, &privs, &got) != -1 || errno != err)
		fail_msg("'%s': errno %d", text, errno);
	if (!got != !unknown || (got && strcmp(got, unknown) != 0))
		fail_msg("'%s': unknown %s", text, got ? got : "nothing");
	assert_true(privs.set && privs.set_groups && privs.uid == 11 && privs.gid == 22);
	assert_true(privs.group_count == 1 && privs.groups[0] == 33);
	privs_fini(&privs);
}

static void users_that_do_not_exist_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
		const char *unknown;
	} rows[] = {
		{"", EINVAL, NULL},
		{":", EINVAL, NULL},
		{":0", EINVAL, NULL},
		{"0:", EINVAL, NULL},
		{"+0:", EINVAL, NULL},
		{"+", EINVAL, NULL},
		{"+x", EINVAL, NULL},
		{"++0", EINVAL, NULL},
		{"+-1", EINVAL, NULL},
		{"+ 0", EINVAL, NULL},
		{"+0 ", EINVAL, NULL},
		{"+0x0", EINVAL, NULL},
		{"+4294967295", EINVAL, NULL},
		{"+4294967296", EINVAL, NULL},
		{"4294967295:+0", EINVAL, NULL},
		{"99999999999999999999999999:+0", EINVAL, NULL},
		{"+0:+", EINVAL, NULL},
		{"+0:+x", EINVAL, NULL},
		{"+0:+4294967295", EINVAL, NULL},
		{"+0:4294967296", EINVAL, NULL},
		{"no such user", ENOENT, "user"},
		{"no such user:+0", ENOENT, "user"},
		{"no such user:no such group", ENOENT, "user"},
		{"-1", ENOENT, "user"},
		{"0x0", ENOENT, "user"},
		{"0 ", ENOENT, "user"},
		{" 0", ENOENT, "user"},
		{"1.0", ENOENT, "user"},
		{"+0:no such group", ENOENT, "group"},
		{"+0:-1", ENOENT, "group"},
		{"+0:0x0", ENOENT, "group"},
		{"+0:0:0", ENOENT, "group"},
		{"+0: 0", ENOENT, "group"},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_refused(privs_parse_user, rows[i].text, rows[i].err, rows[i].unknown);
}

static void groups_are_a_list_that_overrides_the_users(void **state)
{
	struct group *group = getgrgid(0);
	struct privs privs = make_privs();
	const char *unknown = NULL;
	char text[128];
	(void)state;

	assert_non_null(group);
	snprintf(text, sizeof(text), "+7,%s,4000000000,+7,0", group->gr_name);
	assert_int_equal(privs_parse_groups(text, &privs, &unknown), 0);
	static const gid_t expected[] = { 7, 0, 4000000000, 7, 0 };
	assert_int_equal(privs.group_count, ARRAY_LENGTH(expected));
	assert_memory_equal(privs.groups, expected, sizeof(expected));
	assert_true(privs.set && privs.set_groups && privs.uid == 11 && privs.gid == 22);

	assert_int_equal(privs_parse_groups("+1", &privs, &unknown), 0);
	assert_int_equal(privs.group_count, 1);
	assert_int_equal(privs.groups[0], 1);
	assert_null(unknown);
	privs_fini(&privs);
}

static void groups_are_cleared_by_an_empty_list(void **state)
{
	struct privs privs = make_privs();
	const char *unknown = NULL;
	(void)state;

	assert_int_equal(privs_parse_groups("", &privs, &unknown), 0);
	assert_true(privs.set_groups);
	assert_int_equal(privs.group_count, 0);
	assert_null(unknown);
	privs_fini(&privs);
	assert_false(privs.set || privs.set_groups);

	assert_int_equal(privs_parse_groups("", &privs, &unknown), 0);
	assert_true(privs.set_groups);
	assert_false(privs.set);
	privs_fini(&privs);
}

static void groups_that_do_not_exist_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
		const char *unknown;
	} rows[] = {
		{",", EINVAL, NULL},
		{"0,", EINVAL, NULL},
		{",0", EINVAL, NULL},
		{"0,,1", EINVAL, NULL},
		{"+", EINVAL, NULL},
		{"+1,+x", EINVAL, NULL},
		{"+-1", EINVAL, NULL},
		{"+4294967295", EINVAL, NULL},
		{"4294967295", EINVAL, NULL},
		{"99999999999999999999999", EINVAL, NULL},
		{"no such group", ENOENT, "group"},
		{"0,no such group,1", ENOENT, "group"},
		{"0, 1", ENOENT, "group"},
		{" 0", ENOENT, "group"},
		{"-1", ENOENT, "group"},
		{"0:1", ENOENT, "group"},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_refused(privs_parse_groups, rows[i].text, rows[i].err, rows[i].unknown);
}

/* What a child that runs BODY exits with. */
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

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("changing identity needs root\n");
		skip();
	}
}

/* The process is UID and GID in every respect, and has COUNT groups, GROUPS in any order. */
static bool identity_is(uid_t uid, gid_t gid, const gid_t *groups, size_t count)
{
	uid_t u[3];
	gid_t g[3], have[GROUPS_MAX];

	if (getresuid(&u[0], &u[1], &u[2]) < 0 || getresgid(&g[0], &g[1], &g[2]) < 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (u[i] != uid || g[i] != gid)
			return false;
	}
	if (getgroups(GROUPS_MAX, have) != (int)count)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t j = 0;
		while (j < count && have[j] != groups[i])
			j++;
		if (j == count)
			return false;
	}
	return true;
}

static int become_another_user(void)
{
	gid_t groups[] = { 30, 10, 20, 10 };
	struct privs privs = {
		.set = true,
		.uid = 4000000001,
		.gid = 4000000002,
		.set_groups = true,
		.groups = groups,
		.group_count = ARRAY_LENGTH(groups),
	};
	enum privs_step failed;

	if (privs_apply(&privs, &failed) < 0)
		return 1;
	if (!identity_is(privs.uid, privs.gid, groups, ARRAY_LENGTH(groups)))
		return 2;
	return setuid(0) < 0 && seteuid(0) < 0 && setgid(0) < 0 && setgroups(0, NULL) < 0 ? 0 : 3;
}

static int become_nobody_in_no_group(void)
{
	gid_t before[] = { 1, 2, 3 };
	struct privs privs = { .set = true, .uid = 5, .gid = 6, .set_groups = true };
	enum privs_step failed;

	if (setgroups(ARRAY_LENGTH(before), before) < 0 || privs_apply(&privs, &failed) < 0)
		return 1;
	return identity_is(5, 6, NULL, 0) ? 0 : 2;
}

static int become_member_of_many_groups(void)
{
	gid_t groups[300];
	struct privs privs = { .set_groups = true, .groups = groups, .group_count = 300 };
	enum privs_step failed;

	for (gid_t i = 0; i < 300; i++)
		groups[i] = 1000 - i;
	if (privs_apply(&privs, &failed) < 0)
		return 1;
	return identity_is(geteuid(), getegid(), groups, 300) ? 0 : 2;
}

static int keep_the_groups(void)
{
	gid_t before[] = { 1, 2, 3 };
	struct privs privs = { .set = true, .uid = 5, .gid = 6 };
	enum privs_step failed;

	if (setgroups(ARRAY_LENGTH(before), before) < 0 || privs_apply(&privs, &failed) < 0)
		return 1;
	return identity_is(5, 6, before, ARRAY_LENGTH(before)) ? 0 : 2;
}

static void identity_changes_completely_and_for_good(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of_child(become_another_user), 0);
	assert_int_equal(status_of_child(become_nobody_in_no_group), 0);
	assert_int_equal(status_of_child(become_member_of_many_groups), 0);
}

static void identity_keeps_the_groups_only_if_none_are_to_be_set(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of_child(keep_the_groups), 0);
}

/* 0 if privs_apply() fails with EPERM at STEP. */
static int fails_at(const struct privs *privs, enum privs_step step)
{
	enum privs_step failed;

	if (privs_apply(privs, &failed) != -1 || errno != EPERM)
		return 1;
	return failed == step ? 0 : 2;
}

static int ask_for_too_much(void)
{
	if (geteuid() == 0 && (setresgid(5, 5, 5) < 0 || setresuid(5, 5, 5) < 0))
		return 10;

	struct privs groups = { .set = true, .set_groups = true };
	struct privs gid = { .set = true, .uid = geteuid(), .gid = 0 };
	struct privs uid = { .set = true, .uid = 0, .gid = getegid() };
	int status = fails_at(&groups, PRIVS_GROUPS);
	if (status == 0)
		status = fails_at(&gid, PRIVS_GID);
	return status ? status : fails_at(&uid, PRIVS_UID);
}

static int ask_for_nothing(void)
{
	struct privs none = { .set = false };
	struct privs same = { .set = true, .uid = geteuid(), .gid = getegid() };
	enum privs_step failed = PRIVS_UID;

	if (privs_apply(&none, &failed) < 0)
		return 1;
	return privs_apply(&same, &failed);
}

static void identity_that_cannot_be_had_is_named(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(ask_for_too_much), 0);
}

static void identity_stays_without_privilege(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(ask_for_nothing), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_of_the_database_have_its_groups),
		cmocka_unit_test(users_may_be_numbers),
		cmocka_unit_test(groups_may_be_names),
		cmocka_unit_test(users_without_an_entry_need_a_group_and_have_no_others),
		cmocka_unit_test(users_that_do_not_exist_are_refused),
		cmocka_unit_test(groups_are_a_list_that_overrides_the_users),
		cmocka_unit_test(groups_are_cleared_by_an_empty_list),
		cmocka_unit_test(groups_that_do_not_exist_are_refused),
		cmocka_unit_test(identity_changes_completely_and_for_good),
		cmocka_unit_test(identity_keeps_the_groups_only_if_none_are_to_be_set),
		cmocka_unit_test(identity_that_cannot_be_had_is_named),
		cmocka_unit_test(identity_stays_without_privilege),
	};
	return cmocka_run_group_tests_name("privs", tests, NULL, NULL);
}
