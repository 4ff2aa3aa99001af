/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "msg.h"
#include "sandbox/fds.h"

void sandbox_init(struct sandbox *sandbox, const struct spec *spec)
{
	sandbox->spec = spec;
	sandbox->lack_count = 0;
}

int sandbox_prepare(struct sandbox *sandbox, struct failure *failure)
{
	(void)sandbox, (void)failure;
	return 0;
}

/* For the report; the warning has all of it. */
static void note_lack(struct sandbox *sandbox, const char *option, const char *what, int err)
{
	if (sandbox->lack_count == SANDBOX_LACKS_MAX)
		return;
	struct sandbox_lack *lack = &sandbox->lack[sandbox->lack_count++];
	snprintf(lack->option, sizeof(lack->option), "%s", option);
	snprintf(lack->what, sizeof(lack->what), "%s%s%s", what, err ? ": " : "",
		 err ? msg_errno_text(err) : "");
}

int sandbox_lacks(struct sandbox *sandbox, const char *option, const char *what, int err,
		  struct failure *failure)
{
	if (!sandbox->spec->best_effort) {
		*failure = (struct failure){
			.step = "sandbox", .what = what, .err = err, .status = STATUS_CORDON
		};
		snprintf(failure->option, sizeof(failure->option), "%s", option);
		return -1;
	}
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

int sandbox_restrict(const struct sandbox *sandbox, enum sandbox_step *failed)
{
	const struct sandbox_spec *spec = &sandbox->spec->sandbox;

	*failed = SANDBOX_NO_NEW_PRIVS;
	if (apply_no_new_privs(spec) < 0)
		return -1;
	*failed = SANDBOX_FDS;
	return fds_apply(spec);
}

/* ---- and its errors ---- */

static const struct {
	const char *step, *option, *what;
} step_words[] = {
	[SANDBOX_NO_NEW_PRIVS] = { "no-new-privs", "--no-new-privs", "cannot be set" },
	[SANDBOX_FDS] = { "close-fds", "--close-fds", "cannot close the descriptors" },
};

void sandbox_word(const struct spec *spec, enum sandbox_step failed, struct failure *failure)
{
	(void)spec;
	failure->step = step_words[failed].step;
	failure->what = step_words[failed].what;
	snprintf(failure->option, sizeof(failure->option), "%s", step_words[failed].option);
}

void sandbox_fini(struct sandbox *sandbox)
{
	(void)sandbox;
}
