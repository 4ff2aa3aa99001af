/* SPDX-License-Identifier: MIT */
/*
 * What a process may do to lock itself in.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/diagnosis.h"
#include "ctl/host.h"
#include "msg.h"

/* ---- user namespaces ---- */

#define SETTING_CLONE "kernel.unprivileged_userns_clone"
#define SETTING_APPARMOR "kernel.apparmor_restrict_unprivileged_userns"
#define SETTING_MAX "user.max_user_namespaces"

/* The step that a probe came to. */
enum probe { PROBE_DONE, PROBE_CREATE, PROBE_USE, PROBE_DIED };

struct probe_result {
	enum probe failed;
	int err;
};

/*
 * In a child, which is gone afterwards. AppArmor lets a namespace be created and takes away the
 * capabilities inside, so it has to be used too.
 */
static struct probe_result try_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER) < 0)
		return (struct probe_result){ PROBE_CREATE, errno };
	if (unshare(CLONE_NEWNS) < 0)
		return (struct probe_result){ PROBE_USE, errno };
	return (struct probe_result){ PROBE_DONE, 0 };
}

static struct probe_result probe_user_namespace(void)
{
	struct probe_result result = { PROBE_DIED, 0 };
	int fds[2];
	if (pipe(fds) < 0)
		return (struct probe_result){ PROBE_CREATE, errno };
	pid_t pid = fork();
	if (pid == 0) {
		result = try_user_namespace();
		ssize_t written = write(fds[1], &result, sizeof(result));
		_exit(written == sizeof(result) ? 0 : 1);
	}
	if (pid < 0)
		result = (struct probe_result){ PROBE_CREATE, errno };
	close(fds[1]);
	if (pid > 0) {
		if (read(fds[0], &result, sizeof(result)) != sizeof(result))
			result = (struct probe_result){ PROBE_DIED, 0 };
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	return result;
}

static bool is_setting(const char *path, int64_t value)
{
	int64_t found;
	return host_read_number(path, &found) == 0 && found == value;
}

static bool is_filtered(void)
{
	char mode[16];
	return host_read_status("Seccomp", mode, sizeof(mode)) == 0 && strcmp(mode, "2") == 0;
}

static void explain_forbidden(struct diagnosis *diagnosis, struct probe_result result)
{
	static const char name[] = "user-namespaces";
	struct check *check;
	if (result.err == ENOSPC || is_setting("/proc/sys/user/max_user_namespaces", 0)) {
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "forbidden: no more than " SETTING_MAX);
		check_advise_admin(check, "sysctl -w " SETTING_MAX "=15000");
	} else if (is_setting("/proc/sys/kernel/unprivileged_userns_clone", 0)) {
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "forbidden to ordinary users by " SETTING_CLONE);
		check_advise_admin(check, "sysctl -w " SETTING_CLONE "=1");
	} else if (is_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1)) {
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "without capabilities inside: " SETTING_APPARMOR);
		check_advise_admin(check, "sysctl -w " SETTING_APPARMOR "=0");
	} else {
		diagnosis_add(diagnosis, name, CHECK_MISSING, "%s: %s%s",
			      result.failed == PROBE_USE ? "without capabilities inside"
							 : "cannot be created",
			      msg_errno_text(result.err),
			      is_filtered() ? " (there is a seccomp filter)" : "");
	}
}

static void check_user_namespaces(struct diagnosis *diagnosis)
{
	struct probe_result result = probe_user_namespace();
	if (result.failed == PROBE_DONE)
		diagnosis_add(diagnosis, "user-namespaces", CHECK_OK,
			      "this user can create and use them");
	else if (result.failed == PROBE_DIED)
		diagnosis_add(diagnosis, "user-namespaces", CHECK_MISSING,
			      "whoever tries to create one is killed");
	else
		explain_forbidden(diagnosis, result);
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
