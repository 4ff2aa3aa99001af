/* SPDX-License-Identifier: MIT */
#include "sandbox/fds.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* close_range(2) by its number: the C library may be older than the kernel. */
static int close_between(unsigned first, unsigned last)
{
	return first <= last ? (int)syscall(SYS_close_range, first, last, 0u) : 0;
}

static int close_but(unsigned spared, unsigned first, unsigned last)
{
	if (spared < first || spared > last)
		return close_between(first, last);
	if (close_between(first, spared - 1) < 0)
		return -1;
	return spared < last ? close_between(spared + 1, last) : 0;
}

/* The gaps between those that are kept, which are in ascending order. */
int fds_apply(const struct sandbox_spec *spec, int spared_fd)
{
	unsigned spared = spared_fd < 0 ? 0 : (unsigned)spared_fd; /* 0 is in no gap */
	unsigned next = STDERR_FILENO + 1;

	if (!spec->close_fds)
		return 0;
	for (size_t i = 0; i < spec->keep_fd_count; i++) {
		unsigned kept = (unsigned)spec->keep_fds[i];
		if (close_but(spared, next, kept - 1) < 0)
			return -1;
		next = kept + 1;
	}
	return close_but(spared, next, ~0u);
}
