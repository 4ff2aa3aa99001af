/* SPDX-License-Identifier: MIT */
/*
 * Options whose effect depends on others, and so waits until all are known: changes of
 * the environment, which --clear-env empties first wherever it stands, the identity, where
 * --groups has the last word, and the id of the run, which only some runs need.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "setting.h"
#include "spec.h"

struct deferred {
	bool clear_env;
	struct setting *env; /* owned: --env, --env-file and --unset-env, in order */
	size_t env_count;
	struct setting user, groups; /* ROW is NULL: not given */
};

/* Remember --env, --env-file or --unset-env. */
void deferred_add_env(struct deferred *deferred, const struct setting *setting);

/*
 * Build SPEC's environment, look up users and groups, make the run's id, and release what
 * was owned.
 */
void deferred_finish(struct deferred *deferred, struct spec *spec);
