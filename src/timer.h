/* SPDX-License-Identifier: MIT */
/*
 * One timer for poll(2). A timerfd set to an absolute time is the most punctual clock that poll
 * can wait for.
 */
#pragma once

#include <stdint.h>

struct timer {
	int fd;           /* made with the first deadline; -1: none yet, or there can be none */
	int64_t armed_ns; /* what it is set to */
};

void timer_init(struct timer *timer);

/*
 * Have TIMER->fd become readable at DEADLINE_NS (CLOCK_MONOTONIC; NS_NEVER: not at all).
 * Returns the timeout to give to poll, in ms: -1, or where there can be no timerfd (no
 * descriptors left) what poll has to wait at most itself.
 */
int timer_arm(struct timer *timer, int64_t deadline_ns);

/* It was readable: the next timer_arm() has to set it again. */
void timer_expired(struct timer *timer);

void timer_fini(struct timer *timer);
