/* SPDX-License-Identifier: MIT */
/*
 * Whether a process may be cloned that shares cordon's memory: sparing the copy of the page
 * tables is a tenth of a launch. It takes a little assembly, and a sanitizer minds the
 * stacks.
 */
#pragma once

#if defined(__x86_64__) && !defined(CORDON_SANITIZED)
#define CAN_SHARE_MEMORY 1
#else
#define CAN_SHARE_MEMORY 0
#endif
