/* SPDX-License-Identifier: MIT */
/*
 * Scope-bound cleanup for functions with more than one exit. A variable marked
 * _cleanup_* is released when it goes out of scope, with errno kept. Handing the
 * resource on is visible: take_fd(), take_ptr().
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

static inline void cleanup_close(const int *fd)
{
	if (*fd < 0)
		return;
	int saved = errno;
	close(*fd);
	errno = saved;
}

static inline void cleanup_free(void *slot)
{
	int saved = errno;
	free(*(void **)slot);
	errno = saved;
}

static inline void cleanup_fclose(FILE **file)
{
	if (!*file)
		return;
	int saved = errno;
	fclose(*file);
	errno = saved;
}

/* Hand the descriptor over to the caller; the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* Close if open and forget, so that closing twice is harmless. */
static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void *take_ptr_(void *slot)
{
	void *taken = *(void **)slot;
	*(void **)slot = NULL;
	return taken;
}
#define take_ptr(p) ((typeof(p))take_ptr_(&(p)))
