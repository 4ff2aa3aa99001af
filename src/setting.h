/* SPDX-License-Identifier: MIT */
/*
 * One option as it was written, and how to say what is wrong with it. Nothing is running
 * yet: whatever goes wrong while options are read ends the process with status 125.
 */
#pragma once

#include <stddef.h>

#include "optable.h"

/* Where an option was written, for messages. */
struct origin {
	const char *name; /* of the --config file, "CORDON_OPTIONS", or NULL: the command line */
	unsigned line;    /* in the file; 0: none */
};

struct setting {
	const struct option_row *row;
	const char *argument; /* NULL: none */
	struct origin origin;
};

/* A mistake in SETTING, whose option is named: msg_misuse(). */
void setting_misuse(const struct setting *setting, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* A mistake at ORIGIN that is not one option's: msg_misuse(). */
void setting_misuse_at(const struct origin *origin, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* "invalid WHAT 'x'", or that it is out of range, as errno says. */
void setting_misuse_value(const struct setting *setting, const char *what)
	__attribute__((noreturn));

/* There is no memory for the options. */
void setting_no_memory(void) __attribute__((noreturn));

/* "--memory=1G", as the user might have written it; owned. Does not return without memory. */
char *setting_text(const struct setting *setting);

/* realloc(3) for COUNT elements of SIZE bytes; does not return without memory. */
void *setting_grow(void *array, size_t count, size_t size);
