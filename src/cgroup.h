/* SPDX-License-Identifier: MIT */
/*
 * The only file that knows cgroupfs (Documentation/admin-guide/cgroup-v2.rst). A struct cgroup
 * that is off answers every call by doing nothing, so that callers need no conditions.
 *
 * A run's directory is locked (flock(2)) for as long as its cordon lives: a directory of
 * cordon's whose lock is free belongs to a dead run and is swept by the next one.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "account.h"
#include "spec.h"

struct cgroup {
	int fd;                /* the run's own directory, locked; -1: off */
	char mount[PATH_MAX];  /* where cgroup2 is mounted; "" if it is not */
	char base[PATH_MAX];   /* what the run's directory is below; "" if none was found */
	char path[PATH_MAX];   /* the run's directory, "" if there is none */
	size_t made_below;     /* length of the part of PATH that was there before */
	const char *base_kind; /* "own" (cordon's own subtree) or "mount" (NAME with a slash) */
	bool created;
	bool left;             /* leftovers stay inside, so it was not removed */
	const char *what;      /* what could not be done, if there should be one and is not */
	int err;               /* its errno; 0: WHAT says it all */
	pid_t front;           /* cordon's front process, 0: none */
	uint64_t unenforced;   /* bit per limit of the spec that could not be put in force */
	char controllers[256]; /* cgroup.controllers of the directory, "" if none */
};

/* What is wrong with NAME as the path of a cgroup below another, in words; NULL: nothing. */
const char *cgroup_name_problem(const char *name);

/* Off, nothing owned. */
void cgroup_init(struct cgroup *cgroup);

/*
 * Create the directory that SPEC asks for. Returns 0 if there is one or none was wanted,
 * or -1 with WHAT and ERR set (the run may go on without).
 */
int cgroup_create(struct cgroup *cgroup, const struct spec *spec);

/*
 * Put LIMIT in force, switching on its controller where that is needed and allowed. Returns NULL,
 * or what is wrong (with errno; 0: the words say it all).
 */
const char *cgroup_set_limit(const struct cgroup *cgroup, const struct tree_limit *limit);

/* It turned out to be unusable: note why, remove it, go on without. */
void cgroup_give_up(struct cgroup *cgroup, const char *what, int err);

/* Remove the directories of dead runs beside this one's. */
void cgroup_sweep(const struct cgroup *cgroup);

/* SIGKILL to everyone inside, at once (cgroup.kill). 0, or -1 with errno. */
int cgroup_kill(const struct cgroup *cgroup);

/* CPU time of everyone who is or was inside, in microseconds, or USAGE_UNKNOWN. */
uint64_t cgroup_cpu_us(const struct cgroup *cgroup);

/* Is anybody inside? false if there is no cgroup. */
bool cgroup_has_processes(const struct cgroup *cgroup);

/* Read every counter into USAGE, and CONTROLLERS. What is missing stays unknown. */
void cgroup_read(struct cgroup *cgroup, struct usage *usage);

/*
 * Remove the directory and every directory that the command made below it. Returns 0,
 * or -1 with errno (EBUSY: somebody is still inside). Closes everything either way.
 */
int cgroup_remove(struct cgroup *cgroup);
