/* SPDX-License-Identifier: MIT */
/*
 * What the command sees of the file systems: a list of operations, made before the child exists and
 * carried out by it. All but MOUNT_ROOT take a mount namespace of its own, so that nobody outside
 * sees anything of them. Behind MOUNT_ROOT all paths are inside the new root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "outcome.h"
#include "spec.h"

enum mount_kind {
	MOUNT_PRIVATE, /* everything: nothing that is done here is done elsewhere too */
	MOUNT_ROOT,    /* PATH becomes the root, and the working directory */
	MOUNT_PROC,    /* another /proc, of the pid namespace that the child is in */
	MOUNT_HIDE,    /* nothing is left of PATH but an empty directory or file */
	MOUNT_TAKE,    /* keep hold of what is at PATH before it is covered */
	MOUNT_TMP,     /* an empty directory for everybody */
	MOUNT_MAKE,    /* a directory in it, and those on the way there */
	MOUNT_GIVE,    /* what was taken comes back at PATH */
	MOUNT_ENTER    /* PATH becomes the working directory */
};

struct mount_op {
	enum mount_kind kind;
	const char *path;
	bool may_lack; /* if there is no PATH, nothing is done */
};

struct mounts {
	struct mount_op *op; /* owned */
	size_t count;
	char *directory; /* owned; absolute: where --chdir leads to. NULL: as it is written */
};

/* Do the options of SPEC take a mount namespace? */
bool mounts_are_wanted(const struct spec *spec);

/*
 * Each --hide names something that is there, and not what the command is to work in; if not, this
 * ends in msg_misuse(). Its path is made absolute, unless it is one inside a new root.
 */
void mounts_check(struct spec *spec);

/* Is PATH below a /tmp that is made anew? What it names outside is nothing inside. */
bool mounts_cover(const struct mounts *mounts, const char *path);

/* Nothing planned, so that mounts_fini() can be called. */
void mounts_init(struct mounts *mounts);

/* Plan; the new root alone unless MAY_MOUNT. Returns 0, or -1 with *FAILURE filled. */
int mounts_prepare(struct mounts *mounts, const struct spec *spec, bool may_mount,
		   struct failure *failure);

/*
 * In the child: carry out the list. Returns 0, or -1 with errno and *FAILED, the index of the
 * operation that could not be.
 */
int mounts_apply(const struct mounts *mounts, size_t *failed);

/* What was the matter with operation FAILED: fills FAILURE but for its status; errno is in it. */
void mounts_word(const struct mounts *mounts, const struct spec *spec, size_t failed,
		 struct failure *failure);

void mounts_fini(struct mounts *mounts);
