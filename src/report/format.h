/* SPDX-License-Identifier: MIT */
/*
 * The formats of a report, one file each: everything that is known of a run, as text. Each
 * returns the whole record, newline included, owned by the caller, or NULL with errno.
 */
#pragma once

#include <stdbool.h>

#include "../run.h"

struct jansson;

/* The summary: one line, or the block of --verbose that starts with the same line. */
char *report_human(const struct run *run, bool verbose);

/*
 * What report.schema.json describes, as one line or laid out for reading. RUN changes in that
 * its streams' tails are straightened.
 */
char *report_json(struct run *run, const struct jansson *jansson, bool one_line);
