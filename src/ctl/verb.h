/* SPDX-License-Identifier: MIT */
/*
 * One verb of cordonctl, and its command line. The verbs themselves are the files that have
 * a struct verb; ctl.c lists them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "optable.h"
#include "scan.h"

struct verb {
	char name[16];
	char summary[64];
	const char *help; /* what "cordonctl NAME --help" shows */
	const struct option_row *rows;
	size_t row_count;
	int (*run)(char *const *words); /* the words behind the name; returns the exit status */
};

extern const struct verb verb_doctor, verb_cgroup_init;

/* What cordonctl ends with, beside 125 (outcome.h). */
enum verb_status {
	VERB_DONE = 0,
	VERB_FAILED = 1 /* cgroup-init: a step failed; doctor: what runs need is missing */
};

/* The scanner of VERB's WORDS. */
struct scan verb_scan(const struct verb *verb, char *const *words);

/*
 * The next option, or false after the last one. Does not return for a mistake, an operand
 * (verbs have none), or --help.
 */
bool verb_next(const struct verb *verb, struct scan *scan, struct scanned *scanned);

/* Write out what is in stdout's buffer: STATUS, or 125 and a message if it cannot be written. */
int verb_finish(int status);
