/* SPDX-License-Identifier: MIT */
/*
 * The words of a command line, by a table of options: "--opt=value", "--opt value",
 * "-o value", "-ovalue", "-qvovalue", up to the first operand or "--". What
 * getopt_long(3) does, but without permutation, without messages of its own, and with
 * abbreviations only where they are asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "optable.h"

struct scan {
	const struct option_row *rows;
	size_t row_count;
	bool abbreviate;    /* the beginning of a long name will do if it is the only one */
	char *const *words; /* NULL-terminated */
	int next;           /* index of the word to look at; at the end, of the first operand */
	const char *bundle; /* what is left of a word of short options, or NULL */
};

enum scan_result {
	SCAN_OPTION,
	SCAN_END, /* the first operand, or the end */
	SCAN_UNKNOWN,
	SCAN_AMBIGUOUS,        /* with abbreviations: several begin so */
	SCAN_WITHOUT_ARGUMENT, /* it needs one */
	SCAN_WITH_ARGUMENT     /* it takes none */
};

struct scanned {
	const struct option_row *row; /* NULL if SCAN_UNKNOWN or SCAN_AMBIGUOUS */
	const char *argument;         /* NULL: none */
	const char *word;             /* of a long option: what follows "--" */
	size_t length;                /* of the name in it, so without "=value" */
	char letter;                  /* of a short option, else 0 */
};

/* The next option into *SCANNED. */
enum scan_result scan_next(struct scan *scan, struct scanned *scanned);
