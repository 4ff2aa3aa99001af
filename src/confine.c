/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "msg.h"

static int fail(struct run *run, const char *step, const char *what, int err)
{
	run->outcome.failure =
		(struct failure){ .step = step, .what = what, .err = err, .status = STATUS_CORDON };
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

/* ---- a base in which everything that was asked for can be had ---- */

/* The first limit that cannot be put in force in the directory there is, and why. */
static const struct tree_limit *find_refused(struct run *run, const char **what, int *err)
{
	const struct spec *spec = run->spec;
	for (size_t i = 0; i < spec->tree_limit_count; i++) {
		*what = cgroup_set_limit(&run->cgroup, &spec->tree_limits[i]);
		*err = errno;
		if (*what)
			return &spec->tree_limits[i];
	}
	return NULL;
}

static int fail_cgroup(struct run *run)
{
	struct failure *failure = &run->outcome.failure;
	fail(run, "cgroup", run->cgroup.what, run->cgroup.err);
	name_cgroup_option(failure->option, sizeof(failure->option), run->spec);
	return -1;
}

static int fail_limit(struct run *run, const struct tree_limit *limit, const char *what, int err)
{
	struct failure *failure = &run->outcome.failure;
	assert(limit); /* without a cgroup every limit is refused */
	fail(run, "limit", what, err);
	snprintf(failure->option, sizeof(failure->option), "%s", limit->option);
	return -1;
}

static void warn_of_limits(struct run *run)
{
	const struct spec *spec = run->spec;
	for (size_t i = 0; i < spec->tree_limit_count; i++) {
		const struct tree_limit *limit = &spec->tree_limits[i];
		const char *what = cgroup_set_limit(&run->cgroup, limit);
		if (!what)
			continue;
		if (errno)
			msg_warn_errno(errno, "%s: %s", limit->option, what);
		else
			msg_warn("%s: %s", limit->option, what);
		run->cgroup.unenforced |= UINT64_C(1) << i;
	}
}

/* What could be had is had, and with --best-effort the rest is said. */
static int make_do(struct run *run, bool had_one)
{
	const struct spec *spec = run->spec;
	if (had_one)
		cgroup_settle(&run->cgroup, spec);
	if (run->cgroup.fd < 0 && spec->require_cgroup)
		return fail_cgroup(run);
	if (run->cgroup.fd < 0)
		warn_of_cgroup(&run->cgroup, spec);
	warn_of_limits(run);
	return 0;
}

/*
 * A limit that does not bind is worse than none, because the user relies on it; so from base
 * to base until all of them do.
 */
static int settle(struct run *run)
{
	const struct spec *spec = run->spec;
	const struct tree_limit *refused = NULL;
	const char *what = NULL;
	int err = 0;
	run->cgroup.unenforced = 0;
	while (run->cgroup.fd >= 0) {
		refused = find_refused(run, &what, &err);
		if (!refused)
			return 0;
		cgroup_next(&run->cgroup, spec, what, err);
	}
	if (spec->tree_limit_count == 0 || spec->best_effort)
		return make_do(run, refused != NULL);
	if (refused)
		return fail_limit(run, refused, what, err);
	if (spec->require_cgroup || spec->cgroup == CGROUP_NAMED)
		return fail_cgroup(run);
	refused = find_refused(run, &what, &err);
	return fail_limit(run, refused, what, err);
}

int confine_enter(struct run *run)
{
	cgroup_create(&run->cgroup, run->spec);
	return settle(run);
}

int confine_elsewhere(struct run *run, int err)
{
	cgroup_next(&run->cgroup, run->spec, "cannot start a process in it", err);
	return settle(run);
}

/* ---- what ended the run ---- */

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
	judge(run, "memory.max", run->usage.oom_kills, REASON_OOM, "killed for lack of memory");
}
