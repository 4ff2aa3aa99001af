/* SPDX-License-Identifier: MIT */
#include "sandbox/namespaces.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "sandbox/net.h"

/* ---- what it takes ---- */

enum capability_kind { CAPABILITY_EFFECTIVE, CAPABILITY_PERMITTED };

static uint64_t own_capabilities(enum capability_kind kind)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	syscall(SYS_capget, &header, data);
	if (kind == CAPABILITY_EFFECTIVE)
		return data[0].effective | (uint64_t)data[1].effective << 32;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static uint64_t bit(int capability)
{
	return UINT64_C(1) << capability;
}

static uint64_t needed_capabilities(const struct spec *spec, uint64_t flags)
{
	uint64_t needed = spec->chroot ? bit(CAP_SYS_CHROOT) : 0;
	if (flags)
		needed |= bit(CAP_SYS_ADMIN);
	if (flags & CLONE_NEWNET)
		needed |= bit(CAP_NET_ADMIN);
	return needed;
}

uint64_t namespaces_wanted(const struct spec *spec)
{
	uint64_t flags = 0;
	if (mounts_are_wanted(spec))
		flags |= CLONE_NEWNS;
	if (spec->sandbox.pid_ns)
		flags |= CLONE_NEWPID;
	if (spec->sandbox.no_net)
		flags |= CLONE_NEWNET;
	uint64_t needed = needed_capabilities(spec, flags);
	if (needed && needed & ~own_capabilities(CAPABILITY_EFFECTIVE))
		flags |= CLONE_NEWUSER;
	return flags;
}

/* ---- options, as the user wrote them ---- */

/* The one with this number among those that take namespaces; false: there are no more. */
static bool name_option(char *out, size_t size, const struct spec *spec, size_t number)
{
	const struct sandbox_spec *sandbox = &spec->sandbox;
	const char *const flags[] = {
		sandbox->private_tmp ? "--private-tmp" : NULL,
		sandbox->pid_ns ? "--pid-ns" : NULL,
		sandbox->no_net ? "--no-net" : NULL,
	};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i] && number-- == 0) {
			snprintf(out, size, "%s", flags[i]);
			return true;
		}
	if (number >= sandbox->hide_count)
		return false;
	snprintf(out, size, "--hide=%s", sandbox->hide[number]);
	return true;
}

static int fail(struct failure *failure, const struct spec *spec, const char *what, int err)
{
	*failure = (struct failure){
		.step = "namespaces", .what = what, .err = err, .status = STATUS_CORDON
	};
	if (!name_option(failure->option, sizeof(failure->option), spec, 0))
		snprintf(failure->option, sizeof(failure->option), "--chroot=%s", spec->chroot);
	return -1;
}

/* ---- choosing ---- */

void namespaces_init(struct namespaces *namespaces)
{
	namespaces->flags = 0;
	reaper_init(&namespaces->reaper);
	mounts_init(&namespaces->mounts);
}

void namespaces_fini(struct namespaces *namespaces)
{
	reaper_fini(&namespaces->reaper);
	mounts_fini(&namespaces->mounts);
}

/* Without a user namespace there is nothing but, with the privilege for it, the new root. */
static int do_without(struct sandbox *sandbox, const char *what, struct failure *failure)
{
	const struct spec *spec = sandbox->spec;
	uint64_t lacking = needed_capabilities(spec, 0) & ~own_capabilities(CAPABILITY_EFFECTIVE);
	char option[128];
	if (lacking)
		return fail(failure, spec, what, 0);
	for (size_t i = 0; name_option(option, sizeof(option), spec, i); i++)
		if (sandbox_lacks(sandbox, option, what, 0, failure) < 0)
			return -1;
	return mounts_prepare(&sandbox->namespaces.mounts, spec, false, failure);
}

/* There are no other users inside. */
static int fail_identity(const struct spec *spec, struct failure *failure)
{
	fail(failure, spec,
	     "cannot be had in a user namespace, which the sandbox takes unless cordon is root", 0);
	snprintf(failure->option, sizeof(failure->option), "%s%s",
		 spec->user ? "--user=" : "--groups=", spec->user ? spec->user : spec->groups);
	return -1;
}

int namespaces_prepare(struct sandbox *sandbox, struct failure *failure)
{
	struct namespaces *namespaces = &sandbox->namespaces;
	const struct spec *spec = sandbox->spec;
	uint64_t flags = namespaces_wanted(spec);
	if (flags & CLONE_NEWUSER) {
		if (spec->privs.set || spec->privs.set_groups)
			return fail_identity(spec, failure);
		struct userns_trial trial = userns_try();
		if (trial.obstacle != USERNS_USABLE)
			return do_without(sandbox, userns_obstacle_text(trial.obstacle), failure);
		userns_make_maps(&namespaces->maps);
		namespaces->kept = own_capabilities(CAPABILITY_PERMITTED);
	}
	namespaces->flags = flags;
	if (flags & CLONE_NEWPID &&
	    reaper_prepare(&namespaces->reaper, spec->die_with_parent, spec->command) < 0) {
		fail(failure, spec, "cannot prepare an init", errno);
		snprintf(failure->option, sizeof(failure->option), "--pid-ns");
		return -1;
	}
	return mounts_prepare(&namespaces->mounts, spec, true, failure);
}

/* ---- the child's half ---- */

uint64_t namespaces_clone_flags(const struct namespaces *namespaces)
{
	return namespaces->flags & ~(uint64_t)CLONE_NEWPID;
}

int namespaces_enter(const struct namespaces *namespaces, enum namespaces_step *failed)
{
	if (namespaces->flags & CLONE_NEWUSER) {
		*failed = NAMESPACES_MAPS;
		if (userns_write_maps(&namespaces->maps) < 0)
			return -1;
	}
	*failed = NAMESPACES_PID;
	if (namespaces->flags & CLONE_NEWPID && reaper_enter(&namespaces->reaper) < 0)
		return -1;
	*failed = NAMESPACES_LOOPBACK;
	return namespaces->flags & CLONE_NEWNET ? net_raise_loopback() : 0;
}

int namespaces_renounce(const struct namespaces *namespaces, enum namespaces_step *failed)
{
	*failed = NAMESPACES_RENOUNCE;
	return namespaces->flags & CLONE_NEWUSER ? userns_renounce(namespaces->kept) : 0;
}

/* ---- and its errors ---- */

static const char *const step_words[] = {
	[NAMESPACES_MAPS] = "cannot write the maps of the user namespace",
	[NAMESPACES_PID] = "cannot make a pid namespace",
	[NAMESPACES_LOOPBACK] = "cannot bring up the loopback device",
	[NAMESPACES_RENOUNCE] = "cannot give up the capabilities in the user namespace",
};

void namespaces_word(const struct spec *spec, enum namespaces_step failed, struct failure *failure)
{
	int err = failure->err;
	fail(failure, spec, step_words[failed], err);
	if (failed == NAMESPACES_PID)
		snprintf(failure->option, sizeof(failure->option), "--pid-ns");
	if (failed == NAMESPACES_LOOPBACK)
		snprintf(failure->option, sizeof(failure->option), "--no-net");
}

/* The same once more, with nothing else about it that can fail. */
static bool can_clone(uint64_t flags)
{
	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid > 0;
}

bool namespaces_blame(const struct namespaces *namespaces, const struct spec *spec, int err,
		      struct failure *failure)
{
	if (!namespaces->flags || can_clone(namespaces->flags))
		return false;
	if (err == ENOSPC)
		fail(failure, spec,
		     "no such namespace is left: as root, raise user.max_net_namespaces and its "
		     "like",
		     0);
	else
		fail(failure, spec, "cannot start a process in new namespaces", err);
	return true;
}
