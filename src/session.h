/* SPDX-License-Identifier: MIT */
/*
 * --pty: the session of the command's own terminal, and meanwhile the terminal at which cordon
 * was started. The supervisor leads that session, so that the command's group is not an orphan
 * there and Ctrl-Z can stop it; the front stays where cordon was started, and has that job's
 * control. What the front's terminal sends, the front passes on.
 *
 * Every function does nothing in a run without --pty.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "run.h"

struct session {
	struct run *run; /* NULL: no session, no --pty */
	int64_t look_ns; /* when to see whether the front has the terminal now; NS_NEVER */
};

/* Not begun. */
void session_init(struct session *session);

/* Lead a session with the command's terminal. Returns 0, or -1 with errno. */
int session_begin(struct session *session, struct run *run);

/* The command runs: its keys are typed from now on. */
void session_start(struct session *session);

/* SESSION's look is due. */
void session_look(struct session *session);

/* There are keys: if the front was stopped alone, or killed, they are the shell's by now. */
void session_check_keys(struct session *session);

/* The terminal at which cordon was started has another size, or may have. */
void session_resize(const struct session *session);

/* Before cordon stands still, as the command does, and after that. */
void session_suspend(struct session *session);
void session_resume(struct session *session);

/* If whoever reads the terminal's output has gone, hang it up, and tell PID, the command. */
void session_check_reader(const struct session *session, pid_t pid);

/* The run is over, or nobody is in front of it any more. */
void session_end(struct session *session);
