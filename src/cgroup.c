/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

void cgroup_init(struct cgroup *cgroup)
{
	cgroup->fd = -1;
	cgroup->mount[0] = cgroup->base[0] = cgroup->path[0] = cgroup->controllers[0] = '\0';
	cgroup->made_below = 0;
	cgroup->base_kind = NULL;
	cgroup->created = cgroup->left = false;
	cgroup->what = NULL;
	cgroup->err = 0;
	cgroup->front = 0;
	cgroup->unenforced = 0;
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

/* Open and lock PATH, just created. */
static int hold(struct cgroup *cgroup)
{
	cgroup->fd = cgroup_open_directory(AT_FDCWD, cgroup->path);
	if (cgroup->fd < 0)
		return cgroup_fail(cgroup, "cannot open its directory", errno);
	if (flock(cgroup->fd, LOCK_EX | LOCK_NB) < 0)
		return cgroup_fail(cgroup, "cannot lock its directory", errno);
	cgroup->created = true;
	return 0;
}

static void set_path(struct cgroup *cgroup, const char *name)
{
	int length = snprintf(cgroup->path, sizeof(cgroup->path), "%s/%s", cgroup->base, name);
	if (length >= (int)sizeof(cgroup->path))
		cgroup->path[0] = '\0'; /* mkdir will say ENOENT */
	cgroup->made_below = strlen(cgroup->base);
}

/* A name of this run's own. The pid serves the sweeper and whoever reads it. */
static int make_unique(struct cgroup *cgroup)
{
	for (int attempt = 0; attempt < 8; attempt++) {
		unsigned salt = (unsigned)attempt;
		char name[64];
		if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
			salt = (unsigned)attempt;
		snprintf(name, sizeof(name), CGROUP_NAME_PREFIX "%d-%08x", getpid(), salt);
		set_path(cgroup, name);
		if (mkdir(cgroup->path, 0755) == 0)
			return hold(cgroup);
		if (errno != EEXIST)
			break;
	}
	return cgroup_fail(cgroup, "cannot create a directory in cordon's own cgroup", errno);
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
	char path[PATH_MAX];
	strcpy(path, cgroup->path);
	for (char *slash; (slash = strrchr(path, '/'));) {
		*slash = '\0';
		if (strlen(path) <= cgroup->made_below || (rmdir(path) < 0 && errno != ENOENT))
			return;
	}
}

static int make_named(struct cgroup *cgroup, const char *name)
{
	set_path(cgroup, name);
	if (make_path(cgroup) == 0 || (errno == EEXIST && replace_unused(cgroup) == 0))
		return hold(cgroup);
	int err = errno;
	remove_parents(cgroup);
	if (err == EBUSY)
		return cgroup_fail(cgroup, "is in use by another run", 0);
	return cgroup_fail(cgroup, "cannot create its directory", err);
}

int cgroup_create(struct cgroup *cgroup, const struct spec *spec)
{
	if (spec->cgroup == CGROUP_NONE)
		return 0;
	if (cgroup_find_base(cgroup, spec) < 0)
		return -1;
	int result = spec->cgroup == CGROUP_NAMED ? make_named(cgroup, spec->cgroup_name)
						  : make_unique(cgroup);
	if (result < 0 && !cgroup->created)
		cgroup->path[0] = '\0';
	return result;
}

void cgroup_give_up(struct cgroup *cgroup, const char *what, int err)
{
	cgroup_remove(cgroup);
	cgroup->created = false;
	cgroup_fail(cgroup, what, err);
}

int cgroup_kill(const struct cgroup *cgroup)
{
	if (cgroup->fd < 0)
		return 0;
	_cleanup_close_ int fd = openat(cgroup->fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return write(fd, "1", 1) == 1 ? 0 : -1;
}

/* Wait (at most a second) until the kernel has let go of the last process inside. */
static void wait_unpopulated(int fd)
{
	_cleanup_close_ int events = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd pollfd = { .fd = events, .events = POLLPRI };
	for (int i = 0; i < 10 && cgroup_is_populated(fd); i++)
		poll(&pollfd, 1, 100);
}

int cgroup_remove(struct cgroup *cgroup)
{
	if (cgroup->fd < 0)
		return 0;
	_cleanup_close_ int fd = take_fd(&cgroup->fd);
	if (rmdir(cgroup->path) < 0) {
		if (cgroup->left)
			return 0;
		wait_unpopulated(fd);
		if (cgroup_remove_at(AT_FDCWD, cgroup->path) < 0)
			return -1;
	}
	remove_parents(cgroup);
	return 0;
}
