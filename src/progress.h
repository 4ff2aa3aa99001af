/* SPDX-License-Identifier: MIT */
/*
 * --progress: one line on standard error that says how the run is getting on. On a terminal it is
 * there only while the command has not begun a line of its own, and is taken back before anything
 * else is written; elsewhere it is a line like any other, now and then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gauge.h"
#include "relay/end.h"
#include "run.h"

struct progress {
	bool live;        /* the line can be taken back */
	bool shown;       /* and it is there now */
	int64_t due_ns;   /* when to show it next; NS_NEVER: there is none */
	int64_t shown_ns; /* when it last was */
	struct end out;
};

/* What the line says. */
struct progress_figures {
	int64_t elapsed_ns, limit_ns; /* NS_NEVER: no limit */
	struct gauge gauge;
	bool relayed; /* the command's output is, so that there are figures for it */
	uint64_t output_bytes;
	int64_t quiet_ns; /* since the last of them */
};

/* Nothing is shown. */
void progress_init(struct progress *progress);

/* RUN has started. */
void progress_start(struct progress *progress, const struct run *run);

/* Something else is about to be written: take the line back. It comes again by itself. */
void progress_clear(struct progress *progress);

/*
 * It is due: show it, unless the command is in the middle of a line, the terminal takes nothing or
 * is somebody else's. LAST_BYTE_NS is when the command's last output came.
 */
void progress_show(struct progress *progress, const struct run *run, struct tree *tree,
		   int64_t last_byte_ns);

/* The line into OUT, whole parts of it, as many as COLUMNS have room for. Returns OUT. */
const char *progress_format(char *out, size_t size, const struct progress_figures *figures,
			    size_t columns);

/* The line is gone, and comes no more. */
void progress_fini(struct progress *progress);
