/* SPDX-License-Identifier: MIT */
/*
 * The only writer of diagnostics. Every message is one line on stderr, written
 * with one write(2), of the form
 *
 *     cordon: <what the user named>: <what could not be done>: <errno text>
 *
 * Control characters and bytes that are not UTF-8 arrive escaped (\n, \x1b), so
 * that neither a file name nor an argument can forge a line or drive a terminal.
 * No function here changes errno.
 */
#pragma once

#include <stddef.h>

/* The name that starts every line: "cordon" unless set. Borrowed. */
void msg_set_program(const char *name);
const char *msg_program(void);

/*
 * One line "PROGRAM: TEXT". The text is formatted first and escaped afterwards;
 * quoting is the format's business: msg_warn("invalid duration '%s'", text).
 */
void msg_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* msg_warn() with ": <errno text>" appended. */
void msg_warn_errno(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The user's mistake: the line, then the hint "Try 'PROGRAM --help' for more
 * information.", then exit with status 125. Only before the child exists.
 */
void msg_misuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The end of msg_misuse() alone: the hint line and exit with status 125. */
void msg_hint(void) __attribute__((noreturn));

/*
 * Write TEXT escaped as above into OUT (SIZE bytes, always terminated; what does not
 * fit ends in "..."). Returns OUT.
 */
char *msg_escape(char *out, size_t size, const char *text);

/* errno's text, as strerror(3) without a locale has it. Static storage. */
const char *msg_errno_text(int err);
