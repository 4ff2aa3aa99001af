/* SPDX-License-Identifier: MIT */
/*
 * cordon is two processes, so that killing it does not let the command's tree go: the front,
 * which the caller knows, and behind it the supervisor, which does everything. Each is a
 * child subreaper and notices when the other is gone. If the front is killed, the supervisor
 * kills the tree; if the supervisor is killed, the tree becomes the front's and the front
 * kills it. Otherwise the front passes signals on, stops and continues with the supervisor,
 * and ends as it ends. What holds up the launch also holds up the supervisor: then the front ends
 * it.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "inherited.h"
#include "launch.h"
#include "outcome.h"

/*
 * What the supervisor is sent when the front is gone, also while it stands still; whether it is,
 * getppid(2) says.
 */
#define FRONT_DEATH_SIGNAL SIGCONT

struct front_job {
	pid_t *pid;             /* filled for the supervisor: the front's, to be watched */
	struct launch **launch; /* and what it is to tell of the launch */
	struct exit_status (*supervise)(void *argument); /* in the supervisor */
	void (*kill)(void *argument);     /* in the front, if the supervisor was killed: first */
	void (*clean_up)(void *argument); /* and last */
	void *argument;
	bool apart; /* the supervisor will go to a session of its own */
};

/*
 * Carry out JOB; what its supervise() returns is what the front ends with, so this does not
 * return. Returns only if there can be no second process: -1 with errno.
 */
int front_run(const struct front_job *job, struct inherited *inherited);
