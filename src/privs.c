/* SPDX-License-Identifier: MIT */
/*
 * Identity: names to numbers before there is a child, and the one function that changes
 * who the process is. privs_apply() runs in the child, before exec: system calls and
 * nothing else.
 */
#include "privs.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "parse.h"

/* (uid_t)-1 and (gid_t)-1 mean "no change" to the kernel. */
#define ID_MAX (UINT32_MAX - 1)

static int fail(int err)
{
	errno = err;
	return -1;
}

static int fail_unknown(const char **unknown, const char *what)
{
	*unknown = what;
	return fail(ENOENT);
}

/*
 * The user database. find_user() (by NAME, or by UID if that is NULL) and find_group()
 * return 1 with an entry that lasts until the next search, 0 if there is none, or -1 with
 * errno. list_groups() is getgrouplist(3): GID and every group that has NAME as a member.
 */
#ifdef CORDON_STATIC /* a static glibc cannot use NSS modules: the files alone */

static int open_database(const char *path, FILE **file)
{
	*file = fopen(path, "re");
	if (*file)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/* What fgetpwent(3) and fgetgrent(3) mean by NULL; both give ENOENT at the end. */
static int end_of_database(void)
{
	return errno == 0 || errno == ENOENT ? 0 : -1;
}

static int find_user(const char *name, uid_t uid, struct passwd **user)
{
	_cleanup_fclose_ FILE *file = NULL;
	int opened = open_database("/etc/passwd", &file);
	if (opened <= 0)
		return opened;

	while (errno = 0, *user = fgetpwent(file)) {
		if (name ? strcmp((*user)->pw_name, name) == 0 : (*user)->pw_uid == uid)
			return 1;
	}
	return end_of_database();
}

static int find_group(const char *name, struct group **group)
{
	_cleanup_fclose_ FILE *file = NULL;
	int opened = open_database("/etc/group", &file);
	if (opened <= 0)
		return opened;

	while (errno = 0, *group = fgetgrent(file)) {
		if (strcmp((*group)->gr_name, name) == 0)
			return 1;
	}
	return end_of_database();
}

static int append_group(gid_t gid, gid_t **groups, size_t *count)
{
	for (size_t i = 0; i < *count; i++) {
		if ((*groups)[i] == gid)
			return 0;
	}
	gid_t *grown = reallocarray(*groups, *count + 1, sizeof(*grown));
	if (!grown)
		return -1;
	grown[(*count)++] = gid;
	*groups = grown;
	return 0;
}

static int list_groups(const char *name, gid_t gid, gid_t **groups, size_t *count)
{
	_cleanup_free_ gid_t *list = NULL;
	size_t length = 0;
	_cleanup_fclose_ FILE *file = NULL;

	if (append_group(gid, &list, &length) < 0 || open_database("/etc/group", &file) < 0)
		return -1;

	struct group *group;
	while (file && (errno = 0, group = fgetgrent(file))) {
		for (char **member = group->gr_mem; *member; member++) {
			if (strcmp(*member, name) == 0 &&
			    append_group(group->gr_gid, &list, &length) < 0)
				return -1;
		}
	}
	if (file && end_of_database() < 0)
		return -1;
	*groups = take_ptr(list);
	*count = length;
	return 0;
}

#else

/* What getpwnam(3) and its relatives mean by NULL. */
static int absent_or_error(void)
{
	return errno == 0 || errno == ENOENT || errno == ESRCH ? 0 : -1;
}

static int find_user(const char *name, uid_t uid, struct passwd **user)
{
	errno = 0;
	*user = name ? getpwnam(name) : getpwuid(uid);
	return *user ? 1 : absent_or_error();
}

static int find_group(const char *name, struct group **group)
{
	errno = 0;
	*group = getgrnam(name);
	return *group ? 1 : absent_or_error();
}

static int list_groups(const char *name, gid_t gid, gid_t **groups, size_t *count)
{
	_cleanup_free_ gid_t *list = NULL;
	int room = 32;

	for (;;) {
		gid_t *grown = reallocarray(list, (size_t)room, sizeof(*list));
		if (!grown)
			return -1;
		list = grown;

		int found = room;
		if (getgrouplist(name, gid, list, &found) >= 0) {
			*groups = take_ptr(list);
			*count = (size_t)found;
			return 0;
		}
		if (found <= room)
			return fail(ENOMEM); /* room was not what it lacked */
		room = found;
	}
}

#endif

/* "+1000", or a plain number if no entry has it as its name; else WHAT is unknown. */
static int parse_id(const char *text, id_t *id, const char **unknown, const char *what)
{
	bool plus = *text == '+';
	int64_t number;

	if (!plus && text[strspn(text, "0123456789")] != '\0')
		return fail_unknown(unknown, what);
	if (parse_integer(text + plus, 0, ID_MAX, &number) < 0)
		return fail(EINVAL);
	*id = (id_t)number;
	return 0;
}

struct account {
	uid_t uid;
	gid_t gid;  /* login group, if there is a name */
	char *name; /* owned; NULL: the database does not know this UID */
};

static int find_account(const char *text, struct account *account, const char **unknown)
{
	struct passwd *user;
	id_t uid = 0;
	int found = *text == '+' ? 0 : find_user(text, 0, &user);

	if (found == 0) {
		if (parse_id(text, &uid, unknown, "user") < 0)
			return -1;
		found = find_user(NULL, uid, &user);
	}
	if (found < 0)
		return -1;

	*account = (struct account){ .uid = uid };
	if (found == 0)
		return 0;
	account->uid = user->pw_uid;
	account->gid = user->pw_gid;
	account->name = strdup(user->pw_name);
	return account->name ? 0 : -1;
}

static int parse_group(const char *text, gid_t *gid, const char **unknown)
{
	struct group *group;
	int found = *text == '+' ? 0 : find_group(text, &group);

	if (found < 0)
		return -1;
	if (found == 0)
		return parse_id(text, gid, unknown, "group");
	*gid = group->gr_gid;
	return 0;
}

int privs_parse_user(const char *text, struct privs *privs, const char **unknown)
{
	_cleanup_free_ char *user = strdup(text);
	if (!user)
		return -1;
	char *group = user;
	strsep(&group, ":");
	if (*user == '\0' || (group && *group == '\0'))
		return fail(EINVAL);

	struct account account;
	if (find_account(user, &account, unknown) < 0)
		return -1;
	_cleanup_free_ char *name = account.name;
	if (!group && !name)
		return fail_unknown(unknown, "group");
	if (group && parse_group(group, &account.gid, unknown) < 0)
		return -1;

	gid_t *groups = NULL;
	size_t count = 0;
	if (name && list_groups(name, account.gid, &groups, &count) < 0)
		return -1;

	privs_fini(privs);
	*privs = (struct privs){
		.set = true,
		.uid = account.uid,
		.gid = account.gid,
		.set_groups = true,
		.groups = groups,
		.group_count = count,
	};
	return 0;
}

int privs_parse_groups(const char *text, struct privs *privs, const char **unknown)
{
	size_t room = 1;
	for (const char *p = text; *p; p++)
		room += *p == ',';

	_cleanup_free_ char *copy = strdup(text);
	_cleanup_free_ gid_t *groups = calloc(room, sizeof(*groups));
	if (!copy || !groups)
		return -1;

	char *rest = *copy ? copy : NULL;
	size_t count = 0;
	for (char *name; (name = strsep(&rest, ",")); count++) {
		if (*name == '\0')
			return fail(EINVAL);
		if (parse_group(name, &groups[count], unknown) < 0)
			return -1;
	}

	free(privs->groups);
	privs->set_groups = true;
	privs->groups = take_ptr(groups);
	privs->group_count = count;
	return 0;
}

void privs_fini(struct privs *privs)
{
	free(privs->groups);
	*privs = (struct privs){ .set = false };
}

/*
 * The kernel's own calls, not the C library's: to the kernel identity belongs to one task,
 * but the library changes all threads that it knows of, and its list of them and the lock of
 * that list are memory which the child may share with the parent. Only this one is to change.
 */
#ifdef SYS_setresuid32 /* i386 and arm: the calls without 32 take 16-bit numbers */
enum {
	CALL_SETGROUPS = SYS_setgroups32,
	CALL_GETGROUPS = SYS_getgroups32,
	CALL_SETRESGID = SYS_setresgid32,
	CALL_GETRESGID = SYS_getresgid32,
	CALL_SETRESUID = SYS_setresuid32,
	CALL_GETRESUID = SYS_getresuid32,
};
#else
enum {
	CALL_SETGROUPS = SYS_setgroups,
	CALL_GETGROUPS = SYS_getgroups,
	CALL_SETRESGID = SYS_setresgid,
	CALL_GETRESGID = SYS_getresgid,
	CALL_SETRESUID = SYS_setresuid,
	CALL_GETRESUID = SYS_getresuid,
};
#endif

/* How many groups are compared one by one; of a longer list only the length is. */
#define COMPARED_GROUPS 64

/* The kernel keeps the list sorted, by numbers that a user namespace may have translated. */
static bool has_groups(const gid_t *groups, size_t count)
{
	gid_t have[COMPARED_GROUPS];

	if (syscall(CALL_GETGROUPS, 0L, NULL) != (long)count)
		return false;
	if (count > COMPARED_GROUPS)
		return true;
	if (syscall(CALL_GETGROUPS, (long)COMPARED_GROUPS, have) != (long)count)
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

/* Real, effective and saved id by SET_CALL, checked by GET_CALL. */
static int change_ids(long set_call, long get_call, id_t id)
{
	id_t real, effective, saved;

	if (syscall(set_call, (long)id, (long)id, (long)id) < 0 ||
	    syscall(get_call, &real, &effective, &saved) < 0)
		return -1;
	return real == id && effective == id && saved == id ? 0 : fail(EPERM);
}

static int apply_groups(const struct privs *privs)
{
	if (syscall(CALL_SETGROUPS, (long)privs->group_count, privs->groups) < 0)
		return -1;
	return has_groups(privs->groups, privs->group_count) ? 0 : fail(EPERM);
}

/* The groups and the group first: without the user's privilege they cannot be changed. */
int privs_apply(const struct privs *privs, enum privs_step *failed)
{
	if (privs->set_groups && apply_groups(privs) < 0) {
		*failed = PRIVS_GROUPS;
		return -1;
	}
	if (privs->set && change_ids(CALL_SETRESGID, CALL_GETRESGID, privs->gid) < 0) {
		*failed = PRIVS_GID;
		return -1;
	}
	if (privs->set && change_ids(CALL_SETRESUID, CALL_GETRESUID, privs->uid) < 0) {
		*failed = PRIVS_UID;
		return -1;
	}
	return 0;
}
