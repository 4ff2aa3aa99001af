/* SPDX-License-Identifier: MIT */
/*
 * The parent's half of a launch: one clone3(2), and what the child has to say of it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "inherited.h"
#include "launch.h"
#include "outcome.h"
#include "sandbox.h"
#include "spec.h"

struct spawn {
	const struct spec *spec;
	const struct inherited *inherited;
	struct sandbox *sandbox;     /* prepared */
	const int *stdio;            /* for 0, 1, 2, as in struct child_setup */
	const struct cgroup *cgroup; /* the child is born inside */
	enum group_mode group;       /* resolved */
	int64_t limit_ns;            /* as in struct child_setup */
	char *cwd;                   /* as in struct child_setup */
	struct launch *launch;       /* the front's, NULL: there is none */
};

/* What GROUP_AUTO comes to here; *TERMINAL: cordon has a controlling terminal. */
enum group_mode spawn_resolve_group(const struct spec *spec, bool *terminal);

/*
 * Start the command. Returns its pid once it has been executed, 0 with *FAILURE filled if
 * that was not possible; then nothing is left of it. Returns -1 with errno if there was to be a
 * cgroup and no process could be started in it: without or in another there may be one.
 */
pid_t spawn_child(const struct spawn *spawn, struct failure *failure);
