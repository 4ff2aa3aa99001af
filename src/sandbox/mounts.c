/* SPDX-License-Identifier: MIT */
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "msg.h"

/* Newer than some C libraries, and <linux/mount.h> does not go with <sys/mount.h>. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1u
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04u
#endif
#ifndef MOVE_MOUNT_T_SYMLINKS
#define MOVE_MOUNT_T_SYMLINKS 0x10u
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* What --private-tmp makes anew. */
static const char *const tmp_places[] = { "/tmp", "/var/tmp", "/dev/shm" };
#define TMP_PLACES (sizeof(tmp_places) / sizeof(tmp_places[0]))

bool mounts_are_wanted(const struct spec *spec)
{
	return spec->sandbox.private_tmp || spec->sandbox.pid_ns || spec->sandbox.hide_count > 0;
}

/* ---- where the command is going to work ---- */

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	if (strcmp(directory, "/") == 0)
		return true;
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || !path[length]);
}

/*
 * Its path without symbolic links, allocated. Inside another root only the words of the option
 * can be gone by, and those only if they do not go up. NULL with errno if it cannot be told.
 */
static char *find_directory(const struct spec *spec)
{
	const char *chdir = spec->chdir ? spec->chdir : "";
	char *path = NULL;
	if (!spec->chroot)
		return realpath(*chdir ? chdir : ".", NULL);
	if (strstr(chdir, "..")) {
		errno = ENOENT;
		return NULL;
	}
	if (asprintf(&path, "%s%s", *chdir == '/' ? "" : "/", chdir) < 0)
		return NULL;
	return path;
}

/* ---- --hide ---- */

static _Noreturn void misuse_hide(const char *path, const char *what)
{
	msg_misuse("--hide: cannot hide '%s': %s", path, what);
}

/* Inside another root the child will see. */
static void check_hidden(struct spec *spec, size_t index, const char *directory)
{
	const char *written = spec->sandbox.hide[index];
	char *path = NULL;
	if (spec->chroot) {
		if (*written != '/')
			misuse_hide(written, "with --chroot it has to begin with '/'");
		return;
	}
	path = realpath(written, NULL);
	if (!path)
		misuse_hide(written, msg_errno_text(errno));
	if (spec_keep(spec, path) < 0)
		misuse_hide(written, msg_errno_text(ENOMEM));
	if (directory && is_below(directory, path))
		misuse_hide(written, "the command is to work in it");
	spec->sandbox.hide[index] = path;
}

void mounts_check(struct spec *spec)
{
	if (spec->sandbox.hide_count == 0)
		return;
	_cleanup_free_ char *directory = find_directory(spec);
	for (size_t i = 0; i < spec->sandbox.hide_count; i++)
		check_hidden(spec, i, directory);
}

/* ---- the list ---- */

bool mounts_cover(const struct mounts *mounts, const char *path)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->op[i].kind == MOUNT_TMP && is_below(path, mounts->op[i].path))
			return true;
	return false;
}

void mounts_init(struct mounts *mounts)
{
	*mounts = (struct mounts){ .op = NULL };
}

void mounts_fini(struct mounts *mounts)
{
	free(mounts->op);
	free(mounts->directory);
	mounts_init(mounts);
}

static void add(struct mounts *mounts, enum mount_kind kind, const char *path, bool may_lack)
{
	mounts->op[mounts->count++] =
		(struct mount_op){ .kind = kind, .path = path, .may_lack = may_lack };
}

enum place { PLACE_OUTSIDE, PLACE_BELOW, PLACE_ITSELF };

/* Where PATH is with respect to what is made anew, which may be a symbolic link to wherever. */
static enum place find_place(const char *path, bool chroot)
{
	for (size_t i = 0; path && i < TMP_PLACES; i++) {
		_cleanup_free_ char *real = chroot ? NULL : realpath(tmp_places[i], NULL);
		const char *place = real ? real : tmp_places[i];
		if (is_below(path, place))
			return strcmp(path, place) == 0 ? PLACE_ITSELF : PLACE_BELOW;
	}
	return PLACE_OUTSIDE;
}

/*
 * A working directory below a /tmp that is made anew stays where it is, with all that is in it, and a
 * TMPDIR there exists. The directory has to be entered again, or ".." would lead to the old /tmp.
 */
static void plan_tmp(struct mounts *mounts, const struct spec *spec)
{
	const char *directory = mounts->directory, *tmpdir = env_get(&spec->env, "TMPDIR");
	enum place place = find_place(directory, spec->chroot);
	bool keep = place == PLACE_BELOW;
	if (keep)
		add(mounts, MOUNT_TAKE, spec->chroot || spec->chdir ? directory : ".",
		    spec->chroot);
	for (size_t i = 0; i < TMP_PLACES; i++)
		add(mounts, MOUNT_TMP, tmp_places[i], i > 0);
	if (find_place(tmpdir, spec->chroot) == PLACE_BELOW)
		add(mounts, MOUNT_MAKE, tmpdir, true);
	if (keep)
		add(mounts, MOUNT_GIVE, directory, spec->chroot);
	if (place != PLACE_OUTSIDE && !spec->chroot && !spec->chdir)
		add(mounts, MOUNT_ENTER, directory, false);
}

static int fail(struct failure *failure, const char *what, int err)
{
	*failure = (struct failure){
		.step = "mount", .what = what, .err = err, .status = STATUS_CORDON
	};
	snprintf(failure->option, sizeof(failure->option), "%s",
		 "--private-tmp"); /* the only one that needs to know */
	return -1;
}

/* The most that a plan has besides the hidden. */
#define OPS_MAX 10

static int plan(struct mounts *mounts, const struct spec *spec, struct failure *failure)
{
	const struct sandbox_spec *sandbox = &spec->sandbox;
	if (sandbox->pid_ns)
		add(mounts, MOUNT_PROC, "/proc", spec->chroot);
	for (size_t i = 0; i < sandbox->hide_count; i++)
		add(mounts, MOUNT_HIDE, sandbox->hide[i], false);
	if (!sandbox->private_tmp)
		return 0;
	mounts->directory = find_directory(spec);
	if (!mounts->directory && !spec->chdir)
		return fail(failure, "the working directory cannot be told", errno);
	plan_tmp(mounts, spec);
	return 0;
}

int mounts_prepare(struct mounts *mounts, const struct spec *spec, bool may_mount,
		   struct failure *failure)
{
	bool mount = may_mount && mounts_are_wanted(spec);
	if (!spec->chroot && !mount)
		return 0;
	mounts->op = calloc(OPS_MAX + spec->sandbox.hide_count, sizeof(*mounts->op));
	if (!mounts->op)
		return fail(failure, "cannot be planned", ENOMEM);
	if (mount)
		add(mounts, MOUNT_PRIVATE, "/", false);
	if (spec->chroot)
		add(mounts, MOUNT_ROOT, spec->chroot, false);
	return mount ? plan(mounts, spec, failure) : 0;
}

/* ---- the child's half ---- */

/* Descriptors that one operation leaves to another. */
struct progress {
	int null, taken;
};

/* In vain if they exist, or cannot exist: whoever needs them will find out. */
static void make_directories(const char *path, mode_t last_mode)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	if (length >= sizeof(part))
		return;
	mode_t mask = umask(0);
	memcpy(part, path, length + 1);
	for (size_t i = 1; i < length; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		mkdir(part, 0755);
		part[i] = '/';
	}
	mkdir(part, last_mode);
	umask(mask);
}

static int take(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path,
			    OPEN_TREE_CLONE | AT_RECURSIVE | (unsigned)O_CLOEXEC);
}

static int give(int tree, const char *path)
{
	return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, path,
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

/* A file gets /dev/null over it, which may be missing in a new root. */
static int hide(const char *path, int null)
{
	struct stat status;
	if (stat(path, &status) < 0)
		return -1;
	if (S_ISDIR(status.st_mode))
		return mount("cordon", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			     "mode=0555,size=4k");
	_cleanup_close_ int tree = (int)syscall(
		SYS_open_tree, null, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | (unsigned)O_CLOEXEC);
	return tree < 0 ? -1 : give(tree, path);
}

static int apply(const struct mount_op *op, struct progress *progress)
{
	switch (op->kind) {
	case MOUNT_PRIVATE:
		progress->null = open("/dev/null", O_PATH | O_CLOEXEC);
		return mount(NULL, op->path, NULL, MS_REC | MS_PRIVATE, NULL);
	case MOUNT_ROOT:
		return chroot(op->path) < 0 ? -1 : chdir("/");
	case MOUNT_PROC:
		return mount("proc", op->path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	case MOUNT_HIDE:
		return hide(op->path, progress->null);
	case MOUNT_TAKE:
		progress->taken = take(op->path);
		return progress->taken < 0 ? -1 : 0;
	case MOUNT_TMP:
		return mount("cordon", op->path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	case MOUNT_MAKE:
		make_directories(op->path, 01777);
		return 0;
	case MOUNT_GIVE:
		if (progress->taken < 0)
			return 0;
		make_directories(op->path, 0755);
		return give(progress->taken, op->path);
	case MOUNT_ENTER:
		return chdir(op->path);
	}
	__builtin_unreachable();
}

static bool is_absence(int err)
{
	return err == ENOENT || err == ENOTDIR;
}

int mounts_apply(const struct mounts *mounts, size_t *failed)
{
	struct progress progress = { -1, -1 };
	int result = 0;
	for (size_t i = 0; i < mounts->count && result == 0; i++) {
		*failed = i;
		result = apply(&mounts->op[i], &progress);
		if (result < 0 && mounts->op[i].may_lack && is_absence(errno))
			result = 0;
	}
	cleanup_close(&progress.null);
	cleanup_close(&progress.taken);
	return result;
}

/* ---- and its errors ---- */

static const struct {
	const char *step, *option, *what;
} op_words[] = {
	[MOUNT_PRIVATE] = { "mount", "", "cannot make the mounts private" },
	[MOUNT_ROOT] = { "chroot", "--chroot=", "cannot enter" },
	[MOUNT_PROC] = { "pid-ns", "--pid-ns", "cannot mount another /proc" },
	[MOUNT_HIDE] = { "hide", "--hide=", "cannot be hidden" },
	[MOUNT_TAKE] = { "private-tmp", "--private-tmp", "cannot keep the working directory" },
	[MOUNT_TMP] = { "private-tmp", "--private-tmp", "cannot mount a new /tmp" },
	[MOUNT_MAKE] = { "private-tmp", "--private-tmp", "cannot make TMPDIR" },
	[MOUNT_GIVE] = { "private-tmp", "--private-tmp", "cannot keep the working directory" },
	[MOUNT_ENTER] = { "private-tmp", "--private-tmp", "cannot enter the working directory" },
};

void mounts_word(const struct mounts *mounts, const struct spec *spec, size_t failed,
		 struct failure *failure)
{
	const struct mount_op *op = &mounts->op[failed];
	const char *option = op_words[op->kind].option;
	bool argument = op->kind == MOUNT_ROOT || op->kind == MOUNT_HIDE;
	failure->step = op_words[op->kind].step;
	failure->what = op_words[op->kind].what;
	if (op->kind == MOUNT_PROC && failure->err == EPERM)
		failure->what =
			"cannot mount another /proc, for parts of the present one are covered, "
			"as in a container";
	if (op->kind == MOUNT_TMP && strcmp(op->path, "/tmp") != 0)
		failure->what = "cannot mount a new /var/tmp or /dev/shm";
	if (op->kind == MOUNT_PRIVATE) {
		option = spec->sandbox.private_tmp ? "--private-tmp"
			 : spec->sandbox.pid_ns    ? "--pid-ns"
						   : "--hide";
		if (failure->err == EINVAL)
			failure->what =
				"cannot make the mounts private: the root is none, as in a chroot";
	}
	snprintf(failure->option, sizeof(failure->option), "%s%s", option,
		 argument ? op->path : "");
}
