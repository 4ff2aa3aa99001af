/* SPDX-License-Identifier: MIT */
/*
 * What keeps the command in. Each mechanism is one file below sandbox/ with two halves:
 *
 *   x_prepare()   before the child exists: whatever may fail, allocate or need a library
 *   x_apply()     in the child: system calls and nothing else
 *
 * A sandbox that no option asks for costs nothing: no system call, no copy of cordon's memory.
 */
#pragma once

#include <stddef.h>

#include "outcome.h"
#include "sandbox/caps.h"
#include "sandbox/landlock.h"
#include "sandbox/namespaces.h"
#include "sandbox/calls.h"
#include "spec.h"

#define SANDBOX_LACKS_MAX 16

/* The steps in the child, in their order. */
enum sandbox_step {
	SANDBOX_CAPS,
	SANDBOX_NO_NEW_PRIVS,
	SANDBOX_LANDLOCK,
	SANDBOX_FDS,
	SANDBOX_SECCOMP
};

/* What failed in the child. */
struct sandbox_fault {
	enum sandbox_step step;
	int detail; /* SANDBOX_LANDLOCK: the index of the path, or -1 */
};

/* Something that was asked for and cannot be had, with --best-effort. */
struct sandbox_lack {
	char option[128]; /* what asked for it */
	char what[256];   /* in words, errno's text included */
};

/* What was prepared, for the child to apply. */
struct sandbox {
	const struct spec *spec;
	struct caps caps;
	struct landlock landlock;
	struct namespaces namespaces;
	struct calls calls;
	char text[128]; /* for sandbox_lacks() */
	size_t lack_count;
	struct sandbox_lack *lacks; /* in an array of the run's */
};

/* Nothing prepared, so that sandbox_fini() can be called. */
void sandbox_init(struct sandbox *sandbox, const struct spec *spec);

/* Acquire all that the child will need. Returns 0, or -1 with *FAILURE filled. */
int sandbox_prepare(struct sandbox *sandbox, struct failure *failure);

/*
 * For the x_prepare() of a mechanism: what OPTION asked for cannot be had, and WHAT (a static
 * text, or SANDBOX's) says why. With --best-effort that is a warning, which the report
 * repeats, and 0; else -1 with *FAILURE filled.
 */
int sandbox_lacks(struct sandbox *sandbox, const char *option, const char *what, int err,
		  struct failure *failure);

/* In the child, before it changes its user. As sandbox_restrict(). */
int sandbox_before_user(const struct sandbox *sandbox, struct sandbox_fault *fault);

/*
 * In the child, as the command's user and just before it is executed. Only async-signal-safe
 * calls. Returns 0, or -1 with errno and *FAULT.
 */
int sandbox_restrict(const struct sandbox *sandbox, struct sandbox_fault *fault);

/* The command has been executed: from now on it may need to be answered. */
void sandbox_started(struct sandbox *sandbox);

/* What failed in the child, in words: fills FAILURE but for errno and status. */
void sandbox_word(const struct spec *spec, const struct sandbox_fault *fault,
		  struct failure *failure);

void sandbox_fini(struct sandbox *sandbox);
