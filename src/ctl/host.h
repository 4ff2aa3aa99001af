/* SPDX-License-Identifier: MIT */
/*
 * Single questions to the host.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line of a file of /proc or /sys without its newline. Its length, or -1 with errno. */
int host_read_line(const char *path, char *line, size_t size);

/* A file of /proc or /sys that is one number. 0, or -1 with errno (EINVAL: it is none). */
int host_read_number(const char *path, int64_t *number);

/* A line "KEY:\tVALUE" of /proc/self/status. 0, or -1 if there is none. */
int host_read_status(const char *key, char *value, size_t size);

/* Can PROGRAM be found, in PATH or where the administrator's programs are? */
bool host_has_program(const char *program);

/*
 * How this program has to be called from anywhere: its name where it is a command for everybody,
 * else the path that it was called by, quoted for a shell.
 */
void host_name_self(char *out, size_t size);

/* Is this the superuser, with CAP_SYS_ADMIN (in a container it may be missing)? */
bool host_is_admin(void);
