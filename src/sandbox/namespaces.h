/* SPDX-License-Identifier: MIT */
/*
 * Namespaces: which ones the options take, and whether a user namespace has to give the privilege
 * for them. The child is born inside (clone3(2)); outside nothing changes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "outcome.h"
#include "sandbox/mounts.h"
#include "sandbox/reaper.h"
#include "sandbox/userns.h"
#include "spec.h"

struct sandbox;

/* The steps in the child, in their order. */
enum namespaces_step { NAMESPACES_MAPS, NAMESPACES_PID, NAMESPACES_LOOPBACK, NAMESPACES_RENOUNCE };

struct namespaces {
	uint64_t flags; /* CLONE_NEW* */
	uint64_t kept;  /* capabilities that the command may have in a user namespace */
	struct userns_maps maps;
	struct reaper reaper; /* of the pid namespace, if there is one */
	struct mounts mounts; /* with the new root, whatever the namespaces */
};

/* Nothing prepared, so that namespaces_fini() can be called. */
void namespaces_init(struct namespaces *namespaces);

/*
 * The CLONE_NEW* that SPEC takes from whoever calls; with CLONE_NEWUSER if he lacks the privilege for
 * the others, or for --chroot.
 */
uint64_t namespaces_wanted(const struct spec *spec);

/*
 * Choose, find out whether a user namespace can be had, and plan the mounts: to SANDBOX's own.
 * Returns 0, or -1 with *FAILURE filled.
 */
int namespaces_prepare(struct sandbox *sandbox, struct failure *failure);

/* The flags for clone3(2): a pid namespace is made by the child, see reaper.h. */
uint64_t namespaces_clone_flags(const struct namespaces *namespaces);

/*
 * In the child, first of all; in a pid namespace it goes on as another process. Returns 0, or -1
 * with errno and *FAILED.
 */
int namespaces_enter(const struct namespaces *namespaces, enum namespaces_step *failed);

/* In the child, when all that takes a privilege of the user namespace's is done. The same. */
int namespaces_renounce(const struct namespaces *namespaces, enum namespaces_step *failed);

/* What FAILED in the child, in words: fills FAILURE but for errno and status. */
void namespaces_word(const struct spec *spec, enum namespaces_step failed, struct failure *failure);

/*
 * No child could be cloned, for the reason ERR: if its namespaces can be to blame, fills FAILURE and
 * returns true.
 */
bool namespaces_blame(const struct namespaces *namespaces, const struct spec *spec, int err,
		      struct failure *failure);

void namespaces_fini(struct namespaces *namespaces);
