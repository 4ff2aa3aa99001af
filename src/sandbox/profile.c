/* SPDX-License-Identifier: MIT */
#include "sandbox/profile.h"

/*
 * For a step of continuous integration: it may read what it likes, and leaves nothing behind but in
 * its working directory. The last three paths are those of
 * --private-tmp.
 */
/* clang-format off */
static const struct profile_option ci[] = {
	{ "read", "/" },
	{ "exec", "/" },
	{ "write", "." },
	{ "write", "/tmp" },
	{ "write", "/var/tmp" },
	{ "write", "/dev/shm" },
	{ "private-tmp", "" },
	{ "no-net", "" },
	{ "no-new-privs", "" },
	{ "cap-drop", "all" },
};

static const struct {
	const struct profile_option *options;
	size_t count;
} profiles[] = {
	{ ci, sizeof ci / sizeof ci[0] },
};
/* clang-format on */

const struct profile_option *profile_options(unsigned number, size_t *count)
{
	*count = profiles[number].count;
	return profiles[number].options;
}
