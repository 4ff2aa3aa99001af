/* SPDX-License-Identifier: MIT */
/*
 * What runs of whoever asks would find of cgroups: the bases one after the other as runs try them
 * (cgroup.h), each with a directory that is made in it and a process that is started there. Both
 * are gone afterwards, and no controller is switched on for it.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "cgroup.h"

enum controller {
	CONTROLLER_CPU,
	CONTROLLER_MEMORY,
	CONTROLLER_PIDS,
	CONTROLLER_IO,
	CONTROLLER_COUNT
};

/* How near a base comes to having a controller; more is better. */
enum supply {
	SUPPLY_NONE,    /* it does not have it */
	SUPPLY_BLOCKED, /* it has, but the directory is not for cordon alone */
	SUPPLY_SWITCH,  /* the first run that wants it switches it on */
	SUPPLY_ON
};

struct supplier {
	enum supply supply;
	char base[PATH_MAX]; /* which has it */
};

struct survey {
	char mount[PATH_MAX];          /* "": there is none, for the reason below */
	char base[PATH_MAX], kind[16]; /* the first base that serves; "": none does */
	const char *what;              /* why none does, or there is no mount */
	char words[192];               /* where WHAT is kept */
	int err;
	bool made;     /* a directory could be made somewhere */
	int start_err; /* no process could be started in it, for this reason; 0: one could */
	bool has_kill; /* it has cgroup.kill */
	struct cgroup_attempt tried[CGROUP_ATTEMPTS_MAX]; /* the bases before */
	unsigned tried_count;
	struct supplier suppliers[CONTROLLER_COUNT];
};

void survey_make(struct survey *survey);

/* "cpu", "memory", … */
const char *survey_controller_name(enum controller controller);

/* Does a file of the group at PATH have WORD among its blank-separated words? */
bool survey_has_word(const char *path, const char *file, const char *word);
