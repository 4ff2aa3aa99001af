/* SPDX-License-Identifier: MIT */
/*
 * As whom the command runs. Names are looked up in the parent, before the child
 * exists and before any chroot; the child only makes system calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct privs {
	bool set; /* --user was given: all three below are changed */
	uid_t uid;
	gid_t gid;
	bool set_groups; /* --groups was given, or --user and so from the user database */
	gid_t *groups;   /* owned */
	size_t group_count;
};

/*
 * "USER[:GROUP]", names or +UID:+GID (a plain number is tried as a name first, as
 * chown(1) does). Without GROUP the user's login group. Supplementary groups come from the
 * user database (getgrouplist(3)) or are cleared for a UID without an entry, which needs a
 * GROUP. Returns 0, or -1 with *PRIVS untouched and errno ENOENT and *UNKNOWN pointing to
 * the constant "user" or "group" that says which is unknown; EINVAL for an empty part or a
 * malformed or out-of-range number; ENOMEM; or what kept the database from being read.
 */
int privs_parse_user(const char *text, struct privs *privs, const char **unknown);

/*
 * "LIST" of --groups: names or +GIDs, separated by commas; empty clears. To be called
 * after privs_parse_user(), which it overrides. Same errors.
 */
int privs_parse_groups(const char *text, struct privs *privs, const char **unknown);

void privs_fini(struct privs *privs);

/* The one function that changes identity: see privs_apply() in the child. */
enum privs_step { PRIVS_GROUPS, PRIVS_GID, PRIVS_UID };

/*
 * setgroups(2), setresgid(2), setresuid(2) in that order, each verified afterwards;
 * async-signal-safe. Returns 0, or -1 with errno and *FAILED.
 */
int privs_apply(const struct privs *privs, enum privs_step *failed);
