/* SPDX-License-Identifier: MIT */
/*
 * Time inside cordon: int64_t nanoseconds of CLOCK_MONOTONIC (clock_gettime(2)),
 * which stands still for no one and is not moved by an administrator. "Never" and
 * "off" are NS_NEVER.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_NEVER INT64_MAX

static inline int64_t clock_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* now + delay, where never stays never and nothing overflows. */
static inline int64_t clock_after_ns(int64_t now_ns, int64_t delay_ns)
{
	return delay_ns >= NS_NEVER - now_ns ? NS_NEVER : now_ns + delay_ns;
}
