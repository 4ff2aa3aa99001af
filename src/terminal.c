/* SPDX-License-Identifier: MIT */
/*
 * Nothing here waits for the terminal's output to be read, and nothing is flushed: input that
 * was typed early is for whoever reads next (TCSANOW, termios(3)).
 */
#include "terminal.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "process.h"

void terminal_init(struct terminal *terminal)
{
	*terminal = (struct terminal){ .fd = -1 };
}

void terminal_find(struct terminal *terminal)
{
	terminal_init(terminal);
	if (isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &terminal->mode) == 0)
		terminal->fd = STDIN_FILENO;
}

/* The controlling terminal as /proc/PID/stat has it: MAJOR in bits 8 to 19, MINOR around it. */
static bool is_terminal_number(unsigned tty, dev_t device)
{
	return (tty >> 8 & 0xfff) == major(device) &&
	       ((tty & 0xff) | (tty >> 12 & 0xfff00)) == minor(device);
}

bool terminal_is_lent_to(const struct terminal *terminal, pid_t owner)
{
	struct process process;
	struct stat info;
	if (process_read(owner, &process) < 0 || fstat(terminal->fd, &info) < 0)
		return true;
	bool controls = is_terminal_number(process.tty, info.st_rdev) ||
			info.st_rdev == makedev(5, 0); /* /dev/tty, whichever that is */
	return !controls || process.group == process.foreground_group;
}

/*
 * Has nobody in the session a child in the group but from within it (setpgid(2))? It is the ancestors
 * who are looked at: a shell, and the scripts between.
 */
static bool is_orphan(pid_t pid)
{
	pid_t session = getsid(pid);
	struct process process, parent;
	for (; process_read(pid, &process) == 0 && process.ppid > 0; pid = process.ppid) {
		if (getsid(process.ppid) != session)
			return true;
		if (process_read(process.ppid, &parent) == 0 && parent.group != process.group)
			return false;
	}
	return false;
}

enum terminal_answer terminal_ask_for_keys(int fd, pid_t owner)
{
	const struct terminal terminal = { .fd = fd };
	if (terminal_is_lent_to(&terminal, owner))
		return TERMINAL_TAKES;
	return is_orphan(owner) ? TERMINAL_REFUSES : TERMINAL_STOPS;
}

enum terminal_answer terminal_ask(int fd, pid_t owner)
{
	struct termios mode;
	if (tcgetattr(fd, &mode) < 0 || !(mode.c_lflag & TOSTOP))
		return TERMINAL_TAKES;
	return terminal_ask_for_keys(fd, owner);
}

/* cfmakeraw(3), whose result must be known to be recognised. */
static struct termios make_raw(struct termios mode)
{
	cfmakeraw(&mode);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	return mode;
}

static bool is_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag;
}

/* tcsetattr(3) is content if a part of it could be done. */
static int set_mode(int fd, const struct termios *mode)
{
	struct termios now;
	if (tcsetattr(fd, TCSANOW, mode) < 0 || tcgetattr(fd, &now) < 0)
		return -1;
	if (is_same(&now, mode))
		return 0;
	errno = EINVAL;
	return -1;
}

/* true if it is in the mode that cordon has given it. */
static bool is_raw(const struct terminal *terminal, const struct termios *now)
{
	const struct termios raw = make_raw(terminal->mode);
	return terminal->entered && is_same(now, &raw);
}

int terminal_enter(struct terminal *terminal)
{
	struct termios now;
	if (tcgetattr(terminal->fd, &now) < 0)
		return -1;
	if (is_raw(terminal, &now)) /* a shell keeps the mode of a job that it continues */
		return 0;
	terminal->mode = now;
	terminal->entered = true;
	now = make_raw(now);
	return set_mode(terminal->fd, &now);
}

int terminal_leave(struct terminal *terminal)
{
	struct termios now;
	if (!terminal->entered)
		return 0;
	if (tcgetattr(terminal->fd, &now) < 0)
		return -1;
	bool raw = is_raw(terminal, &now);
	terminal->entered = false;
	return raw ? set_mode(terminal->fd, &terminal->mode) : 0;
}
