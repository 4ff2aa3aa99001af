/* SPDX-License-Identifier: MIT */
#include "gauge.h"

#include "process.h"

void gauge_read(struct gauge *gauge, const struct cgroup *cgroup, const struct usage *usage,
		struct tree *tree)
{
	uint64_t cpu_us = cgroup_cpu_us(cgroup), memory_bytes = cgroup_memory_bytes(cgroup);
	*gauge = (struct gauge){ .cpu_us = usage->user_us + usage->system_us };
	tree_scan(tree);
	for (size_t i = 0; i < tree->count; i++) {
		struct process process;
		if (process_read(tree->member[i].pid, &process) < 0 || process.dead)
			continue;
		gauge->processes++;
		gauge->cpu_us += process.cpu_us + process.children_us;
		gauge->memory_bytes += process.rss_bytes;
	}
	if (cpu_us != USAGE_UNKNOWN)
		gauge->cpu_us = cpu_us;
	if (memory_bytes != USAGE_UNKNOWN)
		gauge->memory_bytes = memory_bytes;
}
