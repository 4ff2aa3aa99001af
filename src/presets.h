/* SPDX-License-Identifier: MIT */
/*
 * Options from elsewhere than the command line, as text: the words of CORDON_OPTIONS
 * and the lines of a --config file. What they mean is not looked at here.
 */
#pragma once

#include <stddef.h>

/*
 * Split TEXT in place as sh(1) would, without any expansion: blanks separate, 'single'
 * and "double" quotes and backslashes keep together. Returns a NULL-terminated array,
 * to be freed, of words inside TEXT; or NULL with *PROBLEM in words (NULL: no memory).
 */
char **presets_split(char *text, const char **problem);

/* No --config file is larger. */
#define PRESETS_FILE_LIMIT (1024 * 1024)

/* A --config file while it is read. */
struct presets {
	char *next;          /* the rest of the text */
	size_t size;         /* of the rest */
	unsigned line;       /* number of the line that was read, from 1 */
	const char *section; /* that it is in: the profile's name, NULL above the first */
	char problem[128];   /* what is wrong with it */
};

/* One "name = value" line, or the start of a section. */
struct preset {
	const char *name;  /* NULL: SECTION has changed */
	const char *value; /* NULL: the name alone */
};

/* Start with TEXT, SIZE bytes with a NUL behind them, which is changed in place. */
void presets_init(struct presets *presets, char *text, size_t size);

/*
 * The next line that says something, into PRESET, whose strings are inside the text;
 * blank lines and comments are passed over. Returns 1, 0 at the end, or -1 with PROBLEM
 * filled: it may quote a name, but never a value.
 */
int presets_next(struct presets *presets, struct preset *preset);
