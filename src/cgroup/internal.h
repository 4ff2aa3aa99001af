/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share. Outside it there is only cgroup.h.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"

/* What the names of directories begin with that cordon made up itself; then "PID-SALT". */
#define CGROUP_NAME_PREFIX "cordon-"

/* Note what could not be done. Returns -1. */
int cgroup_fail(struct cgroup *cgroup, const char *what, int err);

/* MOUNT, unless it is known. 0, or -1 with the reason noted. */
int cgroup_find_mount(struct cgroup *cgroup);

/*
 * The path in FILE, of the form of /proc/self/cgroup (cgroups(7)): the "0::" line; "" for the top.
 * In TEXTS, or NULL with errno (0: there is no such line).
 */
const char *cgroup_read_path(const char *file, struct cgroup_texts *texts);

/* OWN, unless it is known, and the MOUNT that shows it. 0, or -1 with the reason noted. */
int cgroup_find_own(struct cgroup *cgroup);

/* The bases of "auto", by their numbers, the best first. */
#define CGROUP_BASES CGROUP_ATTEMPTS_MAX

const char *cgroup_base_kind(unsigned number);

/* Fill BASE and BASE_KIND with that base, below MOUNT. 0, or -1 with the reason noted. */
int cgroup_find_base(struct cgroup *cgroup, unsigned number);

/* The same with the mount itself, for a name with a slash. */
int cgroup_find_top(struct cgroup *cgroup);

/* 0 if cordon may leave its own group, -1 with the reason noted if that is part of a run. */
int cgroup_refuse_nested(struct cgroup *cgroup);

/*
 * Have systemd move cordon to a scope, which is then OWN, and wait until it has, but not for
 * longer than seconds. 0, or -1 with the reason noted.
 */
int cgroup_enter_scope(struct cgroup *cgroup);

/*
 * Is DIRECTORY, open as FD, a unit of systemd's that was not delegated, as far as can be seen? There
 * systemd switches controllers off again as soon as its other units change.
 */
bool cgroup_is_ruled(const struct cgroup *cgroup, const char *directory, int fd);

/* If cordon has moved to a leaf, it goes back to where it was and the leaf is removed. */
void cgroup_leave_leaf(struct cgroup *cgroup);

/* A descriptor of a directory itself, close-on-exec; a symbolic link is refused. */
int cgroup_open_directory(int at, const char *name);

/*
 * A whole small file of the directory FD into TEXT, terminated; what does not fit is missing.
 * Returns its length, or -1.
 */
ssize_t cgroup_read_file(int fd, const char *name, char *text, size_t size);

/* The number after KEY (with its blank) at the start of a line, or USAGE_UNKNOWN. */
uint64_t cgroup_find_number(const char *text, const char *key);

/* Is there a process in the directory FD, or below it? */
bool cgroup_is_populated(int fd);

/* SIGKILL to everyone in the directory FD, and below it. 0, or -1 with errno. */
int cgroup_kill_at(int fd);

/* Wait (at most TENTHS of a second) until the kernel has let go of the last process inside. */
void cgroup_wait_unpopulated(int fd, int tenths);

/* Remove NAME in PARENT and every directory below it, whatever their modes. 0, or -1. */
int cgroup_remove_at(int parent, const char *name);
