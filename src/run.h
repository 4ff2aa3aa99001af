/* SPDX-License-Identifier: MIT */
/*
 * One run, from a complete spec to the exit status: everything that is known of it,
 * which is what the report is made from.
 */
#pragma once

#include "account.h"
#include "cgroup.h"
#include "identity.h"
#include "inherited.h"
#include "launch.h"
#include "outcome.h"
#include "relay.h"
#include "sandbox.h"
#include "snapshot.h"
#include "spec.h"
#include "terminal.h"

/*
 * It has first what every run uses, and last the long arrays that few do: pages that nobody
 * touches are not there. So it is all zeros to begin with, and nothing else is made zero.
 */
struct run {
	const struct spec *spec;
	struct inherited *inherited;
	pid_t front;           /* cordon's front process, 0: none */
	struct launch *launch; /* for it to see, NULL: there is none */
	struct relay relay;
	struct terminal terminal; /* --pty: where somebody types */
	struct usage usage;
	char *cwd;                /* where the command began, see struct child_setup */
	struct snapshot snapshot; /* before the first signal */
	struct identity identity; /* of the command when it began; KNOWN if that is of interest */
	struct outcome outcome;
	struct sandbox sandbox;
	struct cgroup cgroup;
	char explanation[1024]; /* --explain-denied; "": there is none */
	struct leftover leftovers[LEFTOVERS_MAX];
	struct sandbox_lack lacks[SANDBOX_LACKS_MAX];
};

/* Run it, report it, and end as that means. */
void run_command(const struct spec *spec, struct inherited *inherited) __attribute__((noreturn));
