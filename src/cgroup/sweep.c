/* SPDX-License-Identifier: MIT */
/*
 * Removing directories, the run's own and those of dead runs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

static int remove_at(int parent, const char *name, int depth);

/* The directories that the command made inside, whatever modes it gave them. */
static void remove_children(int fd, int depth)
{
	_cleanup_close_ int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return;
	take_fd(&copy);
	rewinddir(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_at(fd, entry->d_name, depth);
	closedir(dir);
}

#define DEPTH_MAX 64 /* of descriptors held; what is deeper stays, and is said */

static int remove_at(int parent, const char *name, int depth)
{
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (depth >= DEPTH_MAX)
		return -1;
	if (fchmodat(parent, name, 0700, 0) < 0)
		return -1;
	_cleanup_close_ int fd = cgroup_open_directory(parent, name);
	if (fd < 0)
		return -1;
	remove_children(fd, depth + 1);
	return unlinkat(parent, name, AT_REMOVEDIR);
}

int cgroup_remove_at(int parent, const char *name)
{
	return remove_at(parent, name, 0);
}

/* The mark is on the directory, so that it goes with it. */
#define LEFT_MARK "user.cordon.left"

void cgroup_leave(struct cgroup *cgroup)
{
	if (cgroup->fd >= 0)
		fsetxattr(cgroup->fd, LEFT_MARK, "", 0, 0);
}

/* Only where the kernel says that there is no mark (ENODATA), not where it knows none. */
static bool was_left(int fd)
{
	return fgetxattr(fd, LEFT_MARK, NULL, 0) == 0 || errno != ENODATA;
}

static bool is_listed(int fd, pid_t pid)
{
	char procs[4096];
	if (cgroup_read_file(fd, "cgroup.procs", procs, sizeof(procs)) < 0)
		return false;
	for (char *at = procs; *at; at += *at == '\n')
		if ((pid_t)strtol(at, &at, 10) == pid)
			return true;
	return false;
}

/*
 * cgroup.kill spares whoever has lost his first thread (escalate.c). His number may be another's by
 * now, so he is held first, and then looked for again.
 */
static void kill_each(int fd)
{
	char procs[4096];
	if (cgroup_read_file(fd, "cgroup.procs", procs, sizeof(procs)) < 0)
		return;
	for (char *at = procs; *at; at += *at == '\n') {
		pid_t pid = (pid_t)strtol(at, &at, 10);
		_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (pidfd >= 0 && is_listed(fd, pid))
			syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	}
}

/*
 * A directory of a run whose cordon is dead: nobody holds its lock. Somebody is inside if all of
 * cordon was killed at once: then nobody was there to end them.
 */
static void sweep_one(int base, const char *name)
{
	pid_t pid = (pid_t)atoi(name + strlen(CGROUP_NAME_PREFIX));
	if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
		return;
	_cleanup_close_ int fd = cgroup_open_directory(base, name);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (cgroup_is_populated(fd)) {
		if (was_left(fd) || cgroup_kill_at(fd) < 0)
			return;
		cgroup_wait_unpopulated(fd, 1);
		kill_each(fd);
	}
	cgroup_remove_at(base, name);
}

/*
 * Calls VISIT for each directory of cordon's in DIRECTORY. Not by readdir(3): the run would keep
 * what that allocates (getdents64(2)).
 */
static void for_each(int directory, void (*visit)(int directory, const char *name))
{
	_Alignas(struct dirent) char room[2048];
	long size;
	while ((size = syscall(SYS_getdents64, directory, room, sizeof(room))) > 0) {
		const struct dirent *entry;
		for (long at = 0; at < size; at += entry->d_reclen) {
			entry = (const struct dirent *)(room + at);
			if (strncmp(entry->d_name, CGROUP_NAME_PREFIX,
				    strlen(CGROUP_NAME_PREFIX)) == 0)
				visit(directory, entry->d_name);
		}
	}
}

static void sweep_all(int parent, const char *base)
{
	_cleanup_close_ int fd = cgroup_open_directory(parent, base);
	if (fd >= 0)
		for_each(fd, sweep_one);
}

/* Each run has a scope of its own, which systemd removes when it is empty. */
static void sweep_scopes(const char *base)
{
	char slice[PATH_MAX];
	strcpy(slice, base);
	*strrchr(slice, '/') = '\0';
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, slice);
	if (fd >= 0)
		for_each(fd, sweep_all);
}

void cgroup_sweep(const struct cgroup *cgroup)
{
	if (cgroup->fd < 0)
		return;
	if (cgroup->in_scope) {
		sweep_scopes(cgroup->base);
		return;
	}
	/* ".", ".." and one for each directory: the run's own is usually alone. */
	struct stat base;
	if (stat(cgroup->base, &base) == 0 && base.st_nlink > 3)
		sweep_all(AT_FDCWD, cgroup->base);
}
