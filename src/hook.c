/* SPDX-License-Identifier: MIT */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "env.h"

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

/* Each returns an error number. */
static int set_attributes(posix_spawnattr_t *attributes, const struct hook *hook)
{
	int err = posix_spawnattr_setflags(attributes,
					   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	if (!err)
		err = posix_spawnattr_setpgroup(attributes, 0);
	if (!err)
		err = posix_spawnattr_setsigmask(attributes, hook->mask);
	return err;
}

static int set_streams(posix_spawn_file_actions_t *actions)
{
	int err = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
	return err;
}

pid_t hook_start(const struct hook *hook)
{
	char sh[] = "sh", option[] = "-c";
	char *argv[] = { sh, option, NULL, NULL };
	memcpy(&argv[2], &hook->command,
	       sizeof(argv[2])); /* exec wants no const, and changes nothing */
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	struct env env = { 0 };
	pid_t pid = -1;
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_init(&actions);
	int err = make_env(&env, hook) < 0 ? errno : set_attributes(&attributes, hook);
	if (!err)
		err = set_streams(&actions);
	if (!err)
		err = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, env.values);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	env_fini(&env);
	errno = err;
	return err ? -1 : pid;
}

void hook_kill(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}
