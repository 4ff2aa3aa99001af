/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

/* The fields after the command, numbered as in proc(5). */
enum {
	STAT_STATE = 3,
	STAT_PPID = 4,
	STAT_GROUP = 5,
	STAT_TTY = 7,
	STAT_FOREGROUND_GROUP = 8,
	STAT_UTIME = 14,
	STAT_STIME,
	STAT_CUTIME,
	STAT_CSTIME,
	STAT_THREADS = 20,
	STAT_STARTTIME = 22,
	STAT_RSS = 24,
	STAT_COUNT
};

static uint64_t ticks_to_us(const char *field)
{
	return strtoull(field, NULL, 10) * (1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

static int parse(const char *text, struct process *process)
{
	/* "PID (COMMAND) STATE PPID …": the command may hold anything, ')' included. */
	const char *begin = strchr(text, '('), *at = strrchr(text, ')');
	const char *field[STAT_COUNT];
	if (!begin || !at)
		return -1;
	snprintf(process->command, sizeof(process->command), "%.*s", (int)(at - begin - 1),
		 begin + 1);
	for (int i = STAT_STATE; i < STAT_COUNT; i++) {
		at = strchr(at, ' ');
		if (!at)
			return -1;
		field[i] = ++at;
	}
	process->state = *field[STAT_STATE];
	process->dead = process->state == 'Z' && strtol(field[STAT_THREADS], NULL, 10) <= 1;
	process->ppid = (pid_t)strtol(field[STAT_PPID], NULL, 10);
	process->group = (pid_t)strtol(field[STAT_GROUP], NULL, 10);
	process->tty = (unsigned)strtol(field[STAT_TTY], NULL, 10);
	process->foreground_group = (pid_t)strtol(field[STAT_FOREGROUND_GROUP], NULL, 10);
	process->cpu_us = ticks_to_us(field[STAT_UTIME]) + ticks_to_us(field[STAT_STIME]);
	process->children_us = ticks_to_us(field[STAT_CUTIME]) + ticks_to_us(field[STAT_CSTIME]);
	process->started_us = ticks_to_us(field[STAT_STARTTIME]);
	process->rss_bytes = strtoull(field[STAT_RSS], NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

size_t process_read_text(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
	size_t length = got > 0 ? (size_t)got : 0;
	text[length] = '\0';
	return length;
}

int process_read(pid_t pid, struct process *process)
{
	char text[1024];
	return process_read_text(pid, "stat", text, sizeof(text)) ? parse(text, process) : -1;
}

bool process_ignores(pid_t pid, int sig)
{
	static const char set[] = "\nSigIgn:";
	char status[4096];
	const char *line = NULL;
	if (process_read_text(pid, "status", status, sizeof(status)))
		line = strstr(status, set);
	return line && strtoull(line + strlen(set), NULL, 16) >> (sig - 1) & 1;
}
