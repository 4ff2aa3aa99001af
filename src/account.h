/* SPDX-License-Identifier: MIT */
/*
 * What the run cost: wait4(2)'s rusage of every process that was reaped, and the
 * counters of the cgroup where there is one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#define USAGE_UNKNOWN UINT64_MAX /* a figure that this host or this run cannot give */

/* Totals of one pressure file (Documentation/accounting/psi.rst), or USAGE_UNKNOWN. */
struct pressure {
	uint64_t some_us, full_us;
};

struct usage {
	/* From wait4: every reaped process and the children that it had waited for. */
	uint64_t reaped; /* processes */
	uint64_t user_us, system_us;
	uint64_t max_rss_bytes; /* of the largest single process */
	uint64_t minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches;
	uint64_t block_in, block_out; /* file system block operations */

	/* From the cgroup; USAGE_UNKNOWN where it, or the file, is missing. */
	uint64_t cgroup_user_us, cgroup_system_us;
	uint64_t memory_peak_bytes;
	uint64_t pids_peak;
	uint64_t io_read_bytes, io_written_bytes;
	uint64_t oom_kills;    /* processes inside that the out-of-memory killer ended */
	uint64_t forks_denied; /* for lack of room under pids.max */
	struct pressure cpu_pressure, memory_pressure, io_pressure;
};

/* Nothing used, every cgroup figure unknown. */
void usage_init(struct usage *usage);

/* Add what wait4(2) said of one reaped child. */
void usage_add(struct usage *usage, const struct rusage *rusage);

/* CPU time of the tree in microseconds: the cgroup's figure where known, else wait4's. */
uint64_t usage_user_us(const struct usage *usage);
uint64_t usage_system_us(const struct usage *usage);
