/* SPDX-License-Identifier: MIT */
/*
 * Memory in common with children.
 */
#pragma once

#include <stddef.h>
#include <sys/mman.h>

/*
 * Whether a process may be cloned that shares cordon's memory: sparing the copy of the page
 * tables is a tenth of a launch. It takes a little assembly, and a sanitizer minds the
 * stacks.
 */
#if defined(__x86_64__) && !defined(CORDON_SANITIZED)
#define CAN_SHARE_MEMORY 1
#else
#define CAN_SHARE_MEMORY 0
#endif

/*
 * SIZE bytes, all zero, that children have in common with cordon whatever else they share; to be given
 * to munmap(2). NULL with errno of mmap(2).
 */
static inline void *share_pages(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return pages == MAP_FAILED ? NULL : pages;
}
