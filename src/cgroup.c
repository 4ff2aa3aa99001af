/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"
#include "digits.h"

#define UNIQUE_NAME_BYTES 64

void cgroup_init(struct cgroup *cgroup)
{
	cgroup->fd = -1;
	cgroup->fallback = -1;
}

int cgroup_fail(struct cgroup *cgroup, const char *what, int err)
{
	cgroup->what = what;
	cgroup->err = err;
	return -1;
}

int cgroup_open_directory(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* To read from a removed directory is ENOENT; from one that is there, into nothing, EINVAL. */
static bool is_removed(int fd)
{
	return syscall(SYS_getdents64, fd, NULL, 0) < 0 && errno == ENOENT;
}

/*
 * Open and lock PATH, just created. Whoever comes across it before it is locked may take it for a
 * dead run's directory: EBUSY.
 */
static int hold(struct cgroup *cgroup)
{
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, cgroup->path);
	if (fd < 0 && errno != ENOENT) {
		int err = errno;
		rmdir(cgroup->path);
		errno = err;
		return -1;
	}
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || is_removed(fd)) {
		errno = EBUSY;
		return -1;
	}
	cgroup->fd = take_fd(&fd);
	cgroup->created = true;
	if (cgroup->lives_on)
		cgroup_leave(cgroup);
	return 0;
}

static int set_path(struct cgroup *cgroup, const char *name)
{
	cgroup->path = cgroup_texts_join(&cgroup->texts, cgroup->base, name);
	cgroup->made_below = strlen(cgroup->base);
	return cgroup->path ? 0 : -1;
}

/* "cordon-PID-SALT", at the end of ROOM. The pid serves the sweeper and whoever reads it. */
static const char *name_run(char room[UNIQUE_NAME_BYTES], unsigned salt)
{
	const size_t length = strlen(CGROUP_NAME_PREFIX);
	char *at = &room[UNIQUE_NAME_BYTES - 1];
	*at = '\0';
	at = digits_before(at, salt | 0x10000000, 16); /* always eight */
	*--at = '-';
	at = digits_before(at, (unsigned)getpid(), 10);
	return memcpy(at - length, CGROUP_NAME_PREFIX, length);
}

/* A name of this run's own. */
static int make_unique(struct cgroup *cgroup)
{
	for (int attempt = 0; attempt < 8; attempt++) {
		unsigned salt = (unsigned)attempt;
		char room[UNIQUE_NAME_BYTES];
		if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
			salt = (unsigned)attempt;
		if (set_path(cgroup, name_run(room, salt)) == 0 && mkdir(cgroup->path, 0755) == 0 &&
		    hold(cgroup) == 0)
			return 0;
		if (errno != EEXIST && errno != EBUSY)
			break;
	}
	return cgroup_fail(cgroup,
			   strcmp(cgroup->base_kind, "own") == 0
				   ? "cannot create a directory in cordon's own cgroup"
				   : "cannot create a directory in it",
			   errno);
}

/* The directories between the base and the last part of NAME, as far as they are missing. */
static int make_parents(struct cgroup *cgroup)
{
	size_t base_length = strlen(cgroup->base);
	cgroup->made_below = base_length;
	for (char *slash = strchr(cgroup->path + base_length + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int result = mkdir(cgroup->path, 0755);
		size_t length = strlen(cgroup->path);
		*slash = '/';
		if (result < 0 && errno != EEXIST)
			return -1;
		if (result < 0)
			cgroup->made_below = length;
	}
	return 0;
}

/* A directory of that name that nobody holds and nobody is in keeps old peaks: start afresh. */
static int replace_unused(struct cgroup *cgroup)
{
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, cgroup->path);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || cgroup_is_populated(fd) ||
	    cgroup_remove_at(AT_FDCWD, cgroup->path) < 0) {
		errno = EBUSY;
		return -1;
	}
	return mkdir(cgroup->path, 0755);
}

#define ATTEMPTS 100

/* Another run that ends may remove the parents between the two steps: then again (ENOENT). */
static int make_path(struct cgroup *cgroup)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		if (make_parents(cgroup) == 0 && mkdir(cgroup->path, 0755) == 0)
			return 0;
		if (errno != ENOENT)
			break;
	}
	return -1;
}

/* The directories above the run's own that it had to make, unless others use them now. */
static void remove_parents(const struct cgroup *cgroup)
{
	char *path = cgroup->path;
	size_t length = strlen(path);
	for (;;) {
		char *slash = memrchr(path, '/', length);
		length = (size_t)(slash - path);
		if (length <= cgroup->made_below)
			return;
		*slash = '\0';
		bool removed = rmdir(path) == 0 || errno == ENOENT;
		*slash = '/';
		if (!removed)
			return;
	}
}

static const char in_use[] = "is in use by another run";

static int make_named(struct cgroup *cgroup, const char *name)
{
	if (set_path(cgroup, name) < 0)
		return cgroup_fail(cgroup, "cannot create its directory", errno);
	int result = make_path(cgroup);
	if (result < 0 && errno == EEXIST)
		result = replace_unused(cgroup);
	if (result == 0 && hold(cgroup) == 0)
		return 0;
	int err = errno;
	remove_parents(cgroup);
	return cgroup_fail(cgroup,
			   err == EBUSY || err == EEXIST ? in_use : "cannot create its directory",
			   err == EBUSY || err == EEXIST ? 0 : err);
}

static int make(struct cgroup *cgroup, const struct spec *spec)
{
	int result = spec->cgroup == CGROUP_NAMED ? make_named(cgroup, spec->cgroup_name)
						  : make_unique(cgroup);
	if (result != 0) {
		cgroup->path = NULL;
	} else {
		cgroup->what = NULL;
		cgroup->err = 0;
	}
	return result;
}

/* ---- which base ---- */

static void note_attempt(struct cgroup *cgroup, const char *kind, const char *what, int err)
{
	if (cgroup->tried_count == CGROUP_ATTEMPTS_MAX)
		return;
	struct cgroup_attempt *attempt = &cgroup->tried[cgroup->tried_count++];
	attempt->kind = kind;
	attempt->err = err;
	memccpy(attempt->what, what, '\0', sizeof(attempt->what) - 1); /* is all zeros before */
}

/* Of all the reasons, the one against cordon's own group tells ordinary users the most. */
static int fail_all(struct cgroup *cgroup)
{
	for (unsigned i = 0; i < cgroup->tried_count; i++)
		if (strcmp(cgroup->tried[i].kind, "own") == 0)
			cgroup_fail(cgroup, cgroup->tried[i].what, cgroup->tried[i].err);
	cgroup->base = NULL;
	cgroup->base_kind = NULL;
	return -1;
}

/* From the base NUMBER on. A name that is in use is not to be had by going elsewhere. */
static int try_bases(struct cgroup *cgroup, const struct spec *spec, unsigned number)
{
	for (; number < CGROUP_BASES; number++) {
		cgroup->number = number;
		if (cgroup_find_base(cgroup, number) == 0 && make(cgroup, spec) == 0) {
			cgroup->fallback = (int)number;
			return 0;
		}
		if (cgroup->what == in_use)
			return -1;
		note_attempt(cgroup, cgroup_base_kind(number), cgroup->what, cgroup->err);
	}
	return fail_all(cgroup);
}

static bool is_below_mount(const struct spec *spec)
{
	return spec->cgroup == CGROUP_NAMED && strchr(spec->cgroup_name, '/');
}

int cgroup_create(struct cgroup *cgroup, const struct spec *spec)
{
	if (spec->cgroup == CGROUP_NONE)
		return 0;
	cgroup->lives_on = !spec->die_with_parent;
	cgroup->needed = spec->require_cgroup || (spec->tree_limit_count && !spec->best_effort);
	if (cgroup_find_mount(cgroup) < 0)
		return -1;
	if (is_below_mount(spec))
		return cgroup_find_top(cgroup) < 0 ? -1 : make(cgroup, spec);
	return try_bases(cgroup, spec, 0);
}

int cgroup_next(struct cgroup *cgroup, const struct spec *spec, const char *what, int err)
{
	cgroup_remove(cgroup);
	cgroup->created = false;
	cgroup->path = NULL;
	if (is_below_mount(spec))
		return cgroup_fail(cgroup, what, err);
	note_attempt(cgroup, cgroup->base_kind, what, err);
	return try_bases(cgroup, spec, cgroup->number + 1);
}

int cgroup_settle(struct cgroup *cgroup, const struct spec *spec)
{
	if (cgroup->fallback < 0)
		return cgroup_create(cgroup, spec);
	return try_bases(cgroup, spec, (unsigned)cgroup->fallback);
}

int cgroup_kill_at(int at)
{
	_cleanup_close_ int fd = openat(at, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return write(fd, "1", 1) == 1 ? 0 : -1;
}

int cgroup_kill(const struct cgroup *cgroup)
{
	return cgroup->fd < 0 ? 0 : cgroup_kill_at(cgroup->fd);
}

static int remove_own(struct cgroup *cgroup)
{
	_cleanup_close_ int fd = take_fd(&cgroup->fd);
	if (rmdir(cgroup->path) < 0) {
		if (cgroup->left)
			return 0;
		cgroup_wait_unpopulated(fd, 10);
		if (cgroup_remove_at(AT_FDCWD, cgroup->path) < 0)
			return -1;
	}
	remove_parents(cgroup);
	return 0;
}

int cgroup_remove(struct cgroup *cgroup)
{
	if (cgroup->fd < 0)
		return 0;
	int result = remove_own(cgroup);
	cgroup_leave_leaf(cgroup);
	return result;
}
