/* SPDX-License-Identifier: MIT */
#include "figure.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

const char *figure_duration(char out[FIGURE_SIZE], uint64_t us)
{
	uint64_t tenths = (us + 50000) / 100000, s = (us + 500000) / 1000000;

	if (us < 1000)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 "us", us);
	else if (us < 9950)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 ".%" PRIu64 "ms", (us + 50) / 1000,
			 (us + 50) / 100 % 10);
	else if (us < 999500)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 "ms", (us + 500) / 1000);
	else if (tenths < 600)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 ".%" PRIu64 "s", tenths / 10, tenths % 10);
	else if (s < 3600)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(out, FIGURE_SIZE, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
	return out;
}

const char *figure_size(char out[FIGURE_SIZE], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(out, FIGURE_SIZE, "%" PRIu64 " B", bytes);
		return out;
	}
	for (; bytes >= 1024 * 1024 - 512; bytes /= 1024)
		unit++;
	uint64_t tenths = (bytes * 10 + 512) / 1024;
	if (tenths < 100)
		snprintf(out, FIGURE_SIZE, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
			 units[unit]);
	else
		snprintf(out, FIGURE_SIZE, "%" PRIu64 " %s", (bytes + 512) / 1024, units[unit]);
	return out;
}
