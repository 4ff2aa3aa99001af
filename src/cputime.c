/* SPDX-License-Identifier: MIT */
#include "cputime.h"

#include <unistd.h>

#include "clock.h"
#include "process.h"

uint64_t cputime_tree_us(const struct cgroup *cgroup, const struct usage *usage, struct tree *tree)
{
	uint64_t total_us = cgroup_cpu_us(cgroup);
	if (total_us != USAGE_UNKNOWN)
		return total_us;
	total_us = usage->user_us + usage->system_us;
	tree_scan(tree);
	for (size_t i = 0; i < tree->count; i++) {
		struct process process;
		if (process_read(tree->member[i].pid, &process) == 0)
			total_us += process.cpu_us + process.children_us;
	}
	struct process init;
	if (tree->init && process_read(tree->init, &init) == 0)
		total_us += init.children_us;
	return total_us;
}

#define LOOK_MIN_NS (5 * NS_PER_MS)

int64_t cputime_next_look_ns(int64_t left_ns)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t look_ns = left_ns / (processors > 0 ? processors : 1);
	return look_ns > LOOK_MIN_NS ? look_ns : LOOK_MIN_NS;
}
