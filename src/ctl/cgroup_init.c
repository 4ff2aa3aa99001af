/* SPDX-License-Identifier: MIT */
/*
 * The verb cgroup-init: a directory that cordon's runs are made below, with its controllers
 * switched on, given to a user and a group. The kernel's rules for that are in the section
 * "Delegation" of Documentation/admin-guide/cgroup-v2.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"
#include "ctl/host.h"
#include "ctl/quote.h"
#include "ctl/verb.h"
#include "msg.h"
#include "outcome.h"
#include "privs.h"

static const char help[] =
	"Usage: cordonctl cgroup-init [--name=NAME] [--owner=USER] [--group=GROUP]\n"
	"Create a cgroup directory for the runs of cordon, switch on every controller\n"
	"there is, and give it to USER and GROUP. Takes the superuser, once after each\n"
	"boot; what is already so is left so.\n"
	"\n"
	"      --name=NAME     name below the cgroup2 mount (default cordon)\n"
	"      --owner=USER    who may make runs in it (default root)\n"
	"      --group=GROUP   whose members may, too\n"
	"  -h, --help          show this help\n"
	"\n"
	"Exit status:\n"
	"  0    the directory is as it should be\n"
	"  1    a step failed\n"
	"  125  a mistake in the command line, or not the superuser\n";

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "name", .argument = "NAME" },
	{ .name = "owner", .argument = "USER" },
	{ .name = "group", .argument = "GROUP" },
	{ .name = "help", .letter = 'h', .kind = OPTION_HELP },
};
/* clang-format on */

#define UNCHANGED UINT32_MAX /* as chown(2) means it, for both kinds of id */

struct wish {
	const char *name;
	const char *owner, *group; /* as written, NULL: not given */
	uid_t uid;                 /* UNCHANGED: not given */
	gid_t gid;
};

/* The directory being prepared. */
struct place {
	struct cgroup cgroup; /* for the mount */
	char path[PATH_MAX];
	bool changed, failed;
};

__attribute__((format(printf, 2, 3))) static void say(struct place *place, const char *format, ...)
{
	char line[2 * PATH_MAX], escaped[8 * PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	puts(msg_escape(escaped, sizeof(escaped), line));
	place->changed = true;
}

/* ---- the command line ---- */

static _Noreturn void misuse_identity(const char *option, const char *text, const char *unknown)
{
	if (errno == ENOENT)
		msg_misuse("--%s: unknown %s '%s'", option, unknown, text);
	if (errno == EINVAL)
		msg_misuse("--%s: invalid %s '%s'", option, option, text);
	msg_warn_errno(errno, "--%s: '%s' cannot be looked up", option, text);
	exit(STATUS_CORDON);
}

/* A USER alone: a group that is sure to exist keeps the look-up from wanting one. */
static uid_t find_owner(const char *text)
{
	struct privs privs = { .set = false };
	const char *unknown = "user";
	char with_group[512];
	int length = snprintf(with_group, sizeof(with_group), "%s:+0", text);

	errno = EINVAL;
	if (!text[0] || strchr(text, ':') || length >= (int)sizeof(with_group) ||
	    privs_parse_user(with_group, &privs, &unknown) < 0)
		misuse_identity("owner", text, unknown);
	uid_t uid = privs.uid;
	privs_fini(&privs);
	return uid;
}

static gid_t find_group(const char *text)
{
	struct privs privs = { .set = false };
	const char *unknown = "group";

	errno = EINVAL;
	if (!text[0] || strchr(text, ',') || privs_parse_groups(text, &privs, &unknown) < 0)
		misuse_identity("group", text, unknown);
	gid_t gid = privs.groups[0];
	privs_fini(&privs);
	return gid;
}

static void read_words(struct wish *wish, char *const *words)
{
	struct scan scan = verb_scan(&verb_cgroup_init, words);
	struct scanned scanned;

	*wish = (struct wish){ .name = "cordon", .uid = UNCHANGED, .gid = UNCHANGED };
	while (verb_next(&verb_cgroup_init, &scan, &scanned)) {
		if (strcmp(scanned.row->name, "name") == 0)
			wish->name = scanned.argument;
		else if (strcmp(scanned.row->name, "owner") == 0)
			wish->owner = scanned.argument;
		else
			wish->group = scanned.argument;
	}
	const char *problem = cgroup_name_problem(wish->name);
	if (!problem && strlen(wish->name) >= PATH_MAX / 2)
		problem = "too long a path";
	if (problem)
		msg_misuse("--name: %s in '%s'", problem, wish->name);
	if (wish->owner)
		wish->uid = find_owner(wish->owner);
	if (wish->group)
		wish->gid = find_group(wish->group);
}

/* What the superuser would have to type. */
static void name_command(char *out, size_t size, const struct wish *wish)
{
	const struct {
		const char *option, *value;
	} parts[] = { { "--name=", strcmp(wish->name, "cordon") == 0 ? NULL : wish->name },
		      { "--owner=", wish->owner },
		      { "--group=", wish->group } };
	char self[PATH_MAX];
	host_name_self(self, sizeof(self));
	size_t used = (size_t)snprintf(out, size, "sudo %s cgroup-init", self);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char word[PATH_MAX];
		if (!parts[i].value || used >= size)
			continue;
		used += (size_t)snprintf(out + used, size - used, " %s%s", parts[i].option,
					 quote_word(word, sizeof(word), parts[i].value));
	}
}

/* ---- the directory ---- */

/* The cgroup2 mount, as runs find it. */
static int find_mount(struct place *place)
{
	cgroup_init(&place->cgroup);
	if (cgroup_find_mount(&place->cgroup) == 0)
		return 0;
	msg_warn("cgroup-init: %s; 'cordonctl doctor' may know more", place->cgroup.what);
	return -1;
}

static int make_directory(struct place *place, const char *path)
{
	if (mkdir(path, 0755) < 0) {
		if (errno == EEXIST)
			return 0;
		msg_warn_errno(errno, "cannot create %s", path);
		place->failed = true;
		return -1;
	}
	/* Whatever the umask: others have to be able to look. */
	if (chmod(path, 0755) < 0) {
		msg_warn_errno(errno, "cannot change the mode of %s", path);
		place->failed = true;
	}
	say(place, "created %s", path);
	return 0;
}

/*
 * Calls STEP for the mount and every directory from there down to the one that is prepared,
 * until one fails.
 */
static int for_each_level(struct place *place, int (*step)(struct place *, const char *))
{
	char path[PATH_MAX];
	strcpy(path, place->path);
	for (char *slash = path + strlen(place->cgroup.mount); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int result = step(place, path);
		*slash = '/';
		if (result < 0)
			return -1;
	}
	return step(place, path);
}

/* ---- controllers ---- */

static const char controllers[][8] = { "cpuset", "cpu", "io", "memory", "pids" };
#define CONTROLLER_COUNT (sizeof(controllers) / sizeof(controllers[0]))

/* Is WORD one of the blank-separated words of TEXT? */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (; *text; text += strspn(text, " \n")) {
		size_t n = strcspn(text, " \n");
		if (n == length && memcmp(text, word, n) == 0)
			return true;
		text += n;
	}
	return false;
}

static int write_word(int directory, const char *file, const char *word)
{
	_cleanup_close_ int fd = openat(directory, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return write(fd, word, strlen(word)) < 0 ? -1 : 0;
}

/*
 * No group but the top may have processes and controllers for its children. Some controllers the
 * kernel would still switch on (those of threads), and then nobody could be in the children.
 */
static bool has_own_processes(int directory)
{
	char text[16];
	return faccessat(directory, "cgroup.events", F_OK, 0) == 0 &&
	       cgroup_read_file(directory, "cgroup.procs", text, sizeof(text)) > 0;
}

/* One at a time: one that the kernel refuses does not keep the others away. */
static void switch_on(struct place *place, int directory, const char *path, const char *controller)
{
	char word[64];
	snprintf(word, sizeof(word), "+%s", controller);
	if (write_word(directory, "cgroup.subtree_control", word) == 0) {
		say(place, "switched on %s in %s", controller, path);
		return;
	}
	msg_warn_errno(errno, "cannot switch on %s in %s", controller, path);
	place->failed = true;
}

static int switch_on_all(struct place *place, const char *path)
{
	char there[512], on[512];
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, path);
	if (fd < 0 || cgroup_read_file(fd, "cgroup.controllers", there, sizeof(there)) < 0 ||
	    cgroup_read_file(fd, "cgroup.subtree_control", on, sizeof(on)) < 0) {
		msg_warn_errno(errno, "cannot read the controllers of %s", path);
		place->failed = true;
		return -1;
	}
	for (size_t i = 0; i < CONTROLLER_COUNT; i++) {
		if (!has_word(there, controllers[i]) || has_word(on, controllers[i]))
			continue;
		if (has_own_processes(fd)) {
			msg_warn("cannot switch on controllers in %s: there are processes in it",
				 path);
			place->failed = true;
			return -1;
		}
		switch_on(place, fd, path, controllers[i]);
	}
	return 0;
}

/* Said only beside something that was done: it is no news to whoever prepares it again. */
static void say_absent(struct place *place)
{
	char there[512] = "", absent[128] = "";
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, place->path);
	if (fd < 0 || cgroup_read_file(fd, "cgroup.controllers", there, sizeof(there)) < 0)
		return;
	for (size_t i = 0; i < CONTROLLER_COUNT; i++)
		if (!has_word(there, controllers[i]))
			strcat(strcat(absent, " "), controllers[i]);
	if (absent[0])
		say(place, "not available in %s:%s", place->path, absent);
}

/* ---- delegation ---- */

/* NAME in the directory FD, "." for itself. Returns 1 if it was changed, 0 if it was so, -1. */
static int give(int fd, const char *name, const struct wish *wish)
{
	struct stat info;
	int changed = 0;
	if (fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if ((wish->uid != UNCHANGED && info.st_uid != wish->uid) ||
	    (wish->gid != UNCHANGED && info.st_gid != wish->gid)) {
		if (fchownat(fd, name, wish->uid, wish->gid, AT_SYMLINK_NOFOLLOW) < 0)
			return -1;
		changed = 1;
	}
	if (wish->gid != UNCHANGED && !(info.st_mode & S_IWGRP)) {
		if (fchmodat(fd, name, (info.st_mode & 07777) | S_IWGRP, 0) < 0)
			return -1;
		changed = 1;
	}
	return changed;
}

/*
 * What the kernel says is to be given along with the directory (sysfs-kernel-cgroup); before
 * Linux 4.15 it did not say.
 */
static void read_delegated(char *list, size_t size)
{
	static const char usual[] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";
	_cleanup_close_ int fd = open("/sys/kernel/cgroup/delegate", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, list, size - 1);
	list[length > 0 ? length : 0] = '\0';
	if (length <= 0)
		snprintf(list, size, "%s", usual);
}

static void delegate(struct place *place, const struct wish *wish)
{
	char list[1024];
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, place->path);
	int changed = fd < 0 ? -1 : give(fd, ".", wish);
	if (changed < 0) {
		msg_warn_errno(errno, "cannot change the owner of %s", place->path);
		place->failed = true;
		return;
	}
	read_delegated(list, sizeof(list));
	for (char *save, *file = strtok_r(list, "\n", &save); file;
	     file = strtok_r(NULL, "\n", &save)) {
		int result = give(fd, file, wish);
		changed |= result > 0;
		if (result >= 0)
			continue;
		msg_warn_errno(errno, "cannot change the owner of %s/%s", place->path, file);
		place->failed = true;
	}
	if (changed)
		say(place, "gave %s to%s%s%s%s", place->path, wish->owner ? " user " : "",
		    wish->owner ? wish->owner : "", wish->group ? " group " : "",
		    wish->group ? wish->group : "");
}

/* ---- all of it ---- */

static void prepare(struct place *place, const struct wish *wish)
{
	int length = snprintf(place->path, sizeof(place->path), "%s/%s", place->cgroup.mount,
			      wish->name);
	if (length >= (int)sizeof(place->path)) {
		msg_warn_errno(ENAMETOOLONG, "cannot create %s", wish->name);
		place->failed = true;
		return;
	}
	if (for_each_level(place, make_directory) < 0)
		return;
	for_each_level(place, switch_on_all);
	if (wish->owner || wish->group)
		delegate(place, wish);
	if (place->changed)
		say_absent(place);
	else if (!place->failed)
		say(place, "%s: already so", place->path);
}

static int run(char *const *words)
{
	struct wish wish;
	struct place place = { .changed = false };

	read_words(&wish, words);
	if (geteuid() != 0) {
		char command[3 * PATH_MAX];
		name_command(command, sizeof(command), &wish);
		msg_warn("cgroup-init takes the superuser: %s", command);
		return STATUS_CORDON;
	}
	if (find_mount(&place) < 0)
		return VERB_FAILED;
	prepare(&place, &wish);
	return verb_finish(place.failed ? VERB_FAILED : VERB_DONE);
}

const struct verb verb_cgroup_init = {
	.name = "cgroup-init",
	.summary = "prepare a cgroup directory for cordon, as root, once",
	.help = help,
	.rows = rows,
	.row_count = sizeof(rows) / sizeof(rows[0]),
	.run = run,
};
