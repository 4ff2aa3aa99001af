/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "msg.h"

static int fail(struct run *run, const char *step, const char *what, int err)
{
	run->outcome.failure = (struct failure){
		.step = step, .what = what, .err = err, .status = STATUS_CORDON
	};
	return -1;
}

/* "--cgroup=NAME", or what else asked for a cgroup. */
static void name_cgroup_option(char *out, size_t size, const struct spec *spec)
{
	if (spec->cgroup == CGROUP_NAMED)
		snprintf(out, size, "--cgroup=%s", spec->cgroup_name);
	else
		snprintf(out, size, "--require-cgroup");
}

/*
 * A name that the user gave and cannot have is worth a warning. That cordon found no place of
 * its own is the rule for ordinary users: the summary and the report say so.
 */
static void warn_of_cgroup(const struct cgroup *cgroup, const struct spec *spec)
{
	char option[512];
	if (spec->cgroup != CGROUP_NAMED)
		return;
	name_cgroup_option(option, sizeof(option), spec);
	if (cgroup->err)
		msg_warn_errno(cgroup->err, "%s: %s", option, cgroup->what);
	else
		msg_warn("%s: %s", option, cgroup->what);
}

static int require_cgroup(struct run *run)
{
	struct failure *failure = &run->outcome.failure;
	if (!run->spec->require_cgroup || run->cgroup.fd >= 0)
		return 0;
	fail(run, "cgroup", run->cgroup.what, run->cgroup.err);
	name_cgroup_option(failure->option, sizeof(failure->option), run->spec);
	return -1;
}

static int create(struct run *run)
{
	if (cgroup_create(&run->cgroup, run->spec) == 0)
		return 0;
	if (require_cgroup(run) < 0)
		return -1;
	warn_of_cgroup(&run->cgroup, run->spec);
	return 0;
}

static void warn_of_limit(const struct tree_limit *limit, const char *what, int err)
{
	if (err)
		msg_warn_errno(err, "%s: %s", limit->option, what);
	else
		msg_warn("%s: %s", limit->option, what);
}

/* A limit that does not bind is worse than none: the user relies on it. */
static int set_limits(struct run *run)
{
	const struct spec *spec = run->spec;
	for (size_t i = 0; i < spec->tree_limit_count; i++) {
		const struct tree_limit *limit = &spec->tree_limits[i];
		const char *what = cgroup_set_limit(&run->cgroup, limit);
		int err = errno;
		if (!what)
			continue;
		if (!spec->best_effort) {
			fail(run, "limit", what, err);
			snprintf(run->outcome.failure.option, sizeof(run->outcome.failure.option),
				 "%s", limit->option);
			return -1;
		}
		warn_of_limit(limit, what, err);
		run->cgroup.unenforced |= UINT64_C(1) << i;
	}
	return 0;
}

int confine_enter(struct run *run)
{
	if (create(run) < 0)
		return -1;
	return set_limits(run);
}

void confine_lost(struct run *run, bool started)
{
	const struct spec *spec = run->spec;
	if (!started) {
		require_cgroup(run);
		return;
	}
	warn_of_cgroup(&run->cgroup, spec);
}

static const struct tree_limit *find_limit(const struct spec *spec, const char *file)
{
	for (size_t i = 0; i < spec->tree_limit_count; i++)
		if (strcmp(spec->tree_limits[i].file, file) == 0)
			return &spec->tree_limits[i];
	return NULL;
}

static bool has_happened(uint64_t count)
{
	return count != USAGE_UNKNOWN && count > 0;
}

/* A command that coped, and exited with 0, was not ended by the limit. */
static void judge(struct run *run, const char *file, uint64_t count, enum reason reason,
		  const char *what)
{
	struct outcome *outcome = &run->outcome;
	const struct tree_limit *limit = find_limit(run->spec, file);
	if (!limit || !has_happened(count) || outcome_is_forced(outcome->reason))
		return;
	msg_warn("%s: %s (%s)", run->spec->command[0], what, limit->option);
	if (!WIFEXITED(outcome->wait_status) || WEXITSTATUS(outcome->wait_status) != 0)
		outcome->reason = reason;
}

void confine_judge(struct run *run)
{
	if (run->outcome.reason == REASON_NOT_STARTED)
		return;
	judge(run, "pids.max", run->usage.forks_denied, REASON_PIDS_LIMIT,
	      "the limit of processes was reached");
	judge(run, "memory.max", run->usage.oom_kills, REASON_OOM,
	      "killed for lack of memory");
}
