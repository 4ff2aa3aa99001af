/* SPDX-License-Identifier: MIT */
/*
 * What a process may do to lock itself in.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/diagnosis.h"
#include "ctl/host.h"
#include "msg.h"
#include "sandbox/userns.h"

/* ---- user namespaces ---- */

#define SETTING_CLONE "kernel.unprivileged_userns_clone"
#define SETTING_APPARMOR "kernel.apparmor_restrict_unprivileged_userns"
#define SETTING_MAX "user.max_user_namespaces"

static bool is_filtered(void)
{
	char mode[16];
	return host_read_status("Seccomp", mode, sizeof(mode)) == 0 && strcmp(mode, "2") == 0;
}

static void explain_forbidden(struct diagnosis *diagnosis, struct userns_trial trial)
{
	diagnosis_add(diagnosis, "user-namespaces", CHECK_MISSING, "%s: %s%s",
		      trial.created ? "without capabilities inside" : "cannot be created",
		      msg_errno_text(trial.err),
		      trial.obstacle == USERNS_FILTERED    ? " (there is a seccomp filter)"
		      : trial.obstacle == USERNS_IN_CHROOT ? " (this is a chroot)"
							   : "");
}

static void check_user_namespaces(struct diagnosis *diagnosis)
{
	static const char name[] = "user-namespaces";
	struct userns_trial trial = userns_try();
	struct check *check;
	switch (trial.obstacle) {
	case USERNS_USABLE:
		diagnosis_add(diagnosis, name, CHECK_OK, "this user can create and use them");
		break;
	case USERNS_NONE_LEFT:
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "forbidden: no more than " SETTING_MAX);
		check_advise_admin(check, "sysctl -w " SETTING_MAX "=15000");
		break;
	case USERNS_ROOT_ONLY:
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "forbidden to ordinary users by " SETTING_CLONE);
		check_advise_admin(check, "sysctl -w " SETTING_CLONE "=1");
		break;
	case USERNS_POWERLESS:
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "without capabilities inside: " SETTING_APPARMOR);
		check_advise_admin(check, "sysctl -w " SETTING_APPARMOR "=0");
		break;
	case USERNS_DEADLY:
		diagnosis_add(diagnosis, name, CHECK_MISSING,
			      "whoever tries to create one is killed");
		break;
	case USERNS_IN_CHROOT:
	case USERNS_FILTERED:
	case USERNS_FORBIDDEN:
		explain_forbidden(diagnosis, trial);
		break;
	}
}

/* ---- Landlock ---- */

#define CREATE_RULESET_VERSION 1u
#define ABI_NETWORK 4

static void check_landlock(struct diagnosis *diagnosis)
{
	char modules[160], parameter[192];
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	if (abi >= ABI_NETWORK) {
		diagnosis_add(diagnosis, "landlock", CHECK_OK, "ABI %ld", abi);
	} else if (abi > 0) {
		diagnosis_add(diagnosis, "landlock", CHECK_DEGRADED,
			      "ABI %ld: files, but not the network (ABI 4, Linux 6.7)", abi);
	} else if (errno == EOPNOTSUPP) {
		struct check *check = diagnosis_add(diagnosis, "landlock", CHECK_MISSING,
						    "the kernel has it, switched off");
		/* every module that is to be on has to be named */
		if (host_read_line("/sys/kernel/security/lsm", modules, sizeof(modules)) > 0) {
			snprintf(parameter, sizeof(parameter), "lsm=landlock,%s", modules);
			check_advise_boot(check, parameter);
		}
	} else {
		diagnosis_add(diagnosis, "landlock", CHECK_MISSING, "landlock_create_ruleset: %s",
			      msg_errno_text(errno));
	}
}

static void check_seccomp(struct diagnosis *diagnosis)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		diagnosis_add(diagnosis, "seccomp", CHECK_MISSING, "prctl(PR_GET_SECCOMP): %s",
			      msg_errno_text(errno));
	else if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		diagnosis_add(diagnosis, "seccomp", CHECK_MISSING, "no filters: %s",
			      msg_errno_text(errno));
	else
		diagnosis_add(diagnosis, "seccomp", CHECK_OK, "filters for system calls%s",
			      is_filtered() ? "; there is one already" : "");
}

/* Who may attach to whom (Yama). Nothing that a run does depends on it. */
static void check_ptrace(struct diagnosis *diagnosis)
{
	static const char *const scopes[] = { "any process of the same user",
					      "descendants, and who allows it",
					      "what a superuser names", "nobody" };
	int64_t scope;
	if (host_read_number("/proc/sys/kernel/yama/ptrace_scope", &scope) < 0 || scope < 0 ||
	    scope > 3)
		diagnosis_add(diagnosis, "ptrace-scope", CHECK_OK, "debuggers may attach to %s",
			      scopes[0]);
	else
		diagnosis_add(diagnosis, "ptrace-scope", CHECK_OK, "%d: debuggers may attach to %s",
			      (int)scope, scopes[scope]);
}

void check_sandbox(struct diagnosis *diagnosis)
{
	check_user_namespaces(diagnosis);
	check_landlock(diagnosis);
	check_seccomp(diagnosis);
	check_ptrace(diagnosis);
}
