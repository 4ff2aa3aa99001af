/* SPDX-License-Identifier: MIT */
/*
 * The account of a run: exactly once, on every path, to every place that was asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "run.h"

struct jansson;

/* One place that a report goes to. */
struct report_sink {
	const struct report_spec *spec;
	int fd;       /* -1: could not be opened, or its record is written */
	bool owned;   /* opened here, so closed here */
	bool regular; /* a file of its own, which a failed write can be taken back from */
	bool replace; /* the record replaces what is in it */
};

struct report {
	struct report_sink *sinks; /* owned; one per report_spec */
	size_t count;
	struct jansson *jansson; /* owned; NULL unless a format needs it */
	char load_error[256];    /* why it could not be loaded */
	bool written;
};

/*
 * Open every report file (created if missing, not yet truncated) and load what writes
 * them. A descriptor of "fd:N" is checked, and kept from the command (FD_CLOEXEC). To be
 * called before cordon has descriptors of its own that are not close-on-exec.
 *
 * Returns 0, or -1 with *FAILURE filled (borrowing from REPORT) if one of them cannot be
 * had: the others are open, so that report_write() can tell them of the failure.
 */
int report_open(struct report *report, const struct spec *spec, struct failure *failure);

/*
 * Write the run's record to every sink, and the summary to stderr unless --quiet. A run
 * that was not started has no summary: its one line was the failure's. What cannot be
 * written is said on stderr; the exit status does not change. Only the first call writes.
 */
void report_write(struct report *report, struct run *run);

void report_fini(struct report *report);
