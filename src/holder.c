/* SPDX-License-Identifier: MIT */
#include "holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* This process, or the front, which has its descriptors (front.h). */
static bool is_cordon(pid_t pid)
{
	return pid == getpid() || pid == getppid();
}

unsigned holder_find(int fd, struct holder *holder, unsigned most)
{
	struct stat pipe;
	DIR *dir = opendir("/proc");
	if (!dir || fstat(fd, &pipe) < 0) {
		if (dir)
			closedir(dir);
		return 0;
	}
	char target[64];
	snprintf(target, sizeof(target), "pipe:[%lu]", (unsigned long)pipe.st_ino);
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
