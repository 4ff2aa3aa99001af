/* SPDX-License-Identifier: MIT */
/*
 * Waiting for descriptors that have fixed slots, of which most are not in use (-1).
 */
#pragma once

#include <poll.h>

#define SLOTS_MAX 32

/*
 * As poll(2) for COUNT slots, SLOTS_MAX at most, but it does not fail. Slots that are not in use
 * do not count against RLIMIT_NOFILE, as they do for poll. Where that fails all the same, each
 * slot is looked at by itself, and if nothing is ready the wait is short.
 */
void slots_wait(struct pollfd *slots, nfds_t count, int timeout_ms);
