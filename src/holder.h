/* SPDX-License-Identifier: MIT */
/*
 * Who has a pipe or a terminal open: found through /proc/PID/fd (proc(5)), for processes that cordon may
 * look at.
 */
#pragma once

#include <sys/types.h>

struct holder {
	pid_t pid;
	char command[16]; /* the kernel's short name */
};

/*
 * Fill HOLDER with at most MOST processes other than cordon that have the pipe behind FD, or its terminal,
 * open. Returns how many.
 */
unsigned holder_find(int fd, struct holder *holder, unsigned most);
