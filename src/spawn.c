/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "sharing.h"

enum group_mode spawn_resolve_group(const struct spec *spec, bool *terminal)
{
	_cleanup_close_ int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	*terminal = fd >= 0;
	if (spec->pty)
		return GROUP_NEW; /* in the session of its terminal */
	if (spec->group != GROUP_AUTO)
		return spec->group;
	return *terminal ? GROUP_STAY : GROUP_NEW;
}

#if CAN_SHARE_MEMORY
/*
 * clone3(2) or clone(2), by NUMBER. The child goes on where the stack ends, below the red zone
 * of what is on it, and never returns; its parent finds its own frames as they were. The C
 * library's syscall() will not do: the child would return from it and destroy its frame.
 */
static long clone_onto_stack(long number, const uint64_t args[3], const struct child_setup *setup)
{
	long result;
	register void (*run)(const struct child_setup *) asm("r12") = child_main;
	register const struct child_setup *argument asm("r13") = setup;
	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "xor %%ebp, %%ebp\n\t"
		     "lea -128(%%rsp), %%rsp\n\t"
		     "and $-16, %%rsp\n\t"
		     "mov %%r13, %%rdi\n\t"
		     "call *%%r12\n\t"
		     "ud2\n"
		     "1:"
		     : "=a"(result)
		     : "0"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(run),
		       "r"(argument)
		     : "rcx", "r11", "memory");
	return result;
}

static long clone_sharing(struct clone_args *args, const struct child_setup *setup)
{
	args->flags |= CLONE_VM;
	const uint64_t present[] = { (uintptr_t)args, sizeof(*args), 0 };
	const uint64_t past[] = { args->flags | SIGCHLD, 0, args->parent_tid };
	long result = clone_onto_stack(SYS_clone3, present, setup);
	if (result == -ENOSYS && !(args->flags & CLONE_INTO_CGROUP))
		result = clone_onto_stack(SYS_clone, past, setup);
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}
#endif

static long clone_copying(struct clone_args *args, const struct child_setup *setup)
{
	long pid = syscall(SYS_clone3, args, sizeof(*args));
	if (pid < 0 && errno == ENOSYS && !(args->flags & CLONE_INTO_CGROUP))
		pid = syscall(SYS_clone, args->flags | SIGCHLD, 0, args->parent_tid, 0, 0);
	if (pid == 0)
		child_main(setup);
	return pid;
}

/*
 * Not when the child changes identity or what it may do: a process with other rights must not
 * share memory.
 */
static bool can_share_memory(const struct spawn *spawn)
{
	const struct spec *spec = spawn->spec;
	return CAN_SHARE_MEMORY && !spec->privs.set && !spec->privs.set_groups &&
	       !spec->sandbox.close_fds && !spawn->sandbox->namespaces.flags;
}

/*
 * cordon stands still until the child has executed or is gone (CLONE_VFORK), so that the child
 * may borrow its memory, and what the child says of its failure is there when cordon goes on.
 * clone3 may be missing: an old kernel, or a container's filter.
 */
static pid_t clone_child(const struct spawn *spawn, const struct child_setup *setup)
{
	const struct cgroup *cgroup = spawn->cgroup;
	struct clone_args args = { .flags = CLONE_VFORK |
					    namespaces_clone_flags(&spawn->sandbox->namespaces),
				   .exit_signal = SIGCHLD };
	if (cgroup->fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cgroup->fd;
	}
	if (spawn->launch) {
		args.flags |= CLONE_PARENT_SETTID;
		args.parent_tid = (uintptr_t)&spawn->launch->pid;
	}
#if CAN_SHARE_MEMORY
	if (can_share_memory(spawn))
		return (pid_t)clone_sharing(&args, setup);
#endif
	return (pid_t)clone_copying(&args, setup);
}

/* Where the child leaves its error. NULL with errno if there is no memory. */
static struct child_error *share_error(const struct spawn *spawn, struct child_error *own)
{
	return can_share_memory(spawn) ? own : share_pages(sizeof(*own));
}

static void set_failure(struct failure *failure, const char *step, const char *what, int err)
{
	*failure =
		(struct failure){ .step = step, .what = what, .err = err, .status = STATUS_CORDON };
}

/* ---- the child's errors in words ---- */

static const struct {
	const char *step, *what;
} child_words[] = {
	[STEP_NAMESPACES] = { "namespaces", "cannot be set up" },
	[STEP_SESSION] = { "session", "cannot start a session" },
	[STEP_GROUP] = { "group", "cannot start a process group" },
	[STEP_TERMINAL] = { "terminal", "cannot have the foreground" },
	[STEP_DISPOSITIONS] = { "signals", "cannot restore a signal's action" },
	[STEP_RLIMIT] = { "rlimit", "cannot set the limit" },
	[STEP_NICE] = { "nice", "cannot set the niceness" },
	[STEP_OOM_SCORE] = { "oom-score-adj", "cannot write /proc/self/oom_score_adj" },
	[STEP_CORES] = { "cores", "cannot set the processors" },
	[STEP_STDIO] = { "stdio", "cannot set up the stream" },
	[STEP_MOUNTS] = { "mount", "cannot be mounted" },
	[STEP_SET_GROUPS] = { "groups", "cannot set the supplementary groups" },
	[STEP_SET_GID] = { "group-id", "cannot become that group" },
	[STEP_SET_UID] = { "user-id", "cannot become that user" },
	[STEP_CHDIR] = { "chdir", "cannot enter" },
	[STEP_PARENT] = { "parent", "cannot tie the command's life to cordon's" },
	[STEP_SANDBOX] = { "sandbox", "cannot be set up" },
	[STEP_EXEC] = { "exec", "cannot run" },
};

/* The option that asked for the step, as the user wrote it. */
static void name_option(char *out, size_t size, const struct spec *spec,
			const struct child_error *error)
{
	static const char *const streams[] = { "--stdin", "--stdout", "--stderr" };
	switch (error->step) {
	case STEP_SESSION:
		snprintf(out, size, "--new-session");
		return;
	case STEP_GROUP:
		snprintf(out, size, spec->group == GROUP_NEW ? "--new-group" : "");
		return;
	case STEP_TERMINAL:
		snprintf(out, size, "--pty");
		return;
	case STEP_RLIMIT:
		snprintf(out, size, "--rlimit=%s", rlimits_name(error->detail));
		return;
	case STEP_NICE:
		snprintf(out, size, "--nice=%d", spec->nice);
		return;
	case STEP_OOM_SCORE:
		snprintf(out, size, "--oom-score-adj=%d", spec->oom_score_adj);
		return;
	case STEP_CORES:
		snprintf(out, size, "--cores=%s", spec->cores_text);
		return;
	case STEP_STDIO:
		snprintf(out, size, "%s", streams[error->detail]);
		return;
	case STEP_SET_GROUPS:
		if (spec->groups) {
			snprintf(out, size, "--groups=%s", spec->groups);
			return;
		}
		__attribute__((fallthrough));
	case STEP_SET_GID:
	case STEP_SET_UID:
		snprintf(out, size, "--user=%s", spec->user);
		return;
	case STEP_CHDIR:
		snprintf(out, size, "--chdir=%s", spec->chdir);
		return;
	case STEP_EXEC: /* that of a program which is not the command itself */
		if (spec->interpreter)
			snprintf(out, size, "--interpreter=%s", spec->interpreter);
		else if (spec->shell)
			snprintf(out, size, "--shell");
		return;
	case STEP_NONE:
	case STEP_NAMESPACES:
	case STEP_MOUNTS:
	case STEP_DISPOSITIONS:
	case STEP_PARENT:
	case STEP_SANDBOX:
		return;
	}
}

static void word_exec(struct failure *failure, const struct spawn *spawn,
		      const struct child_error *error)
{
	const struct spec *spec = spawn->spec;
	if (spec->shell)
		failure->what = "cannot run /bin/sh";
	failure->status = error->err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
	if (error->detail)
		failure->what = "its interpreter cannot be found";
	else if (failure->status == STATUS_NOT_FOUND &&
		 mounts_cover(&spawn->sandbox->namespaces.mounts, spec->argv[0]))
		failure->what = "cannot run, for --private-tmp has covered it";
	if (spec->timeout_mode)
		failure->what = "failed to run command";
}

static void word_child_error(struct failure *failure, const struct spawn *spawn,
			     const struct child_error *error)
{
	const struct spec *spec = spawn->spec;
	set_failure(failure, child_words[error->step].step, child_words[error->step].what,
		    error->err);
	name_option(failure->option, sizeof(failure->option), spec, error);
	if (error->step == STEP_NAMESPACES)
		namespaces_word(spec, (enum namespaces_step)error->detail, failure);
	if (error->step == STEP_MOUNTS)
		mounts_word(&spawn->sandbox->namespaces.mounts, spec, (size_t)error->detail,
			    failure);
	if (error->step == STEP_SANDBOX)
		sandbox_word(spec, &error->fault, failure);
	if (error->step == STEP_EXEC)
		word_exec(failure, spawn, error);
}

/* ---- putting it together ---- */

static const char *search_path(const struct spec *spec)
{
	const char *path = env_get(&spec->env, "PATH");
	return path ? path : "/usr/local/bin:/usr/bin:/bin";
}

/* A copy of argv with --argv0 in place. */
static char **rename_argv(const struct spec *spec)
{
	size_t count = 0;
	while (spec->argv[count])
		count++;
	char **argv = calloc(count + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	memcpy(argv, spec->argv, count * sizeof(*argv));
	argv[0] = (char *)spec->argv0;
	return argv;
}

/*
 * The process that was cloned is the command, or in a pid namespace has brought it forth (reaper.h).
 * Returns the command's pid if it was executed; else nothing is left.
 */
static pid_t settle(const struct spawn *spawn, pid_t pid, const struct child_error *error,
		    struct failure *failure)
{
	struct reaper *reaper = &spawn->sandbox->namespaces.reaper;
	if (reaper->page)
		pid = reaper_claim(reaper, pid);
	if (pid > 0 && error->step == STEP_NONE)
		return pid;
	if (reaper->page)
		reaper_abandon(reaper);
	else
		waitpid(pid, NULL, 0);
	if (error->step == STEP_NONE)
		set_failure(failure, "spawn", "cannot start a process", ECHILD);
	else
		word_child_error(failure, spawn, error);
	return 0;
}

/*
 * Since Linux 6.14 whoever is started in another cgroup is killed at once, if cordon's own has seen a
 * cgroup.kill and the other one has not.
 */
static bool is_stillborn(const struct spawn *spawn, const struct child_error *error)
{
	return spawn->cgroup->fd >= 0 && !error->begun && error->step == STEP_NONE;
}

pid_t spawn_child(const struct spawn *spawn, struct failure *failure)
{
	const struct spec *spec = spawn->spec;
	struct child_error own_error = { .step = STEP_NONE };
	struct child_error *error = share_error(spawn, &own_error);
	_cleanup_free_ char **renamed = spec->argv0 ? rename_argv(spec) : NULL;
	if ((spec->argv0 && !renamed) || !error) {
		set_failure(failure, "spawn", "cannot prepare a process", errno);
		return 0;
	}
	const struct child_setup setup = {
		.spec = spec,
		.inherited = spawn->inherited,
		.sandbox = spawn->sandbox,
		.stdio = spawn->stdio,
		.group = spawn->group,
		.path = search_path(spec),
		.argv = renamed ? renamed : spec->argv,
		.parent = getpid(),
		.limit_ns = spawn->limit_ns,
		.cwd = spawn->cwd,
		.error = error,
	};
	pid_t pid = clone_child(spawn, &setup);
	if (spawn->launch)
		spawn->launch->pid = 0;
	if (pid > 0 && is_stillborn(spawn, error)) {
		waitpid(pid, NULL, 0);
		errno = ECANCELED;
		pid = -1;
	}
	if (pid < 0 && namespaces_blame(&spawn->sandbox->namespaces, spec, errno, failure)) {
		pid = 0;
	} else if (pid < 0 && spawn->cgroup->fd < 0) {
		set_failure(failure, "spawn", "cannot start a process", errno);
		pid = 0;
	} else if (pid > 0) {
		pid = settle(spawn, pid, error, failure);
	}
	if (error != &own_error)
		munmap(error, sizeof(*error));
	return pid;
}
