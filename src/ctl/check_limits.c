/* SPDX-License-Identifier: MIT */
/*
 * How many processes and pipes a run can have, whatever its own limits say.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl/diagnosis.h"
#include "ctl/host.h"

/* What the kernel starts with on a small machine; less was set by somebody. */
#define USUAL_PID_MAX 32768
#define USUAL_PIPE_PAGES 16384
#define FEW_PROCESSES 1024

/* A setting of sysctl(8) in its file below /proc/sys, as "kernel/pid_max". */
static void check_setting(struct diagnosis *diagnosis, const char *name, const char *file,
			  int64_t usual, const char *unit)
{
	char path[64];
	int64_t value;
	if (diagnosis_lacks_proc(diagnosis, name))
		return;
	snprintf(path, sizeof(path), "/proc/sys/%s", file);
	if (host_read_number(path, &value) < 0) {
		diagnosis_add(diagnosis, name, CHECK_DEGRADED, "%s cannot be read", path);
		return;
	}
	if (value == 0 || value >= usual) {
		diagnosis_add(diagnosis, name, CHECK_OK, value ? "%lld %s" : "no limit",
			      (long long)value, unit);
		return;
	}
	struct check *check = diagnosis_add(diagnosis, name, CHECK_DEGRADED, "only %lld %s",
					    (long long)value, unit);
	for (char *c = path; (c = strchr(c, '/'));)
		*c = '.';
	check_advise_admin(check, "sysctl -w %s=%lld", path + strlen(".proc.sys."),
			   (long long)usual);
}

static void show_limit(char *out, size_t size, rlim_t limit)
{
	if (limit == RLIM_INFINITY)
		snprintf(out, size, "unlimited");
	else
		snprintf(out, size, "%llu", (unsigned long long)limit);
}

static void check_process_limit(struct diagnosis *diagnosis)
{
	struct rlimit limit;
	char soft[24], hard[24];
	getrlimit(RLIMIT_NPROC, &limit);
	show_limit(soft, sizeof(soft), limit.rlim_cur);
	show_limit(hard, sizeof(hard), limit.rlim_max);
	if (geteuid() == 0) {
		diagnosis_add(diagnosis, "process-limit", CHECK_OK,
			      "soft %s, hard %s; does not hold the superuser", soft, hard);
	} else if (limit.rlim_cur >= FEW_PROCESSES) {
		diagnosis_add(diagnosis, "process-limit", CHECK_OK, "soft %s, hard %s", soft, hard);
	} else {
		struct check *check =
			diagnosis_add(diagnosis, "process-limit", CHECK_DEGRADED,
				      "only %s processes of this user (hard %s)", soft, hard);
		/* "$$": the shell that it is typed in */
		if (limit.rlim_max >= FEW_PROCESSES)
			check_advise(check, "prlimit --pid $$ --nproc=%s:", hard);
		else
			check_advise_admin(check, "prlimit --pid $$ --nproc=%d", USUAL_PID_MAX);
	}
}

void check_limits(struct diagnosis *diagnosis)
{
	check_setting(diagnosis, "pid-max", "kernel/pid_max", USUAL_PID_MAX, "process ids");
	check_process_limit(diagnosis);
	check_setting(diagnosis, "pipe-pages", "fs/pipe-user-pages-soft", USUAL_PIPE_PAGES,
		      "pages in the pipes of a user before they become small");
}
