/* SPDX-License-Identifier: MIT */
/*
 * Executes a command in a strange world, for tests of what a program makes of the state
 * that it is started in.
 *
 *     entry [OPTION]... COMMAND [ARG]...
 *
 * In the order in which they are written:
 *     --clean          no signal blocked or ignored, no descriptor above 2, a session of its own
 *     --block=SIG      SIG is blocked
 *     --ignore=SIG     SIG is ignored
 *     --close=FD       FD is closed
 *     --open=FD        FD is open for reading and writing, on /dev/null
 *     --nonblock=FD    FD's open file has O_NONBLOCK
 *     --child=SECONDS  there is a child already, which ends with status 7 after SECONDS;
 *                      with 0 it is dead before COMMAND begins, and not waited for
 *     --pid-file=FILE  FILE has the pid that COMMAND will have
 *
 * SIG is a number or a name without SIG. A mistake is status 98, a COMMAND that cannot be
 * executed 97.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signame.h"

enum { STATUS_NO_COMMAND = 97, STATUS_MISTAKE = 98, STATUS_CHILD = 7 };

static int number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < 0 || value > 1000000)
		errx(STATUS_MISTAKE, "invalid number '%s'", text);
	return (int)value;
}

static int signal_number(const char *text)
{
	int sig = signame_number(text);
	return sig ? sig : number(text);
}

/*
 * The kernel is asked itself: signal(3) refuses the two that glibc keeps for its own use, which
 * posix_spawn(3) leaves ignored. All zero is SIG_DFL, no flags, an empty mask.
 */
static void set_default(int sig)
{
	static const long action[8];
	syscall(SYS_rt_sigaction, sig, action, NULL, 8);
}

static void set_clean(const char *unused)
{
	sigset_t none;
	(void)unused;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		set_default(sig);
	if (syscall(SYS_close_range, 3, ~0U, 0) < 0)
		err(STATUS_MISTAKE, "close_range");
	if (setsid() < 0 && getsid(0) != getpid())
		err(STATUS_MISTAKE, "setsid");
}

static void set_block(const char *arg)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal_number(arg));
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void set_ignore(const char *arg)
{
	if (signal(signal_number(arg), SIG_IGN) == SIG_ERR)
		err(STATUS_MISTAKE, "cannot ignore %s", arg);
}

static void set_close(const char *arg)
{
	close(number(arg));
}

static void set_nonblock(const char *arg)
{
	int fd = number(arg);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		err(STATUS_MISTAKE, "descriptor %s", arg);
}

static void set_open(const char *arg)
{
	int wanted = number(arg), fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0 || (fd == wanted ? fcntl(fd, F_SETFD, 0) : dup2(fd, wanted)) < 0)
		err(STATUS_MISTAKE, "descriptor %s", arg);
}

static void set_child(const char *arg)
{
	unsigned left = (unsigned)number(arg);
	siginfo_t info;
	pid_t pid = fork();
	if (pid < 0)
		err(STATUS_MISTAKE, "fork");
	if (pid > 0 && left == 0)
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	if (pid > 0)
		return;
	while (left > 0)
		left = sleep(left);
	_exit(STATUS_CHILD);
}

static void set_pid_file(const char *arg)
{
	FILE *file = fopen(arg, "we");
	if (!file || fprintf(file, "%d\n", getpid()) < 0 || fclose(file) != 0)
		err(STATUS_MISTAKE, "%s", arg);
}

/* clang-format off */
static const struct {
	const char *name;
	void (*set)(const char *arg);
} options[] = {
	{ "--clean",     set_clean },
	{ "--block=",    set_block },
	{ "--ignore=",   set_ignore },
	{ "--close=",    set_close },
	{ "--open=",     set_open },
	{ "--nonblock=", set_nonblock },
	{ "--child=",    set_child },
	{ "--pid-file=", set_pid_file },
};
/* clang-format on */

static void apply(const char *arg)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		size_t length = strlen(options[i].name);
		if (strncmp(arg, options[i].name, length) == 0) {
			options[i].set(arg + length);
			return;
		}
	}
	errx(STATUS_MISTAKE, "unknown option '%s'", arg);
}

int main(int argc, char **argv)
{
	int at = 1;
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++)
		apply(argv[at]);
	if (at == argc)
		errx(STATUS_MISTAKE, "a command is missing");
	execvp(argv[at], argv + at);
	err(STATUS_NO_COMMAND, "%s", argv[at]);
}
