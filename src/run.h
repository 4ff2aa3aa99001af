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
#include "outcome.h"
#include "relay.h"
#include "sandbox.h"
#include "snapshot.h"
#include "spec.h"
#include "terminal.h"

struct run {
	const struct spec *spec;
	struct inherited *inherited;
	struct cgroup cgroup;
	struct relay relay;
	struct terminal terminal; /* --pty: where somebody types */
	struct outcome outcome;
	struct usage usage;
	struct sandbox sandbox;
	char explanation[1024];   /* --explain-denied; "": there is none */
	struct identity identity; /* of the command when it began; KNOWN if that is of interest */
	struct snapshot snapshot; /* before the first signal */
	pid_t front;              /* cordon's front process, 0: none */
};

/* Run it, report it, and end as that means. */
void run_command(const struct spec *spec, struct inherited *inherited) __attribute__((noreturn));
