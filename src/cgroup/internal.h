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

/*
 * Fill MOUNT, BASE and BASE_KIND: what the run's directory is to be below. Returns 0, or -1
 * with the reason noted.
 */
int cgroup_find_base(struct cgroup *cgroup, const struct spec *spec);

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

/* Remove NAME in PARENT and every directory below it, whatever their modes. 0, or -1. */
int cgroup_remove_at(int parent, const char *name);
