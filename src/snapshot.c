/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "process.h"

/* Process start times count from the boot, suspended time included. */
static uint64_t since_boot_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void read_command(struct snapshot_entry *entry, const char *short_name)
{
	size_t length =
		process_read_text(entry->pid, "cmdline", entry->command, sizeof(entry->command));
	while (length > 0 && entry->command[length - 1] == '\0')
		length--;
	for (size_t i = 0; i < length; i++)
		if (entry->command[i] == '\0')
			entry->command[i] = ' ';
	if (length == 0) /* a zombie has no command line any more */
		snprintf(entry->command, sizeof(entry->command), "%s", short_name);
}

static int read_entry(struct snapshot_entry *entry, pid_t pid)
{
	struct process process;
	if (process_read(pid, &process) < 0)
		return -1;
	uint64_t now_us = since_boot_us();
	*entry = (struct snapshot_entry){
		.pid = pid,
		.ppid = process.ppid,
		.state = process.state,
		.cpu_us = process.cpu_us,
		.rss_bytes = process.rss_bytes,
		.age_us = now_us > process.started_us ? now_us - process.started_us : 0,
	};
	read_command(entry, process.command);
	process_read_text(pid, "wchan", entry->wchan, sizeof(entry->wchan));
	if (strcmp(entry->wchan, "0") == 0)
		entry->wchan[0] = '\0';
	return 0;
}

void snapshot_take(struct snapshot *snapshot, const struct tree *tree, size_t total)
{
	size_t most = tree->count < SNAPSHOT_MAX ? tree->count : SNAPSHOT_MAX;
	*snapshot = (struct snapshot){ .total = total };
	if (most)
		snapshot->entry = calloc(most, sizeof(*snapshot->entry));
	for (size_t i = 0; snapshot->entry && i < most; i++)
		if (read_entry(&snapshot->entry[snapshot->count], tree->member[i].pid) == 0)
			snapshot->count++;
}

void snapshot_fini(struct snapshot *snapshot)
{
	free(snapshot->entry);
	*snapshot = (struct snapshot){ 0 };
}
