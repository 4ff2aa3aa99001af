/* SPDX-License-Identifier: MIT */
#include "account.h"

void usage_init(struct usage *usage)
{
	const struct pressure unknown = { USAGE_UNKNOWN, USAGE_UNKNOWN };
	*usage = (struct usage){
		.cgroup_user_us = USAGE_UNKNOWN,
		.cgroup_system_us = USAGE_UNKNOWN,
		.memory_peak_bytes = USAGE_UNKNOWN,
		.pids_peak = USAGE_UNKNOWN,
		.io_read_bytes = USAGE_UNKNOWN,
		.io_written_bytes = USAGE_UNKNOWN,
		.oom_kills = USAGE_UNKNOWN,
		.forks_denied = USAGE_UNKNOWN,
		.cpu_pressure = unknown,
		.memory_pressure = unknown,
		.io_pressure = unknown,
	};
}

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

void usage_add(struct usage *usage, const struct rusage *rusage)
{
	usage->reaped++;
	usage->user_us += microseconds(rusage->ru_utime);
	usage->system_us += microseconds(rusage->ru_stime);
	uint64_t rss_bytes = (uint64_t)rusage->ru_maxrss * 1024;
	if (rss_bytes > usage->max_rss_bytes)
		usage->max_rss_bytes = rss_bytes;
	usage->minor_faults += (uint64_t)rusage->ru_minflt;
	usage->major_faults += (uint64_t)rusage->ru_majflt;
	usage->voluntary_switches += (uint64_t)rusage->ru_nvcsw;
	usage->involuntary_switches += (uint64_t)rusage->ru_nivcsw;
	usage->block_in += (uint64_t)rusage->ru_inblock;
	usage->block_out += (uint64_t)rusage->ru_oublock;
}

uint64_t usage_user_us(const struct usage *usage)
{
	return usage->cgroup_user_us == USAGE_UNKNOWN ? usage->user_us : usage->cgroup_user_us;
}

uint64_t usage_system_us(const struct usage *usage)
{
	return usage->cgroup_system_us == USAGE_UNKNOWN ? usage->system_us
							: usage->cgroup_system_us;
}
