/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal: the command sees a terminal, cordon has the other end of it (pty(7)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "parse.h"

/* What the terminal is to be like. */
struct pty_kind {
	int model;               /* a terminal to be like; -1: there is none */
	bool typed_at;           /* somebody sits at MODEL: with its echo and its line ends */
	struct screen_size size; /* 0: MODEL's, or 80 by 24 */
};

/*
 * Open one. *MASTER never waits; the terminal itself is *SLAVE, which is nobody's controlling
 * terminal yet. Where nobody types there is no echo, and lines end as the command ends them.
 * Returns 0, or -1 with errno.
 */
int pty_open(const struct pty_kind *kind, int *master, int *slave);

/*
 * Give it the size of the terminal MODEL, which the kernel tells those in its foreground. true if
 * it had another.
 */
bool pty_resize(int master, int model);

/*
 * What to type so that the command reads the end of its input: into OUT, how many bytes.
 * MID_LINE: what has been typed so far does not end in a newline.
 */
unsigned pty_end_of_input(int master, bool mid_line, char out[2]);

/* The signal of the last key in KEYS that the terminal makes one of: SIGINT or SIGQUIT; 0: of none. */
int pty_typed_signal(int master, const char *keys, size_t count);
