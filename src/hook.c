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

/* While one of its processes is there, a group's number is nobody else's. */
static void disown(const struct tree *tree, struct inherited *inherited, pid_t hook)
{
	for (size_t i = 0; i < tree->count; i++) {
		pid_t pid = tree->member[i].pid;
		if (getpgid(pid) == hook)
			kill(-hook, SIGKILL);
		else if (pid == hook)
			kill(hook, SIGKILL); /* it has no group yet */
		else
			continue;
		inherited_add(inherited, pid);
	}
}

/* Who is killed forks no more, but may get another parent while the tree is read. */
void hook_end(pid_t pid, struct tree *tree, struct inherited *inherited)
{
	for (int pass = 0; pass < 2; pass++) {
		inherited_forget(inherited, pid);
		tree_scan(tree);
		disown(tree, inherited, pid);
	}
}
