/* SPDX-License-Identifier: MIT */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "env.h"
#include "msg.h"
#include "outcome.h"

/* cordon's own environment and the two variables. */
static int make_env(struct env *env, const struct hook *hook)
{
	char pid[64], reason[64];
	snprintf(pid, sizeof(pid), "CORDON_PID=%d", hook->pid);
	snprintf(reason, sizeof(reason), "CORDON_REASON=%s", hook->reason);
	if (env_start(env, environ, false) < 0 || env_set(env, pid, NULL) < 0)
		return -1;
	return env_set(env, reason, NULL);
}

/* In the child, which is killed when PARENT dies. */
static _Noreturn void run(const struct hook *hook, const struct env *env, pid_t parent)
{
	char sh[] = "sh", option[] = "-c";
	char *argv[] = { sh, option, NULL, NULL };
	memcpy(&argv[2], &hook->command,
	       sizeof(argv[2])); /* exec wants no const, and changes nothing */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(STATUS_CORDON);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 &&
	    setpgid(0, 0) == 0 && sigprocmask(SIG_SETMASK, hook->mask, NULL) == 0)
		execve("/bin/sh", argv, env->values);
	msg_warn_errno(errno, "--on-timeout: cannot be run");
	_exit(STATUS_CORDON);
}

pid_t hook_start(const struct hook *hook)
{
	struct env env = { 0 };
	pid_t parent = getpid(), pid = make_env(&env, hook) < 0 ? -1 : fork();
	if (pid == 0)
		run(hook, &env, parent);
	int err = errno;
	env_fini(&env);
	errno = err;
	return pid;
}

void hook_kill(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}
