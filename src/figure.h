/* SPDX-License-Identifier: MIT */
/*
 * Figures as people read them, in the report and while the run goes on.
 */
#pragma once

#include <stdint.h>

#define FIGURE_SIZE 32

/* 350us 2.1ms 350ms 12.4s 2m03s 1h02m 3d04h. Returns OUT, like the others. */
const char *figure_duration(char out[FIGURE_SIZE], uint64_t us);

/* 512 B, 9.8 KiB, 412 MiB, 1.5 GiB */
const char *figure_size(char out[FIGURE_SIZE], uint64_t bytes);
