/* SPDX-License-Identifier: MIT */
/*
 * The only file that knows cgroupfs (Documentation/admin-guide/cgroup-v2.rst). A struct cgroup
 * that is off answers every call by doing nothing, so that callers need no conditions.
 *
 * A run's directory is locked (flock(2)) for as long as its cordon lives: a directory of
 * cordon's whose lock is free belongs to a dead run and is swept by the next one, which also kills
 * whoever is still inside, unless the run has left them on purpose.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "account.h"
#include "cgroup/texts.h"
#include "spec.h"

#define CGROUP_ATTEMPTS_MAX 3

/* A base that did not serve. */
struct cgroup_attempt {
	const char *kind;
	char what[192]; /* why not */
	int err;        /* errno of that; 0: WHAT says it all */
};

/*
 * The bases that "auto" has, the best first, by their kinds: "prepared" is the directory that
 * "cordonctl cgroup-init" makes, "own" is cordon's own group, "systemd" is a scope from systemd.
 * One serves if a directory can be made in it, the command started there, and every limit put in
 * force. A fourth kind, "mount", is what a NAME with a slash is below.
 */
struct cgroup {
	int fd;                /* the run's own directory, locked; -1: off */
	bool unusual;          /* MOUNT is not at one of the usual places */
	bool needed;           /* there is no run without, so systemd is waited for longer */
	bool in_scope;         /* systemd has moved cordon */
	bool lives_on;         /* the command outlives cordon if that is killed */
	bool created;          /* there is a directory, or was one */
	bool left;             /* leftovers stay inside, so it was not removed */
	const char *mount;     /* where cgroup2 is mounted; NULL if it is not, or not looked for */
	const char *own;       /* the directory of cordon's own group; NULL: not looked for */
	const char *base;      /* what the run's directory is below; NULL if none was found */
	char *path;            /* the run's directory, NULL if there is none */
	size_t made_below;     /* length of the part of PATH that was there before */
	const char *base_kind; /* NULL: there is no base */
	unsigned number;       /* of the base among those of "auto" */
	int fallback;          /* the last of them that had a directory; -1: none */
	const char *what;      /* what could not be done, if there should be one and is not */
	int err;               /* its errno; 0: WHAT says it all */
	pid_t front;           /* cordon's front process, 0: none */
	pid_t leaf;            /* in the name of the leaf that cordon has gone to; 0: none */
	uint64_t unenforced;   /* bit per limit of the spec that could not be put in force */
	unsigned tried_count;
	struct cgroup_attempt tried[CGROUP_ATTEMPTS_MAX]; /* the bases before this one, or all */
	struct cgroup_texts texts;                        /* for the paths */
	char left_group[PATH_MAX];                        /* what cordon went to the leaf from */
	char words[256];                                  /* for WHAT, where it is made up */
	char refusal[256];     /* why the last limit could not be put in force */
	char controllers[256]; /* cgroup.controllers of the directory, "" if none */
};

/* What is wrong with NAME as the path of a cgroup below another, in words; NULL: nothing. */
const char *cgroup_name_problem(const char *name);

/*
 * Off, nothing owned. CGROUP is all zeros before; its long texts are left alone, so that a run
 * without a cgroup needs no memory for them.
 */
void cgroup_init(struct cgroup *cgroup);

/*
 * Create the directory that SPEC asks for. Returns 0 if there is one or none was wanted,
 * or -1 with WHAT and ERR set (the run may go on without).
 */
int cgroup_create(struct cgroup *cgroup, const struct spec *spec);

/*
 * The directory does not serve, for a reason like those of struct cgroup_attempt: remove it, and
 * create one below the next base. Returns like cgroup_create().
 */
int cgroup_next(struct cgroup *cgroup, const struct spec *spec, const char *what, int err);

/*
 * There is no base in which every limit of SPEC holds: create the directory below the last one
 * that could be had. Returns like cgroup_create().
 */
int cgroup_settle(struct cgroup *cgroup, const struct spec *spec);

/*
 * Put LIMIT in force, switching on its controller where that is needed and allowed. Returns NULL,
 * or what is wrong (with errno; 0: the words say it all), which lives until the next call.
 */
const char *cgroup_set_limit(struct cgroup *cgroup, const struct tree_limit *limit);

/* Leftovers stay inside: the directory is not removed, and no later run ends them. */
void cgroup_leave(struct cgroup *cgroup);

/* Remove the directories of dead runs beside this one's. */
void cgroup_sweep(const struct cgroup *cgroup);

/* SIGKILL to everyone inside, at once (cgroup.kill). 0, or -1 with errno. */
int cgroup_kill(const struct cgroup *cgroup);

/* CPU time of everyone who is or was inside, in microseconds, or USAGE_UNKNOWN. */
uint64_t cgroup_cpu_us(const struct cgroup *cgroup);

/* How many processes are inside; -1: there is no cgroup, or its file does not tell. */
long cgroup_count(const struct cgroup *cgroup);

/* Memory of everyone inside, in bytes, or USAGE_UNKNOWN. */
uint64_t cgroup_memory_bytes(const struct cgroup *cgroup);

/* Is anybody inside? false if there is no cgroup. */
bool cgroup_has_processes(const struct cgroup *cgroup);

/*
 * To wait until nobody is inside the directory FD: a descriptor for poll(2), which says POLLPRI when
 * cgroup_watch_has_processes() may have another answer than the last time. -1 with errno.
 */
int cgroup_watch(int fd);
bool cgroup_watch_has_processes(int watch);

/* Read every counter into USAGE, and CONTROLLERS. What is missing stays unknown. */
void cgroup_read(struct cgroup *cgroup, struct usage *usage);

/*
 * Remove the directory and every directory that the command made below it. Returns 0,
 * or -1 with errno (EBUSY: somebody is still inside). Closes everything either way.
 */
int cgroup_remove(struct cgroup *cgroup);
