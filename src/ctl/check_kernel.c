/* SPDX-License-Identifier: MIT */
/*
 * The kernel, what of /proc there is, and system calls that runs use where they can.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/diagnosis.h"
#include "ctl/host.h"
#include "msg.h"

#define OLDEST_MAJOR 5
#define OLDEST_MINOR 9

static void check_release(struct diagnosis *diagnosis)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	bool old = major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
	struct check *check =
		diagnosis_add(diagnosis, "kernel", old ? CHECK_MISSING : CHECK_OK, "%s %s%s",
			      name.sysname, name.release, old ? ", older than Linux 5.9" : "");
	check->needed = true;
}

static void check_proc(struct diagnosis *diagnosis)
{
	struct check *check;
	if (access("/proc/self/stat", R_OK) == 0 && access("/proc/self/mountinfo", R_OK) == 0) {
		check = diagnosis_add(diagnosis, "proc", CHECK_OK, "mounted at /proc");
	} else {
		check = diagnosis_add(diagnosis, "proc", CHECK_MISSING,
				      "/proc is not mounted: no process can be found");
		check_advise_admin(check, "mount -t proc proc /proc");
	}
	check->needed = true;
}

static void check_children(struct diagnosis *diagnosis)
{
	static const char name[] = "proc-children";
	char path[64];
	if (diagnosis_lacks_proc(diagnosis, name))
		return;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	if (access(path, R_OK) == 0)
		diagnosis_add(diagnosis, name, CHECK_OK,
			      "descendants are found by /proc/PID/task/TID/children");
	else
		diagnosis_add(diagnosis, name, CHECK_DEGRADED,
			      "no /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN): all of "
			      "/proc is searched for descendants, which is slower");
}

/* The options of the file system at /proc, the last one mounted there (proc(5)); "" if none. */
static void read_proc_options(char *options, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	options[0] = '\0';
	while (file && getline(&line, &room, file) > 0) {
		char *type = strstr(line, " - proc ");
		if (!type || !strstr(line, " /proc "))
			continue;
		char *words = strchr(type + strlen(" - proc "), ' ');
		if (words)
			snprintf(options, size, ",%.*s,", (int)strcspn(words + 1, "\n"), words + 1);
	}
}

static void check_hidepid(struct diagnosis *diagnosis)
{
	static const char name[] = "hidepid";
	char options[512], shown[32] = "";
	if (diagnosis_lacks_proc(diagnosis, name))
		return;
	read_proc_options(options, sizeof(options));
	const char *word = strstr(options, ",hidepid=");
	if (word)
		snprintf(shown, sizeof(shown), "%.*s", (int)strcspn(word + 1, ","), word + 1);
	if (strstr(options, ",subset=pid,")) {
		diagnosis_add(diagnosis, name, CHECK_DEGRADED,
			      "/proc is mounted with subset=pid: the kernel's settings and the "
			      "pressure of the whole host cannot be seen");
	} else if (!word || strcmp(shown, "hidepid=off") == 0 || strcmp(shown, "hidepid=0") == 0) {
		diagnosis_add(diagnosis, name, CHECK_OK, "/proc shows all processes");
	} else if (host_is_admin()) {
		diagnosis_add(diagnosis, name, CHECK_OK, "%s, but not from the superuser", shown);
	} else {
		struct check *check = diagnosis_add(
			diagnosis, name, CHECK_DEGRADED,
			"%s: descendants that change their user are out of sight", shown);
		check_advise_admin(check, "mount -o remount,hidepid=0 /proc");
	}
}

static void check_pidfd(struct diagnosis *diagnosis)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (fd >= 0)
		diagnosis_add(diagnosis, "pidfd", CHECK_OK,
			      "processes can be held while they are signalled");
	else
		diagnosis_add(diagnosis, "pidfd", CHECK_DEGRADED, "pidfd_open: %s",
			      msg_errno_text(errno));
}

static void check_kcmp(struct diagnosis *diagnosis)
{
	pid_t self = getpid();
	if (syscall(SYS_kcmp, self, self, KCMP_FILE, STDIN_FILENO, STDIN_FILENO) == 0)
		diagnosis_add(diagnosis, "kcmp", CHECK_OK,
			      "streams that share one open file are told from others");
	else
		diagnosis_add(diagnosis, "kcmp", CHECK_DEGRADED,
			      "kcmp: %s: streams that go to one file are taken for one open file",
			      msg_errno_text(errno));
}

/* PSI may be compiled in and off: then reading it fails (Documentation/accounting/psi.rst). */
static void check_pressure(struct diagnosis *diagnosis)
{
	static const char name[] = "psi";
	char line[256];
	if (diagnosis_lacks_proc(diagnosis, name))
		return;
	if (host_read_line("/proc/pressure/memory", line, sizeof(line)) > 0)
		diagnosis_add(diagnosis, name, CHECK_OK,
			      "pressure on CPU, memory and I/O is measured");
	else if (errno == EOPNOTSUPP)
		check_advise_boot(
			diagnosis_add(diagnosis, name, CHECK_MISSING, "pressure is not measured"),
			"psi=1");
	else
		diagnosis_add(diagnosis, name, CHECK_MISSING,
			      "pressure is not measured: /proc/pressure/memory: %s",
			      msg_errno_text(errno));
}

void check_kernel(struct diagnosis *diagnosis)
{
	check_release(diagnosis);
	check_proc(diagnosis);
	check_children(diagnosis);
	check_hidepid(diagnosis);
	check_pidfd(diagnosis);
	check_kcmp(diagnosis);
	check_pressure(diagnosis);
}
