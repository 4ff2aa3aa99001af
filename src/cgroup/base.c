/* SPDX-License-Identifier: MIT */
/*
 * What a run's directory may be made below. The kernel lets a process be born in a group only if
 * cgroup.procs of the nearest group above both it and cordon's own may be written to
 * (Documentation/admin-guide/cgroup-v2.rst, "Delegation Containment"): root always can, others
 * within what was delegated to them.
 *
 * A run inside a run must stay there: anywhere else it would be out of reach of the outer one's
 * limits and of its cgroup.kill. So it has no base but its own group.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

/* What "cordonctl cgroup-init" makes below the mount. */
#define PREPARED_NAME "cordon"

static int set_base(struct cgroup *cgroup, const char *kind, const char *base)
{
	cgroup->base = base;
	cgroup->base_kind = kind;
	return 0;
}

/* A run's directory is locked for as long as its cordon lives. */
static bool is_run(const char *directory)
{
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, directory);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* Is cordon's own group another run's, or below it? */
static bool is_nested(const struct cgroup *cgroup)
{
	char directory[PATH_MAX];
	size_t top = strlen(cgroup->mount);
	strcpy(directory, cgroup->own);
	while (!is_run(directory)) {
		if (strlen(directory) <= top)
			return false;
		*strrchr(directory, '/') = '\0';
	}
	return true;
}

int cgroup_refuse_nested(struct cgroup *cgroup)
{
	if (cgroup_find_own(cgroup) < 0)
		return -1;
	if (!is_nested(cgroup))
		return 0;
	return cgroup_fail(cgroup, "cordon is inside another run, and stays there", 0);
}

/* May processes be moved from where cordon is to BASE? */
static bool can_reach(const struct cgroup *cgroup, const char *base)
{
	char procs[PATH_MAX + 16];
	size_t length = strlen(base);
	bool inside = strncmp(cgroup->own, base, length) == 0 && strchr("/", cgroup->own[length]);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", inside ? base : cgroup->mount);
	return faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) == 0;
}

static int find_prepared(struct cgroup *cgroup)
{
	const char *base = cgroup_texts_join(&cgroup->texts, cgroup->mount, PREPARED_NAME);
	if (!base)
		return cgroup_fail(cgroup, "its path is too long", 0);
	if (faccessat(AT_FDCWD, base, W_OK, AT_EACCESS) < 0) {
		if (errno == ENOENT)
			return cgroup_fail(cgroup, "there is none", 0);
		return cgroup_fail(cgroup, "cannot write to it", errno);
	}
	if (cgroup_refuse_nested(cgroup) < 0)
		return -1;
	if (!can_reach(cgroup, base))
		return cgroup_fail(
			cgroup, "cordon is outside of it, and cannot start processes in it", errno);
	return set_base(cgroup, "prepared", base);
}

static int find_own(struct cgroup *cgroup)
{
	if (cgroup_find_own(cgroup) < 0)
		return -1;
	return set_base(cgroup, "own", cgroup->own);
}

static int find_scope(struct cgroup *cgroup)
{
	if (cgroup_enter_scope(cgroup) < 0)
		return -1;
	return set_base(cgroup, "systemd", cgroup->own);
}

static const struct {
	const char *kind;
	int (*find)(struct cgroup *cgroup);
} bases[CGROUP_BASES] = {
	{ "prepared", find_prepared },
	{ "own", find_own },
	{ "systemd", find_scope },
};

const char *cgroup_base_kind(unsigned number)
{
	return bases[number].kind;
}

int cgroup_find_base(struct cgroup *cgroup, unsigned number)
{
	if (bases[number].find(cgroup) == 0)
		return 0;
	cgroup->base = NULL;
	cgroup->base_kind = NULL;
	return -1;
}

int cgroup_find_top(struct cgroup *cgroup)
{
	if (cgroup_find_mount(cgroup) < 0)
		return -1;
	return set_base(cgroup, "mount", cgroup->mount);
}
