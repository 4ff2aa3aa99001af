/* SPDX-License-Identifier: MIT */
/*
 * User namespaces, by which a user without privileges gets the other kinds: whether this host
 * allows them and, if not, what forbids them; and the steps that make one usable.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What keeps the user from it. */
enum userns_obstacle {
	USERNS_USABLE,
	USERNS_NONE_LEFT, /* user.max_user_namespaces */
	USERNS_ROOT_ONLY, /* kernel.unprivileged_userns_clone, Debian's own */
	USERNS_POWERLESS, /* kernel.apparmor_restrict_unprivileged_userns */
	USERNS_IN_CHROOT, /* the kernel gives none to whoever has another root */
	USERNS_FILTERED,  /* a seccomp filter, as containers have it */
	USERNS_DEADLY,    /* whoever tries is killed */
	USERNS_FORBIDDEN  /* for a reason that cannot be found */
};

struct userns_trial {
	enum userns_obstacle obstacle;
	bool created; /* it came into being, and was good for nothing */
	int err;
};

/*
 * Create one in a child that is gone afterwards, and use it: AppArmor lets it be created and takes
 * away the capabilities inside.
 */
struct userns_trial userns_try(void);

/* The obstacle in words, with the command that removes it. */
const char *userns_obstacle_text(enum userns_obstacle obstacle);

/* "1000 1000 1\n" for both, so that everybody is inside who he is outside. */
struct userns_maps {
	char uid[32], gid[32];
};

void userns_make_maps(struct userns_maps *maps);

/*
 * In the child, in its new namespace: write the maps, with setgroups(2) denied for good, without
 * which no ordinary user may. Returns 0, or -1 with errno.
 */
int userns_write_maps(const struct userns_maps *maps);

/*
 * In the child, which has all capabilities in the namespace: from here on it has none, and gets none
 * by executing a file that has some; or if the user's number is 0, to which everything that is
 * executed gives them, none but those of the set KEPT (bit N: capability N). Returns 0, or -1 with
 * errno.
 */
int userns_renounce(uint64_t kept);
