/* SPDX-License-Identifier: MIT */
/*
 * The counters that the kernel keeps for the directory.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

ssize_t cgroup_read_file(int fd, const char *name, char *text, size_t size)
{
	_cleanup_close_ int file = openat(fd, name, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	size_t length = 0;
	ssize_t got;
	while (length < size - 1 && (got = read(file, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	return (ssize_t)length;
}

uint64_t cgroup_find_number(const char *text, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0)
			return strtoull(line + length, NULL, 10);
	}
	return USAGE_UNKNOWN;
}

static bool tell_populated(const char *events)
{
	return cgroup_find_number(events, "populated ") == 1;
}

bool cgroup_is_populated(int fd)
{
	char text[256];
	return cgroup_read_file(fd, "cgroup.events", text, sizeof(text)) > 0 &&
	       tell_populated(text);
}

int cgroup_watch(int fd)
{
	return openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
}

bool cgroup_watch_has_processes(int watch)
{
	char text[256];
	ssize_t got = pread(watch, text, sizeof(text) - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	return tell_populated(text);
}

void cgroup_wait_unpopulated(int fd, int tenths)
{
	_cleanup_close_ int watch = cgroup_watch(fd);
	struct pollfd pollfd = { .fd = watch, .events = POLLPRI };
	for (int i = 0; i < tenths && cgroup_watch_has_processes(watch); i++)
		poll(&pollfd, 1, 100);
}

static uint64_t read_number(const struct cgroup *cgroup, const char *name)
{
	char text[64];
	if (cgroup_read_file(cgroup->fd, name, text, sizeof(text)) <= 0 || text[0] < '0' ||
	    text[0] > '9')
		return USAGE_UNKNOWN;
	return strtoull(text, NULL, 10);
}

bool cgroup_has_processes(const struct cgroup *cgroup)
{
	return cgroup->fd >= 0 && cgroup_is_populated(cgroup->fd);
}

/* cgroup.procs has a line for each, but not for those in directories that the command made. */
long cgroup_count(const struct cgroup *cgroup)
{
	struct stat directory;
	char text[16384];
	long count = 0;
	ssize_t got;
	if (cgroup->fd < 0 || fstat(cgroup->fd, &directory) < 0 || directory.st_nlink > 2)
		return -1;
	_cleanup_close_ int fd = openat(cgroup->fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((got = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < got; i++)
			count += text[i] == '\n';
	return got < 0 ? -1 : count;
}

uint64_t cgroup_cpu_us(const struct cgroup *cgroup)
{
	char text[4096];
	if (cgroup->fd < 0 || cgroup_read_file(cgroup->fd, "cpu.stat", text, sizeof(text)) < 0)
		return USAGE_UNKNOWN;
	return cgroup_find_number(text, "usage_usec ");
}

uint64_t cgroup_memory_bytes(const struct cgroup *cgroup)
{
	return cgroup->fd < 0 ? USAGE_UNKNOWN : read_number(cgroup, "memory.current");
}

static void read_cpu(const struct cgroup *cgroup, struct usage *usage)
{
	char text[4096];
	if (cgroup_read_file(cgroup->fd, "cpu.stat", text, sizeof(text)) < 0)
		return;
	usage->cgroup_user_us = cgroup_find_number(text, "user_usec ");
	usage->cgroup_system_us = cgroup_find_number(text, "system_usec ");
}

/* "8:0 rbytes=1 wbytes=2 …", a line per device. */
static uint64_t sum_numbers(const char *text, const char *key)
{
	uint64_t sum = 0;
	for (const char *at = text; (at = strstr(at, key)); at += strlen(key))
		sum += strtoull(at + strlen(key), NULL, 10);
	return sum;
}

static uint64_t read_event(const struct cgroup *cgroup, const char *name, const char *key)
{
	char text[512];
	if (cgroup_read_file(cgroup->fd, name, text, sizeof(text)) <= 0)
		return USAGE_UNKNOWN;
	return cgroup_find_number(text, key);
}

static void read_io(const struct cgroup *cgroup, struct usage *usage)
{
	char text[16384];
	if (cgroup_read_file(cgroup->fd, "io.stat", text, sizeof(text)) < 0)
		return;
	usage->io_read_bytes = sum_numbers(text, " rbytes=");
	usage->io_written_bytes = sum_numbers(text, " wbytes=");
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", the same for "full". */
static uint64_t find_total(const char *text, const char *key)
{
	const char *line = strstr(text, key);
	const char *total = line ? strstr(line, "total=") : NULL;
	return total ? strtoull(total + strlen("total="), NULL, 10) : USAGE_UNKNOWN;
}

static void read_pressure(const struct cgroup *cgroup, const char *name, struct pressure *pressure)
{
	char text[512];
	if (cgroup_read_file(cgroup->fd, name, text, sizeof(text)) <= 0)
		return;
	pressure->some_us = find_total(text, "some ");
	pressure->full_us = find_total(text, "full ");
}

void cgroup_read(struct cgroup *cgroup, struct usage *usage)
{
	if (cgroup->fd < 0)
		return;
	ssize_t length = cgroup_read_file(cgroup->fd, "cgroup.controllers", cgroup->controllers,
					  sizeof(cgroup->controllers));
	if (length > 0)
		cgroup->controllers[strcspn(cgroup->controllers, "\n")] = '\0';
	read_cpu(cgroup, usage);
	read_io(cgroup, usage);
	usage->memory_peak_bytes = read_number(cgroup, "memory.peak");
	usage->pids_peak = read_number(cgroup, "pids.peak");
	usage->oom_kills = read_event(cgroup, "memory.events", "oom_kill ");
	usage->forks_denied = read_event(cgroup, "pids.events", "max ");
	read_pressure(cgroup, "cpu.pressure", &usage->cpu_pressure);
	read_pressure(cgroup, "memory.pressure", &usage->memory_pressure);
	read_pressure(cgroup, "io.pressure", &usage->io_pressure);
}
