/* SPDX-License-Identifier: MIT */
/*
 * The parts of the JSON report that say on which terms the command ran: cgroup and limits.
 */
#ifdef HAVE_JANSSON
#include "build.h"

static json_t *make_requested(struct build *b)
{
	switch (b->run->spec->cgroup) {
	case CGROUP_AUTO:
		return text(b, "auto");
	case CGROUP_NONE:
		return text(b, "none");
	case CGROUP_NAMED:
		return text(b, b->run->spec->cgroup_name);
	}
	__builtin_unreachable();
}

static json_t *make_controllers(struct build *b)
{
	json_t *controllers = b->lib->json_array();
	for (const char *at = b->run->cgroup.controllers; *(at += strspn(at, " ")) != '\0';) {
		size_t length = strcspn(at, " ");
		append(b, controllers, bytes(b, at, length));
		at += length;
	}
	return controllers;
}

static json_t *make_stall(struct build *b, const struct pressure *pressure)
{
	if (pressure->some_us == USAGE_UNKNOWN)
		return null(b);
	json_t *stall = b->lib->json_object();
	put(b, stall, "some_seconds", seconds_us(b, pressure->some_us));
	put(b, stall, "full_seconds", seconds_us(b, pressure->full_us));
	return stall;
}

static json_t *make_pressure(struct build *b)
{
	const struct usage *usage = &b->run->usage;
	json_t *pressure = b->lib->json_object();
	put(b, pressure, "cpu", make_stall(b, &usage->cpu_pressure));
	put(b, pressure, "memory", make_stall(b, &usage->memory_pressure));
	put(b, pressure, "io", make_stall(b, &usage->io_pressure));
	return pressure;
}

/* The bases that did not serve. */
static json_t *make_tried(struct build *b)
{
	const struct cgroup *cgroup = &b->run->cgroup;
	json_t *tried = b->lib->json_array();
	for (unsigned i = 0; i < cgroup->tried_count; i++) {
		const struct cgroup_attempt *attempt = &cgroup->tried[i];
		json_t *object = b->lib->json_object();
		put(b, object, "kind", text(b, attempt->kind));
		put(b, object, "error", complaint(b, attempt->what, attempt->err));
		append(b, tried, object);
	}
	return tried;
}

json_t *terms_cgroup(struct build *b)
{
	const struct cgroup *cgroup = &b->run->cgroup;
	json_t *object = b->lib->json_object();

	put(b, object, "requested", make_requested(b));
	put(b, object, "base", text(b, cgroup->base));
	put(b, object, "base_kind", text(b, cgroup->base_kind));
	put(b, object, "path", text(b, cgroup->path));
	put(b, object, "created", boolean(b, cgroup->created));
	put(b, object, "error", cgroup->what ? complaint(b, cgroup->what, cgroup->err) : null(b));
	put(b, object, "tried", make_tried(b));
	put(b, object, "controllers", make_controllers(b));
	put(b, object, "pressure", make_pressure(b));
	return object;
}

/* ---- under which limits ---- */

static json_t *make_ladder(struct build *b)
{
	const struct ladder *ladder = &b->run->spec->ladder;
	json_t *rungs = b->lib->json_array();
	for (int i = 0; i < ladder->count; i++) {
		const struct rung *rung = &ladder->rung[i];
		json_t *object = b->lib->json_object();
		put(b, object, "signal", signal_name(b, rung->sig));
		put(b, object, "target", text(b, ladder_target_name(rung->target)));
		put(b, object, "wait_seconds", seconds_ns(b, rung->wait_ns));
		append(b, rungs, object);
	}
	return rungs;
}

static json_t *make_rlimit_value(struct build *b, rlim_t value)
{
	return value == RLIM_INFINITY ? null(b) : number(b, (int64_t)value);
}

static json_t *make_rlimits(struct build *b)
{
	const struct rlimits *limits = &b->run->spec->limits;
	json_t *rlimits = b->lib->json_object();
	for (int i = 0; i < (int)RLIMITS_COUNT; i++) {
		if (!(limits->set & 1u << i))
			continue;
		json_t *pair = b->lib->json_object();
		put(b, pair, "soft", make_rlimit_value(b, limits->value[i].rlim_cur));
		put(b, pair, "hard", make_rlimit_value(b, limits->value[i].rlim_max));
		put(b, rlimits, rlimits_name(i), pair);
	}
	return rlimits;
}

/* The limits on the tree: those in force by file, the others by option. */
static void put_tree_limits(struct build *b, json_t *limits)
{
	const struct spec *spec = b->run->spec;
	json_t *files = b->lib->json_object(), *not_enforced = b->lib->json_array();
	for (size_t i = 0; i < spec->tree_limit_count; i++) {
		const struct tree_limit *limit = &spec->tree_limits[i];
		if (b->run->cgroup.unenforced & UINT64_C(1) << i)
			append(b, not_enforced, text(b, limit->option));
		else
			put(b, files, limit->file, text(b, limit->value));
	}
	put(b, limits, "cgroup", files);
	put(b, limits, "not_enforced", not_enforced);
}

static json_t *make_output_limit(struct build *b, uint64_t limit)
{
	return limit == LIMIT_NONE ? null(b) : count(b, limit);
}

json_t *terms_limits(struct build *b)
{
	const struct spec *spec = b->run->spec;
	json_t *limits = b->lib->json_object();
	char umask[16];

	snprintf(umask, sizeof(umask), "%04o", spec->umask);
	put(b, limits, "timeout_seconds", seconds_ns(b, spec->timeout_ns));
	put(b, limits, "cpu_time_seconds", seconds_ns(b, spec->cpu_time_ns));
	put(b, limits, "idle_timeout_seconds", seconds_ns(b, spec->idle_timeout_ns));
	put(b, limits, "output_bytes", make_output_limit(b, spec->output_limit));
	put(b, limits, "output_lines", make_output_limit(b, spec->line_limit));
	put(b, limits, "ladder", make_ladder(b));
	put(b, limits, "drain_seconds", seconds_ns(b, spec->drain_ns));
	put(b, limits, "rlimits", make_rlimits(b));
	put(b, limits, "nice", spec->set_nice ? number(b, spec->nice) : null(b));
	put(b, limits, "oom_score_adj",
	    spec->set_oom_score_adj ? number(b, spec->oom_score_adj) : null(b));
	put(b, limits, "umask", spec->set_umask ? text(b, umask) : null(b));
	put(b, limits, "cores", text(b, spec->cores_text));
	put_tree_limits(b, limits);
	return limits;
}
#endif
