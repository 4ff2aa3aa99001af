/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "pty.h"

/* A shell's "fg" tells a job that is not stopped nothing, so it has to be looked for. */
#define LOOK_NS NS_PER_S

void session_init(struct session *session)
{
	*session = (struct session){ .look_ns = NS_NEVER };
}

int session_begin(struct session *session, struct run *run)
{
	session->run = run;
	if (setsid() < 0)
		return -1;
	return ioctl(run->relay.stream[STREAM_IN].child_fd, TIOCSCTTY, 0);
}

static bool has_keys(const struct session *session)
{
	return session->run && session->run->terminal.fd >= 0;
}

/* In the background keys are the shell's. Returns true if they are the run's. */
static bool may_take_keys(struct session *session)
{
	struct run *run = session->run;
	bool lent = terminal_is_lent_to(&run->terminal, run->front);
	run->relay.stream[STREAM_IN].held = !lent;
	session->look_ns = lent ? NS_NEVER : clock_after_ns(clock_now_ns(), LOOK_NS);
	return lent;
}

static void take_keys(struct session *session)
{
	if (may_take_keys(session) && terminal_enter(&session->run->terminal) < 0)
		msg_warn_errno(errno, "the terminal cannot be put into raw mode");
}

static void leave_keys(struct session *session)
{
	struct run *run = session->run;
	run->relay.stream[STREAM_IN].held = true;
	session->look_ns = NS_NEVER;
	if (terminal_leave(&run->terminal) < 0 && errno != EIO) /* EIO: it is gone */
		msg_warn_errno(errno, "the terminal's mode cannot be restored");
}

void session_start(struct session *session)
{
	if (has_keys(session))
		take_keys(session);
}

void session_look(struct session *session)
{
	session_resize(session);
	take_keys(session);
}

void session_check_keys(struct session *session)
{
	if (!has_keys(session) || session->run->relay.stream[STREAM_IN].held)
		return;
	if (session->run->front && getppid() != session->run->front)
		leave_keys(session);
	else
		may_take_keys(session);
}

void session_resize(const struct session *session)
{
	if (!session->run || session->run->spec->pty_size.columns)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd)) {
			pty_resize(session->run->relay.pty, fd);
			return;
		}
	}
}

void session_suspend(struct session *session)
{
	if (has_keys(session))
		leave_keys(session);
}

void session_resume(struct session *session)
{
	session_resize(session);
	if (has_keys(session))
		take_keys(session);
}

void session_check_reader(const struct session *session, pid_t pid)
{
	if (!session->run || session->run->relay.pty < 0 ||
	    session->run->relay.stream[STREAM_OUT].error == 0)
		return;
	kill(-pid, SIGHUP); /* before its writing fails: that is only the consequence */
	kill(-pid, SIGCONT);
	relay_hang_up(&session->run->relay);
}

void session_end(struct session *session)
{
	if (has_keys(session))
		leave_keys(session);
	session->run = NULL;
}
