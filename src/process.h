/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says of one process: /proc/PID/stat (proc(5)).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	char command[16]; /* the kernel's short name for it */
	char state;       /* R S D T t Z …; of its first thread */
	bool dead;        /* a zombie, all of it: its first thread may have ended alone */
	pid_t ppid, group;
	unsigned tty;           /* its controlling terminal's number, 0: none */
	pid_t foreground_group; /* of that terminal; -1: none */
	uint64_t cpu_us;        /* its own, user and system */
	uint64_t children_us;   /* of children that it has waited for */
	uint64_t started_us;    /* after the boot, CLOCK_BOOTTIME */
	uint64_t rss_bytes;
};

/* Returns 0, or -1 if there is no such process or no /proc. */
int process_read(pid_t pid, struct process *process);

/*
 * The file NAME of /proc/PID into TEXT, as much as there is room for, terminated. Returns its length,
 * 0 if there is none.
 */
size_t process_read_text(pid_t pid, const char *name, char *text, size_t size);

/* Does it ignore the signal SIG (/proc/PID/status)? */
bool process_ignores(pid_t pid, int sig);
