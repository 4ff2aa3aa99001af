/* SPDX-License-Identifier: MIT */
#include "holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"

/* true if a descriptor of the process is a link to TARGET ("pipe:[123]"). */
static bool has_open(pid_t pid, const char *target)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	bool found = false;
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		char link[64];
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (length > 0) {
			link[length] = '\0';
			found = strcmp(link, target) == 0;
		}
	}
	closedir(dir);
	return found;
}

/* What FD is at its other end, in the words of /proc/PID/fd: a pipe, or a terminal. */
static int name_target(int fd, char *target, size_t size)
{
	struct stat pipe;
	unsigned number;
	if (ioctl(fd, TIOCGPTN, &number) == 0)
		return snprintf(target, size, "/dev/pts/%u", number);
	if (fstat(fd, &pipe) < 0)
		return -1;
	return snprintf(target, size, "pipe:[%lu]", (unsigned long)pipe.st_ino);
}

/* This process, or the front, which has its descriptors (front.h). */
static bool is_cordon(pid_t pid)
{
	return pid == getpid() || pid == getppid();
}

unsigned holder_find(int fd, struct holder *holder, unsigned most)
{
	char target[64];
	DIR *dir = name_target(fd, target, sizeof(target)) < 0 ? NULL : opendir("/proc");
	if (!dir)
		return 0;
	unsigned count = 0;
	for (struct dirent *entry; count < most && (entry = readdir(dir));) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		struct process process;
		if (pid <= 0 || is_cordon(pid) || !has_open(pid, target))
			continue;
		if (process_read(pid, &process) < 0)
			continue;
		holder[count].pid = pid;
		memcpy(holder[count].command, process.command, sizeof(process.command));
		count++;
	}
	closedir(dir);
	return count;
}
