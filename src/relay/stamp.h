/* SPDX-License-Identifier: MIT */
/*
 * The time as text in front of a line. Most of it is the same for all lines of a second, and is
 * made once for them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define STAMP_BYTES 64

struct stamp {
	char text[STAMP_BYTES]; /* ends in no blank */
	size_t length;
	time_t second;   /* that TEXT was made for */
	size_t fraction; /* where in TEXT it has its microseconds */
};

void stamp_init(struct stamp *stamp);

/* RFC 3339 with microseconds: local time with its offset, as in the report. */
void stamp_now(struct stamp *stamp);

/* Seconds since START_NS (CLOCK_MONOTONIC), with microseconds, to a width of 12. */
void stamp_since(struct stamp *stamp, int64_t start_ns);
