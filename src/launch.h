/* SPDX-License-Identifier: MIT */
/*
 * What the front knows of the launch of the command, in memory that it has in common with the
 * supervisor. This one stands still meanwhile (spawn.c), and hears no signal.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct launch {
	/* Who is waited for; 0: nobody. Set by the kernel at birth, and zero again before it is reaped. */
	_Atomic pid_t pid;
	atomic_bool over;    /* there is no other launch to come */
	atomic_int ended_by; /* the front has killed it because of this signal; 0: it has not */
};
