/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers. Strict: the whole text must match, no leading or trailing
 * blanks, no sign where none makes sense, no locale.
 *
 * Every function returns 0 and fills *OUT, or returns -1 with *OUT untouched and
 * errno EINVAL (malformed) or ERANGE (well-formed, but outside the range).
 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A decimal integer from MIN to MAX. A sign, + or -, is good only if MIN is negative. */
int parse_integer(const char *text, int64_t min, int64_t max, int64_t *out);

/*
 * A duration to nanoseconds: decimal number (fraction and exponent allowed) with
 * us, ms, s, m, h or d (default s), compounds such as 1m30s, "infinity". 0 means
 * off and gives NS_NEVER, as "infinity" does. A positive value never becomes 0 and
 * one too large for the clock becomes NS_NEVER.
 */
int parse_duration(const char *text, int64_t *ns);

/*
 * The same for timeout(1): also hexadecimal numbers, "inf", leading blanks and a sign
 * where the value is not below 0 (all that strtod(3) takes), only s m h d, no compounds.
 * (POSIX.1-2024 timeout, GNU coreutils "timeout invocation".)
 */
int parse_timeout_duration(const char *text, int64_t *ns);

/* A decimal number, fraction allowed, times UNIT, rounded to nearest. */
int parse_scaled(const char *text, uint64_t unit, uint64_t *out);

/*
 * A size to bytes: a decimal number (fraction allowed, exponent not) with K M G T or KiB
 * MiB GiB TiB (1024), or KB MB GB TB (1000); alone it means bytes. Rounded to nearest.
 */
int parse_size(const char *text, uint64_t *bytes);

/*
 * A signal: TERM, SIGTERM, term, 15, RTMIN+1, RTMAX-2. 1 to SIGRTMAX (signal(7)) but for
 * those below SIGRTMIN that the C library keeps for itself (EINVAL).
 */
int parse_signal(const char *text, int *sig);

/*
 * "TERM", "RTMIN+1", … for SIG: the reverse of parse_signal(), without SIG. Its digits if
 * the C library keeps it for itself, "?" if it is no signal. Static storage.
 */
const char *parse_signal_name(int sig);

/*
 * A mode for umask(2): octal, or symbolic as umask(1) takes it (u=rwx,g=rx,o=), that is:
 * what to allow, starting from what the calling process's own mask allows.
 */
int parse_umask(const char *text, mode_t *mask);

/*
 * A list of processors as taskset(1) takes it: 0,2-5,8-14:2. Into a set of SIZE bytes;
 * ERANGE if it does not reach that far.
 */
int parse_cores(const char *text, cpu_set_t *set, size_t size);

/* The size of a terminal's screen, as in 80x24: columns and rows, 1 to 65535 of each. */
struct screen_size {
	unsigned short columns, rows;
};
int parse_screen_size(const char *text, struct screen_size *size);

/* true if TEXT is well-formed as NAME in NAME=VALUE of an environment: not empty, no '='. */
bool parse_is_env_name(const char *text);
