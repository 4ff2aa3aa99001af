/* SPDX-License-Identifier: MIT */
#include "timer.h"

#include <sys/timerfd.h>

#include "cleanup.h"
#include "clock.h"

#define POLL_MAX_MS 60000

void timer_init(struct timer *timer)
{
	*timer = (struct timer){ .fd = -1, .armed_ns = NS_NEVER };
}

static int poll_timeout_ms(int64_t deadline_ns)
{
	int64_t left_ms = (deadline_ns - clock_now_ns()) / NS_PER_MS + 1;
	if (left_ms <= 0)
		return 0;
	return left_ms < POLL_MAX_MS ? (int)left_ms : POLL_MAX_MS;
}

int timer_arm(struct timer *timer, int64_t deadline_ns)
{
	if (deadline_ns == timer->armed_ns)
		return -1;
	if (timer->fd < 0)
		timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer->fd < 0)
		return poll_timeout_ms(deadline_ns);
	struct itimerspec when = { 0 };
	if (deadline_ns != NS_NEVER) {
		when.it_value.tv_sec = deadline_ns / NS_PER_S;
		when.it_value.tv_nsec = deadline_ns % NS_PER_S;
	}
	timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &when, NULL);
	timer->armed_ns = deadline_ns;
	return -1;
}

void timer_expired(struct timer *timer)
{
	timer->armed_ns = INT64_MIN;
}

void timer_fini(struct timer *timer)
{
	close_fd(&timer->fd);
}
