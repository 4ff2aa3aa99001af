/* SPDX-License-Identifier: MIT */
#include "pty.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"

#define DEFAULT_COLUMNS 80
#define DEFAULT_ROWS 24

static int set_size(int slave, const struct pty_kind *kind)
{
	struct winsize size = { 0 };
	if (kind->model >= 0 && ioctl(kind->model, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){ 0 };
	if (kind->size.columns)
		size = (struct winsize){ .ws_col = kind->size.columns, .ws_row = kind->size.rows };
	if (size.ws_col == 0 || size.ws_row == 0)
		size = (struct winsize){ .ws_col = DEFAULT_COLUMNS, .ws_row = DEFAULT_ROWS };
	return ioctl(slave, TIOCSWINSZ, &size);
}

/*
 * A shell that edits its next command line has the terminal in a mode of its own: from the
 * background nothing is to be learned there.
 */
static bool is_lent(int model)
{
	pid_t owner = tcgetpgrp(model);
	return owner < 0 || owner == getpgrp();
}

static int set_mode(int slave, const struct pty_kind *kind)
{
	struct termios mode;
	if (tcgetattr(slave, &mode) < 0)
		return -1;
	if (kind->model >= 0 && is_lent(kind->model) && tcgetattr(kind->model, &mode) < 0)
		return -1;
	if (!kind->typed_at) {
		mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
		mode.c_oflag &= ~(tcflag_t)OPOST;
	}
	return tcsetattr(slave, TCSANOW, &mode);
}

int pty_open(const struct pty_kind *kind, int *master, int *slave)
{
	_cleanup_close_ int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (ours < 0 || unlockpt(ours) < 0)
		return -1;
	/* Not by its name: /dev/pts may be another one here. */
	_cleanup_close_ int theirs = ioctl(ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (theirs < 0 || set_size(theirs, kind) < 0 || set_mode(theirs, kind) < 0)
		return -1;
	*master = take_fd(&ours);
	*slave = take_fd(&theirs);
	return 0;
}

bool pty_resize(int master, int model)
{
	struct winsize size, before;
	if (ioctl(model, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0 ||
	    ioctl(master, TIOCGWINSZ, &before) < 0)
		return false;
	if (size.ws_col == before.ws_col && size.ws_row == before.ws_row)
		return false;
	return ioctl(master, TIOCSWINSZ, &size) == 0;
}

/* The first of two ends a line that has begun, and only the second finds an empty one. */
unsigned pty_end_of_input(int master, bool mid_line, char out[2])
{
	struct termios mode;
	if (tcgetattr(master, &mode) < 0)
		return 0;
	out[0] = out[1] = (char)mode.c_cc[VEOF];
	return mid_line && (mode.c_lflag & ICANON) ? 2 : 1;
}

static bool is_key(char key, cc_t wanted)
{
	return wanted != _POSIX_VDISABLE && key == (char)wanted;
}

int pty_typed_signal(int master, const char *keys, size_t count)
{
	struct termios mode;
	if (tcgetattr(master, &mode) < 0 || !(mode.c_lflag & ISIG))
		return 0;
	while (count-- > 0) {
		if (is_key(keys[count], mode.c_cc[VINTR]))
			return SIGINT;
		if (is_key(keys[count], mode.c_cc[VQUIT]))
			return SIGQUIT;
	}
	return 0;
}
