/* SPDX-License-Identifier: MIT */
#include "relay/stamp.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

void stamp_init(struct stamp *stamp)
{
	*stamp = (struct stamp){ .second = -1 };
}

static void put_microseconds(struct stamp *stamp, long us)
{
	for (size_t i = 6; i-- > 0; us /= 10)
		stamp->text[stamp->fraction + i] = (char)('0' + us % 10);
}

static void make_date(struct stamp *stamp, time_t second)
{
	struct tm tm;
	localtime_r(&second, &tm);
	stamp->second = second;
	stamp->length = strftime(stamp->text, STAMP_BYTES, "%Y-%m-%dT%H:%M:%S.", &tm);
	stamp->fraction = stamp->length;
	long minutes = labs(tm.tm_gmtoff) / 60;
	stamp->length += (size_t)snprintf(stamp->text + stamp->length, STAMP_BYTES - stamp->length,
					  "000000%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+',
					  minutes / 60, minutes % 60);
}

void stamp_now(struct stamp *stamp)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != stamp->second)
		make_date(stamp, now.tv_sec);
	put_microseconds(stamp, now.tv_nsec / NS_PER_US);
}

void stamp_since(struct stamp *stamp, int64_t start_ns)
{
	int64_t elapsed_ns = clock_now_ns() - start_ns;
	time_t second = (time_t)(elapsed_ns / NS_PER_S);
	if (second != stamp->second) {
		stamp->second = second;
		stamp->length = (size_t)snprintf(stamp->text, STAMP_BYTES, "%5lld.000000",
						 (long long)second);
		stamp->fraction = stamp->length - 6;
	}
	put_microseconds(stamp, (long)(elapsed_ns % NS_PER_S / NS_PER_US));
}
