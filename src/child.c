/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "digits.h"
#include "outcome.h"

static void give_up(const struct child_setup *setup, enum child_step step, int detail)
	__attribute__((noreturn));

static void give_up(const struct child_setup *setup, enum child_step step, int detail)
{
	*setup->error = (struct child_error){ .step = step, .err = errno, .detail = detail };
	_exit(STATUS_CORDON);
}

static void give_up_sandbox(const struct child_setup *setup, const struct sandbox_fault *fault)
	__attribute__((noreturn));

static void give_up_sandbox(const struct child_setup *setup, const struct sandbox_fault *fault)
{
	*setup->error = (struct child_error){ .step = STEP_SANDBOX, .err = errno, .fault = *fault };
	_exit(STATUS_CORDON);
}

static void enter_namespaces(const struct child_setup *setup)
{
	enum namespaces_step failed;
	if (namespaces_enter(&setup->sandbox->namespaces, &failed) < 0)
		give_up(setup, STEP_NAMESPACES, (int)failed);
}

/*
 * cordon stands still until the command is executed (spawn.c), so a file system that does not
 * answer would stop its clock, too. exec(2) deletes the timer. Without one the limit is only late.
 */
static void bound_launch(const struct child_setup *setup)
{
	int64_t limit_ns = child_launch_limit_ns(setup->limit_ns);
	if (limit_ns == NS_NEVER)
		return;
	struct sigevent kill = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	const struct itimerspec when = { .it_value = { .tv_sec = limit_ns / NS_PER_S,
						       .tv_nsec = limit_ns % NS_PER_S } };
	timer_t timer;
	if (timer_create(CLOCK_MONOTONIC, &kill, &timer) == 0)
		timer_settime(timer, TIMER_ABSTIME, &when, NULL);
}

static void enter_group(const struct child_setup *setup)
{
	if (setup->group == GROUP_SESSION && setsid() < 0)
		give_up(setup, STEP_SESSION, 0);
	if (setup->group == GROUP_NEW && setpgid(0, 0) < 0)
		give_up(setup, STEP_GROUP, 0);
	/* From the background, which is no harm: SIGTTOU is blocked still. */
	if (setup->spec->pty && tcsetpgrp(setup->stdio[STDIN_FILENO], getpid()) < 0)
		give_up(setup, STEP_TERMINAL, 0);
}

/*
 * timeout(1) makes sure that the terminal can stop its command; and what it handles itself has the
 * default action in the command, whoever ignored it: else TERM would end nothing.
 */
static void reset_dispositions(const struct child_setup *setup)
{
	static const int signals[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGALRM,
				       SIGTERM, SIGCHLD, SIGTTIN, SIGTTOU };
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], &dfl, NULL) < 0)
			give_up(setup, STEP_DISPOSITIONS, signals[i]);
	sigaction(setup->spec->first_signal, &dfl, NULL); /* KILL has no other */
}

static void set_dispositions(const struct child_setup *setup)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	if (setup->spec->timeout_mode)
		reset_dispositions(setup);
	else if (setup->inherited->sigchld_ignored && sigaction(SIGCHLD, &ignore, NULL) < 0)
		give_up(setup, STEP_DISPOSITIONS, SIGCHLD);
}

static int write_oom_score(int score)
{
	char text[16], *end = text + sizeof(text);
	char *begin = digits_before(end, score < 0 ? 0u - (unsigned)score : (unsigned)score, 10);
	if (score < 0)
		*--begin = '-';
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, begin, (size_t)(end - begin));
	int saved = errno;
	close(fd);
	errno = saved;
	return written == end - begin ? 0 : -1;
}

/* While still as privileged as cordon: raising a limit may need it. */
static void set_resources(const struct child_setup *setup)
{
	const struct spec *spec = setup->spec;
	int resource = 0;
	if (rlimits_apply(&spec->limits, &resource) < 0)
		give_up(setup, STEP_RLIMIT, resource);
	/* setpriority, not nice: its result cannot be mistaken for an error. */
	if (spec->set_nice) {
		errno = 0;
		int now = getpriority(PRIO_PROCESS, 0);
		if ((now == -1 && errno) || setpriority(PRIO_PROCESS, 0, now + spec->nice) < 0)
			give_up(setup, STEP_NICE, 0);
	}
	if (spec->set_oom_score_adj && write_oom_score(spec->oom_score_adj) < 0)
		give_up(setup, STEP_OOM_SCORE, 0);
	if (spec->cores_text && sched_setaffinity(0, sizeof(spec->cores), &spec->cores) < 0)
		give_up(setup, STEP_CORES, 0);
	if (spec->set_umask)
		umask(spec->umask);
}

static void set_stdio(const struct child_setup *setup)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (setup->stdio[fd] == CHILD_FD_CLOSE)
			close(fd);
		else if (setup->stdio[fd] >= 0 && dup2(setup->stdio[fd], fd) < 0)
			give_up(setup, STEP_STDIO, fd);
	}
}

/* While there still may be the right to. */
static void bind_capabilities(const struct child_setup *setup)
{
	struct sandbox_fault fault = { .detail = 0 };
	if (sandbox_before_user(setup->sandbox, &fault) < 0)
		give_up_sandbox(setup, &fault);
}

static void become_user(const struct child_setup *setup)
{
	static const enum child_step steps[] = {
		[PRIVS_GROUPS] = STEP_SET_GROUPS,
		[PRIVS_GID] = STEP_SET_GID,
		[PRIVS_UID] = STEP_SET_UID,
	};
	enum privs_step failed = PRIVS_GROUPS;
	if (privs_apply(&setup->spec->privs, &failed) < 0)
		give_up(setup, steps[failed], 0);
}

/* The new root among them. */
static void mount_all(const struct child_setup *setup)
{
	size_t failed = 0;
	if (mounts_apply(&setup->sandbox->namespaces.mounts, &failed) < 0)
		give_up(setup, STEP_MOUNTS, (int)failed);
}

static void renounce(const struct child_setup *setup)
{
	enum namespaces_step failed;
	if (namespaces_renounce(&setup->sandbox->namespaces, &failed) < 0)
		give_up(setup, STEP_NAMESPACES, (int)failed);
}

/* As the user whom it is for. Later nobody may be able to tell, or the file system not answer. */
static void enter_directory(const struct child_setup *setup)
{
	const char *planned = setup->sandbox->namespaces.mounts.directory;
	const char *directory = setup->spec->chdir;
	if (directory && chdir(planned ? planned : directory) < 0)
		give_up(setup, STEP_CHDIR, 0);
	if (directory && setup->cwd)
		syscall(SYS_getcwd, setup->cwd, PATH_MAX);
}

/*
 * After the change of identity, which clears the setting (PR_SET_PDEATHSIG, prctl(2)). A
 * parent that died before it was made sent nothing: then we are somebody else's child now.
 */
static void die_with_parent(const struct child_setup *setup)
{
	if (!setup->spec->die_with_parent)
		return;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		give_up(setup, STEP_PARENT, 0);
	const struct reaper *reaper = &setup->sandbox->namespaces.reaper;
	bool is_alive = reaper->page ? reaper_has_parent(reaper) : getppid() == setup->parent;
	if (!is_alive)
		_exit(STATUS_CORDON);
}

/* timeout(1) needs SIGCHLD, and leaves it unblocked. */
static void restore_mask(const struct child_setup *setup)
{
	sigset_t mask = setup->inherited->mask;
	if (setup->spec->timeout_mode)
		sigdelset(&mask, SIGCHLD);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Last of all: what is taken away here, no step needs any more. */
static void restrict_itself(const struct child_setup *setup)
{
	struct sandbox_fault fault = { .detail = 0 };
	if (sandbox_restrict(setup->sandbox, &fault) < 0)
		give_up_sandbox(setup, &fault);
}

/*
 * malloc(3) must not be called here, so the memory comes from the kernel. If it is cordon's too
 * (CLONE_VM), that page stays with it.
 */
static void exec_shell(const struct child_setup *setup, const char *file)
{
	size_t count = 0;
	while (setup->argv[count])
		count++;
	size_t size = (count + 2) * sizeof(char *);
	char **argv = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (argv == MAP_FAILED)
		return;
	argv[0] = (char *)"/bin/sh";
	argv[1] = (char *)file;
	memcpy(argv + 2, setup->argv + 1, count * sizeof(*argv));
	execve(argv[0], argv, setup->spec->env.values);
	int err = errno;
	munmap(argv, size);
	errno = err;
}

/* execve(2), and as execvp(3) does, a file without a program's header goes to the shell. */
static void try_exec(const struct child_setup *setup, const char *file)
{
	execve(file, setup->argv, setup->spec->env.values);
	if (errno == ENOEXEC)
		exec_shell(setup, file);
}

/* "DIR/NAME" for the DIR that PATH begins with; false if it does not fit. */
static bool join(char *out, size_t size, const char *dir, size_t length, const char *name)
{
	size_t name_length = strlen(name);
	if (length + name_length + 2 > size)
		return false;
	memcpy(out, dir, length);
	if (length) /* an empty element is the working directory */
		out[length++] = '/';
	memcpy(out + length, name, name_length + 1);
	return true;
}

/* Not found here, so look on; EACCES is remembered, everything else is final (execvp(3)). */
static bool is_absence(int err)
{
	return err == ENOENT || err == ENOTDIR || err == EACCES || err == ESTALE || err == ENODEV ||
	       err == ETIMEDOUT;
}

/* FILE could not be found, but it is there. Keeps errno: a filter may deny access(2). */
static bool lacks_interpreter(const char *file)
{
	int err = errno;
	bool exists = err == ENOENT && access(file, F_OK) == 0;
	errno = err;
	return exists;
}

/* Search PATH, with room for SIZE bytes at FILE. Returns if it cannot be executed, with errno. */
static void search(const struct child_setup *setup, const char *name, bool *exists, char *file,
		   size_t size)
{
	bool denied = false;
	for (const char *dir = setup->path;;) {
		size_t length = (size_t)(strchrnul(dir, ':') - dir);
		errno = ENOENT;
		if (join(file, size, dir, length, name))
			try_exec(setup, file);
		denied |= errno == EACCES;
		*exists |= lacks_interpreter(file);
		if (!is_absence(errno))
			return;
		if (!dir[length])
			break;
		dir += length + 1;
	}
	errno = denied ? EACCES : ENOENT;
	*exists &= !denied;
}

static __attribute__((noinline)) void search_long(const struct child_setup *setup, const char *name,
						  bool *exists)
{
	char file[PATH_MAX];
	search(setup, name, exists, file, sizeof(file));
}

/* The stack may be cordon's, which is small where it can be. */
static void exec_by_path(const struct child_setup *setup, const char *name, bool *exists)
{
	char file[512];
	if (strlen(setup->path) + strlen(name) + 2 > sizeof(file))
		search_long(setup, name, exists);
	else
		search(setup, name, exists, file, sizeof(file));
}

static void exec_command(const struct child_setup *setup)
{
	const char *name = setup->spec->argv[0];
	bool exists = false;
	if (*name && !strchr(name, '/')) {
		exec_by_path(setup, name, &exists);
	} else {
		try_exec(setup, name);
		exists = lacks_interpreter(name);
	}
	give_up(setup, STEP_EXEC, exists);
}

void child_main(const struct child_setup *setup)
{
	setup->error->begun = true;
	enter_namespaces(setup);
	bound_launch(setup);
	enter_group(setup);
	set_dispositions(setup);
	set_resources(setup);
	set_stdio(setup);
	mount_all(setup);
	renounce(setup);
	bind_capabilities(setup);
	become_user(setup);
	enter_directory(setup);
	die_with_parent(setup);
	restore_mask(setup);
	restrict_itself(setup);
	exec_command(setup);
	__builtin_unreachable();
}
