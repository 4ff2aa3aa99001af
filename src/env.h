/* SPDX-License-Identifier: MIT */
/*
 * The environment of the command: what cordon was given, changed step by step in the
 * order of the options.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A list of NAME=VALUE strings, NULL-terminated in VALUES. What cordon was given is borrowed,
 * the list itself included until an option changes it (ROOM is 0 so long); what options make is
 * owned.
 */
struct env {
	char **values;
	size_t count, room;
	char **own;
	size_t own_count;
	bool cleared; /* --clear-env: starts empty; then NAME alone keeps that one */
};

/* Release everything; ENV is all zeros afterwards, which is where every ENV starts. */
void env_fini(struct env *env);

/*
 * Start over with the strings of ENVIRONMENT (environ(7); NULL: none), which have to stay, or with
 * nothing if CLEAR. Returns 0, or -1 with errno ENOMEM. From here on VALUES is never NULL.
 */
int env_start(struct env *env, char *const *environment, bool clear);

/*
 * --env=ARG: "NAME=VALUE" sets; "NAME" takes the value that cordon was given
 * (ENVIRONMENT), and does nothing if there is none. What is set replaces every entry of
 * that name, in the first one's place. 0, or -1 with errno EINVAL or ENOMEM.
 */
int env_set(struct env *env, const char *arg, char *const *environment);

/* Remove every entry of NAME. 0, or -1 with errno EINVAL (NAME empty or with '='). */
int env_unset(struct env *env, const char *name);

/* The value of NAME, borrowed, or NULL. */
const char *env_get(const struct env *env, const char *name);

/*
 * The content of an --env-file: NAME=VALUE lines, blank lines and lines that start with
 * '#' skipped; NUL-separated (then without comments) if it contains a NUL. CRLF line
 * ends lose the CR. Values are literal: no quotes, no expansion. Returns 0, or -1 with
 * errno ENOMEM, or EINVAL and the number of the bad line (or NUL record) in *LINE: then
 * nothing of it was set.
 */
int env_parse_file(struct env *env, const char *content, size_t size, size_t *line);
