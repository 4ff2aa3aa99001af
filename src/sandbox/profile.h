/* SPDX-License-Identifier: MIT */
/*
 * Ready-made sandboxes: a name for a list of options, each of which could be given by itself.
 */
#pragma once

#include <stddef.h>

struct profile_option {
	char name[16];     /* of the option */
	char argument[12]; /* "" for a flag */
};

/* The options of the profile of this number among the words of --sandbox, *COUNT of them. */
const struct profile_option *profile_options(unsigned number, size_t *count);
