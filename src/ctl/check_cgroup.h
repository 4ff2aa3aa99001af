/* SPDX-License-Identifier: MIT */
/*
 * What the two files of checks of cgroups share.
 */
#pragma once

#include "ctl/diagnosis.h"
#include "ctl/survey.h"

/* Where the kernel has a controller. */
enum place {
	PLACE_UNKNOWN,
	PLACE_VERSION1,
	PLACE_VERSION2, /* or nowhere yet */
	PLACE_OFF,      /* switched off at boot */
	PLACE_ABSENT    /* not compiled in */
};

enum place check_controller_place(enum controller controller);

/* The controllers, and the files that depend on them. */
void check_controllers(struct diagnosis *diagnosis, const struct survey *survey);

/* Boot with version 2 alone. */
void check_advise_version2(struct check *check);

/* Have cgroup-init make a directory that serves whoever asks. */
void check_advise_prepare(struct check *check, const struct survey *survey);
