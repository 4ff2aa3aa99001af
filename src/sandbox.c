/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "msg.h"
#include "sandbox/fds.h"

void sandbox_init(struct sandbox *sandbox, const struct spec *spec)
{
	sandbox->spec = spec;
	namespaces_init(&sandbox->namespaces);
	sandbox->caps = (struct caps){ .on = false };
	sandbox->landlock = (struct landlock){ .ruleset_fd = -1 };
	calls_init(&sandbox->calls);
}

static int fail(struct failure *failure, const char *option, const char *what, int err)
{
	*failure = (struct failure){
		.step = "sandbox", .what = what, .err = err, .status = STATUS_CORDON
	};
	snprintf(failure->option, sizeof(failure->option), "%s", option);
	return -1;
}

static int prepare_seccomp(struct sandbox *sandbox, struct failure *failure)
{
	const char *what = NULL;
	char option[sizeof(failure->option)];

	if (calls_prepare(&sandbox->calls, &sandbox->spec->sandbox, &what) == 0)
		return 0;
	int err = errno;
	snprintf(option, sizeof(option), "--seccomp=%s", sandbox->spec->sandbox.seccomp);
	if (!sandbox->calls.mistaken)
		return sandbox_lacks(sandbox, option, what, err, failure);
	return fail(failure, option, what, err);
}

int sandbox_prepare(struct sandbox *sandbox, struct failure *failure)
{
	if (namespaces_prepare(sandbox, failure) < 0)
		return -1;
	if (caps_are_wanted(&sandbox->spec->sandbox) &&
	    caps_prepare(&sandbox->caps, sandbox, failure) < 0)
		return -1;
	if (landlock_is_wanted(&sandbox->spec->sandbox) &&
	    landlock_prepare(&sandbox->landlock, sandbox, failure) < 0)
		return -1;
	return prepare_seccomp(sandbox, failure);
}

/* For the report; the warning has all of it. */
static void note_lack(struct sandbox *sandbox, const char *option, const char *what, int err)
{
	if (sandbox->lack_count == SANDBOX_LACKS_MAX)
		return;
	struct sandbox_lack *lack = &sandbox->lacks[sandbox->lack_count++];
	snprintf(lack->option, sizeof(lack->option), "%s", option);
	snprintf(lack->what, sizeof(lack->what), "%s%s%s", what, err ? ": " : "",
		 err ? msg_errno_text(err) : "");
}

int sandbox_lacks(struct sandbox *sandbox, const char *option, const char *what, int err,
		  struct failure *failure)
{
	if (!sandbox->spec->best_effort)
		return fail(failure, option, what, err);
	if (err)
		msg_warn_errno(err, "%s: %s", option, what);
	else
		msg_warn("%s: %s", option, what);
	note_lack(sandbox, option, what, err);
	return 0;
}

/* ---- the child's half ---- */

static int apply_no_new_privs(const struct sandbox_spec *spec)
{
	return spec->no_new_privs ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
}

int sandbox_before_user(const struct sandbox *sandbox, struct sandbox_fault *fault)
{
	fault->step = SANDBOX_CAPS;
	return caps_bind(&sandbox->caps);
}

int sandbox_restrict(const struct sandbox *sandbox, struct sandbox_fault *fault)
{
	const struct sandbox_spec *spec = &sandbox->spec->sandbox;

	fault->step = SANDBOX_CAPS;
	if (caps_apply(&sandbox->caps) < 0)
		return -1;
	fault->step = SANDBOX_NO_NEW_PRIVS;
	if (apply_no_new_privs(spec) < 0)
		return -1;
	fault->step = SANDBOX_LANDLOCK;
	if (landlock_apply(&sandbox->landlock, spec, &fault->detail) < 0)
		return -1;
	fault->step = SANDBOX_FDS;
	if (fds_apply(spec, sandbox->calls.child_fd) < 0)
		return -1;
	fault->step = SANDBOX_SECCOMP;
	return calls_apply(&sandbox->calls);
}

/* ---- and its errors ---- */

static const struct {
	const char *step, *option, *what;
} step_words[] = {
	[SANDBOX_CAPS] = { "capabilities", "", "cannot change the sets of capabilities" },
	[SANDBOX_NO_NEW_PRIVS] = { "no-new-privs", "--no-new-privs", "cannot be set" },
	[SANDBOX_LANDLOCK] = { "landlock", "", "cannot apply the rules" },
	[SANDBOX_FDS] = { "close-fds", "--close-fds", "cannot close the descriptors" },
	[SANDBOX_SECCOMP] = { "seccomp", "--seccomp", "the kernel does not take the filter" },
};

void sandbox_word(const struct spec *spec, const struct sandbox_fault *fault,
		  struct failure *failure)
{
	const char *option = step_words[fault->step].option;

	failure->step = step_words[fault->step].step;
	failure->what = step_words[fault->step].what;
	if (fault->step == SANDBOX_LANDLOCK && fault->detail >= 0) {
		option = spec->sandbox.paths[fault->detail].option;
		failure->what = "cannot open";
	} else if (fault->step == SANDBOX_LANDLOCK) {
		option = spec->sandbox.path_count ? "--read, --write, --exec"
						  : "--bind-port, --connect-port";
	}
	if (fault->step == SANDBOX_CAPS)
		option = spec->sandbox.cap_keep_text ? "--cap-keep" : "--cap-drop";
	snprintf(failure->option, sizeof(failure->option), "%s", option);
}

void sandbox_started(struct sandbox *sandbox)
{
	calls_started(&sandbox->calls);
}

void sandbox_fini(struct sandbox *sandbox)
{
	landlock_fini(&sandbox->landlock);
	namespaces_fini(&sandbox->namespaces);
	calls_fini(&sandbox->calls);
}
