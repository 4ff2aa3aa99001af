/* SPDX-License-Identifier: MIT */
/*
 * init is a copy of cordon that executes nothing: only async-signal-safe calls in it, and nothing of
 * cordon's may be held by it.
 */
#include "sandbox/reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "sharing.h"

#define NAME "cordon-init"

/* From cordon, which has written something into the page; by itself it does nothing. */
#define WAKE_SIGNAL SIGTERM

/* Longer than any command line. */
#define TITLE_MAX (64 * 1024 * 1024)

/* How long cordon waits for init's word; it is busy, or somebody has stopped it. */
#define WORD_MS 1000

/* How often init looks after the command where it has no way of being told. */
#define LOOK_MS 50

void reaper_init(struct reaper *reaper)
{
	*reaper = (struct reaper){
		.parent_fd = -1,
		.start_fd = { -1, -1 },
		.left_fd = { -1, -1 },
	};
}

void reaper_fini(struct reaper *reaper)
{
	if (reaper->page)
		munmap(reaper->page, sizeof(*reaper->page));
	close_fd(&reaper->parent_fd);
	for (int i = 0; i < 2; i++) {
		close_fd(&reaper->start_fd[i]);
		close_fd(&reaper->left_fd[i]);
	}
	reaper_init(reaper);
}

static int pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* The kernel puts the words one behind the other; program_invocation_name(3) is the first. */
static void find_title(struct reaper *reaper, char *const *command)
{
	while (command[1])
		command++;
	uintptr_t begin = (uintptr_t)program_invocation_name;
	uintptr_t end = (uintptr_t)*command + strlen(*command) + 1;
	if (end > begin && end - begin < TITLE_MAX) {
		reaper->title = program_invocation_name;
		reaper->title_size = end - begin;
	}
}

int reaper_prepare(struct reaper *reaper, bool tied, char *const *command)
{
	reaper->page = share_pages(sizeof(*reaper->page));
	if (!reaper->page)
		return -1;
	reaper->tied = tied;
	find_title(reaper, command);
	reaper->parent_fd = pidfd_open(getpid());
	if (reaper->parent_fd < 0)
		return -1;
	if (pipe2(reaper->start_fd, O_CLOEXEC) < 0 || pipe2(reaper->left_fd, O_CLOEXEC) < 0)
		return -1;
	return 0;
}

/* ---- init ---- */

/* What is left of its descriptors. */
enum { START_FD, LEFT_FD, OTHER_FDS };

bool reaper_has_parent(const struct reaper *reaper)
{
	struct pollfd parent = { .fd = reaper->parent_fd, .events = POLLIN };
	return poll(&parent, 1, 0) == 0;
}

/*
 * What it has of cordon's memory, the environment for example, is not for the command to read. In a
 * session of its own it is out of the way of signals to groups.
 */
static void settle(const struct reaper *reaper)
{
	if (reaper->tied) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (!reaper_has_parent(reaper))
			_exit(0);
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NAME, NAME, 0, 0, 0);
	memset(reaper->title, 0, reaper->title_size);
	if (reaper->title_size >= sizeof(NAME))
		memcpy(reaper->title, NAME, sizeof(NAME));
	setsid();
	if (dup2(reaper->start_fd[0], START_FD) < 0 || dup2(reaper->left_fd[1], LEFT_FD) < 0)
		_exit(0);
	syscall(SYS_close_range, (unsigned)OTHER_FDS, ~0u, 0u);
}

/* The command is a child of cordon's: only a pidfd can tell init of its end. */
struct watch {
	pid_t pid;
	int fd; /* -1: none could be had */
	bool gone;
};

static struct watch watch_command(pid_t pid)
{
	struct watch watch = { .pid = pid, .fd = pidfd_open(pid) };
	watch.gone = watch.fd < 0 && errno == ESRCH;
	return watch;
}

static void wait_for_news(struct watch *watch, int signal_fd)
{
	struct signalfd_siginfo info;
	struct pollfd pollfds[] = {
		{ .fd = watch->fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	bool blind = signal_fd < 0 || (watch->fd < 0 && !watch->gone);
	poll(pollfds, 2, blind ? LOOK_MS : -1);
	if (pollfds[1].revents && read(signal_fd, &info, sizeof(info)) < 0)
		return; /* look again */
	if (pollfds[0].revents || (watch->fd < 0 && kill(watch->pid, 0) < 0)) {
		close_fd(&watch->fd);
		watch->gone = true;
	}
}

/* Returns true if there are no children left. */
static bool reap_all(struct reaper_page *page)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		page->reaped++;
	return pid < 0;
}

/* pid 1, until the command and all others are gone. All signals are blocked. */
static _Noreturn void serve(const struct reaper *reaper)
{
	char byte = 0;
	sigset_t heard;
	settle(reaper);
	if (write(LEFT_FD, &byte, 1) != 1 || read(START_FD, &byte, 1) != 1)
		_exit(0); /* there is no command */
	sigemptyset(&heard);
	sigaddset(&heard, SIGCHLD);
	sigaddset(&heard, WAKE_SIGNAL);
	int signal_fd = signalfd(-1, &heard, SFD_CLOEXEC);
	struct watch watch = watch_command(reaper->page->command_inside);
	for (bool told = false;;) {
		bool childless = reap_all(reaper->page);
		if (watch.gone && childless)
			_exit(0);
		if (watch.gone && !told)
			told = write(LEFT_FD, &byte, 1) == 1;
		wait_for_news(&watch, signal_fd);
		if (reaper->page->kill) {
			reaper->page->kill = false;
			kill(-1, SIGKILL);
		}
	}
}

/* ---- the launcher ---- */

/* A copy of this process, another child of cordon's, its number in *PID before it runs. */
static pid_t clone_sibling(unsigned long flags, pid_t *pid)
{
	flags |= CLONE_PARENT | CLONE_PARENT_SETTID;
	return (pid_t)syscall(SYS_clone, flags, 0, pid, 0, 0);
}

/* Returns 0 when INIT has settled, or -1 with errno if it has died instead. */
static int await_init(const struct reaper *reaper, pid_t init)
{
	char byte;
	_cleanup_close_ int fd = pidfd_open(init);
	struct pollfd pollfds[] = {
		{ .fd = reaper->left_fd[0], .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	if (fd < 0 || poll(pollfds, 2, -1) < 0)
		return -1;
	if (pollfds[0].revents)
		return read(reaper->left_fd[0], &byte, 1) == 1 ? 0 : -1;
	errno = ECHILD;
	return -1;
}

/*
 * The namespace's first process is its init, which has to be ready for the second, the command. That
 * is executed before this one goes on.
 */
int reaper_enter(const struct reaper *reaper)
{
	struct reaper_page *page = reaper->page;
	*page = (struct reaper_page){ .init = 0 };
	if (unshare(CLONE_NEWPID) < 0)
		return -1;
	pid_t init = clone_sibling(0, &page->init);
	if (init == 0)
		serve(reaper);
	if (init < 0)
		return -1;
	if (await_init(reaper, init) < 0)
		return -1;
	pid_t command = clone_sibling(CLONE_VFORK, &page->command);
	if (command == 0) {
		page->command_inside = getpid();
		return 0;
	}
	if (command < 0)
		return -1;
	ssize_t written = write(reaper->start_fd[1], "", 1);
	_exit(written == 1 ? 0 : 1);
}

/* ---- cordon ---- */

pid_t reaper_claim(struct reaper *reaper, pid_t launcher)
{
	int wait_status = 0;
	waitpid(launcher, &wait_status, 0);
	if (WIFSIGNALED(wait_status) && reaper->page->command)
		kill(reaper->page->command, SIGKILL);
	close_fd(&reaper->start_fd[0]);
	close_fd(&reaper->start_fd[1]);
	close_fd(&reaper->left_fd[1]);
	return reaper->page->command;
}

int reaper_kill(struct reaper *reaper)
{
	reaper->page->kill = true;
	return kill(reaper->page->init, WAKE_SIGNAL);
}

void reaper_abandon(struct reaper *reaper)
{
	const struct reaper_page *page = reaper->page;
	if (page->command)
		waitpid(page->command, NULL, 0);
	if (page->init) {
		kill(page->init, SIGKILL);
		waitpid(page->init, NULL, 0);
	}
}

bool reaper_is_ending(const struct reaper *reaper)
{
	char byte;
	struct pollfd left = { .fd = reaper->left_fd[0], .events = POLLIN };
	return poll(&left, 1, WORD_MS) > 0 && read(reaper->left_fd[0], &byte, 1) == 0;
}
