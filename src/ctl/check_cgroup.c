/* SPDX-License-Identifier: MIT */
/*
 * The cgroup that a run needs, and where it could be.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/check_cgroup.h"
#include "ctl/host.h"
#include "ctl/quote.h"
#include "msg.h"

/* ---- the mount ---- */

/* Does a line of FILE contain TEXT? */
static bool has_line(const char *path, const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	while (file && getline(&line, &room, file) > 0)
		if (strstr(line, text))
			return true;
	return false;
}

/* /sys/fs/cgroup may be a tmpfs for the mounts of version 1. */
static void advise_mount(struct check *check)
{
	struct statfs info;
	struct statvfs flags;
	bool is_tmpfs = statfs("/sys/fs/cgroup", &info) == 0 && info.f_type == TMPFS_MAGIC;
	bool writable = statvfs("/sys/fs/cgroup", &flags) == 0 && !(flags.f_flag & ST_RDONLY);
	const char *place = !is_tmpfs && access("/sys/fs/cgroup", F_OK) == 0 ? "/sys/fs/cgroup"
			    : is_tmpfs && writable ? "/sys/fs/cgroup/unified"
						   : "/run/cgroup2";
	if (strcmp(place, "/sys/fs/cgroup") == 0)
		check_advise_admin(check, "mount -t cgroup2 cgroup2 %s", place);
	else
		check_advise_admin(check, "sh -c 'mkdir -p %s && mount -t cgroup2 cgroup2 %s'",
				   place, place);
}

static void check_no_mount(struct diagnosis *diagnosis, const struct survey *survey)
{
	if (!has_line("/proc/filesystems", "\tcgroup2\n")) {
		diagnosis_add(diagnosis, "cgroup2", CHECK_MISSING, "%s",
			      access("/proc/filesystems", R_OK) == 0
				      ? "this kernel has no cgroups of version 2"
				      : survey->what);
		return;
	}
	advise_mount(diagnosis_add(
		diagnosis, "cgroup2", CHECK_MISSING, "%s%s", survey->what,
		has_line("/proc/self/mountinfo", " - cgroup ") ? ", only version 1" : ""));
}

void check_advise_version2(struct check *check)
{
	check_advise_boot(check, access("/run/systemd/system", F_OK) == 0
					 ? "systemd.unified_cgroup_hierarchy=1"
					 : "cgroup_no_v1=all");
}

/* The controllers that version 1 has; "" if it has none. */
static void list_version1(char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (enum controller c = 0; c < CONTROLLER_COUNT; c++)
		if (check_controller_place(c) == PLACE_VERSION1 && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
						 survey_controller_name(c));
}

static void check_mount(struct diagnosis *diagnosis, const struct survey *survey)
{
	char list[64];
	if (!survey->mount[0]) {
		check_no_mount(diagnosis, survey);
		return;
	}
	list_version1(list, sizeof(list));
	if (list[0])
		check_advise_version2(diagnosis_add(diagnosis, "cgroup2", CHECK_DEGRADED,
						    "mounted at %s, beside version 1, which has "
						    "the controllers %s",
						    survey->mount, list));
	else
		diagnosis_add(diagnosis, "cgroup2", CHECK_OK, "mounted at %s", survey->mount);
}

/* ---- the base ---- */

/*
 * The directory that cgroup-init makes serves ordinary users only below it, so that the shell is
 * moved there: "$$" is the shell in which the command is typed.
 */
void check_advise_prepare(struct check *check, const struct survey *survey)
{
	char self[PATH_MAX], quoted[PATH_MAX];
	host_name_self(self, sizeof(self));
	if (geteuid() == 0)
		check_advise(check, "%s cgroup-init", self);
	else if (strcmp(quote_word(quoted, sizeof(quoted), survey->mount), survey->mount) == 0 &&
		 self[0] != '\'')
		check_advise_admin(
			check,
			"sh -c \"%s cgroup-init --owner=+%u && mkdir -p %s/cordon/shells "
			"&& echo $$ >%s/cordon/shells/cgroup.procs\"",
			self, geteuid(), survey->mount, survey->mount);
}

/* The check that says what stands in the way: of everything, or of a scope from systemd. */
static const struct check *find_obstacle(const struct diagnosis *diagnosis)
{
	static const char *const names[] = { "systemd-user", "libsystemd" };
	const struct check *systemd = diagnosis_find(diagnosis, "systemd");
	const struct check *proc = diagnosis_find(diagnosis, "proc");
	if (proc->status != CHECK_OK)
		return proc;
	if (systemd->status != CHECK_OK)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct check *check = diagnosis_find(diagnosis, names[i]);
		if (check->status != CHECK_OK && check->advice[0])
			return check;
	}
	return NULL;
}

static void advise_base(const struct diagnosis *diagnosis, struct check *check,
			const struct survey *survey)
{
	char quoted[PATH_MAX];
	const struct check *obstacle = find_obstacle(diagnosis);
	if (!survey->mount[0])
		check_advise(check, "%s", diagnosis_find(diagnosis, "cgroup2")->advice);
	else if (survey->err == EROFS)
		check_advise_admin(check, "mount -o remount,rw %s",
				   quote_word(quoted, sizeof(quoted), survey->mount));
	else if (obstacle)
		check_advise(check, "%s", obstacle->advice);
	else
		check_advise_prepare(check, survey);
}

/* "; prepared: there is none", for each base that was tried before. */
static void list_tried(char *out, size_t size, const struct survey *survey)
{
	size_t used = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < survey->tried_count && used < size; i++) {
		const struct cgroup_attempt *attempt = &survey->tried[i];
		used += (size_t)snprintf(out + used, size - used, "; not %s: %s%s%s", attempt->kind,
					 attempt->what, attempt->err ? ": " : "",
					 attempt->err ? msg_errno_text(attempt->err) : "");
	}
}

static void check_base(struct diagnosis *diagnosis, const struct survey *survey)
{
	char tried[700];
	struct check *check;
	list_tried(tried, sizeof(tried), survey);
	if (survey->base[0]) {
		check = diagnosis_add(diagnosis, "cgroup-base", CHECK_OK, "%s: %s%s", survey->kind,
				      survey->base, tried);
	} else {
		check = diagnosis_add(diagnosis, "cgroup-base", CHECK_MISSING,
				      "no cgroup for runs%s%s", survey->tried_count ? "" : ": ",
				      survey->tried_count ? tried : survey->what);
		advise_base(diagnosis, check, survey);
	}
	check->needed = true;
}

/* ---- the prepared directory ---- */

/* As attempted by a run: NULL if it was not, because it is there and serves. */
static const struct cgroup_attempt *find_attempt(const struct survey *survey, const char *kind)
{
	for (unsigned i = 0; i < survey->tried_count; i++)
		if (strcmp(survey->tried[i].kind, kind) == 0)
			return &survey->tried[i];
	return NULL;
}

static void check_prepared(struct diagnosis *diagnosis, const struct survey *survey)
{
	static const char name[] = "cgroup-prepared";
	const struct cgroup_attempt *attempt = find_attempt(survey, "prepared");
	char path[PATH_MAX + 16];
	struct check *check;

	snprintf(path, sizeof(path), "%s/cordon", survey->mount);
	if (!survey->mount[0]) {
		diagnosis_add(diagnosis, name, CHECK_MISSING, "%s", survey->what);
	} else if (!attempt) {
		diagnosis_add(diagnosis, name, CHECK_OK,
			      geteuid() == 0 ? "%s serves the superuser"
					     : "%s serves this user, below it",
			      path);
	} else if (access(path, F_OK) < 0) {
		check = diagnosis_add(diagnosis, name, CHECK_MISSING,
				      "no %s; it would serve the superuser, and users whose shell "
				      "is in it",
				      path);
		if (geteuid() == 0 || !survey->base[0])
			check_advise_prepare(check, survey);
	} else {
		check = diagnosis_add(diagnosis, name, CHECK_DEGRADED, "%s: %s%s%s", path,
				      attempt->what, attempt->err ? ": " : "",
				      attempt->err ? msg_errno_text(attempt->err) : "");
		if (geteuid() != 0 && !survey->base[0])
			check_advise_prepare(check, survey);
	}
}

/* ---- what is done with it ---- */

static void check_clone(struct diagnosis *diagnosis, const struct survey *survey)
{
	static const char name[] = "clone-into-cgroup";
	if (survey->base[0])
		diagnosis_add(diagnosis, name, CHECK_OK, "tried in %s", survey->base);
	else if (survey->made)
		diagnosis_add(diagnosis, name, CHECK_MISSING, "tried, and it fails: %s",
			      msg_errno_text(survey->start_err));
	else
		diagnosis_add(diagnosis, name, CHECK_MISSING, "no directory to try it in");
}

static void check_kill(struct diagnosis *diagnosis, const struct survey *survey)
{
	if (survey->has_kill)
		diagnosis_add(diagnosis, "cgroup-kill", CHECK_OK,
			      "cgroup.kill ends whoever is inside at once");
	else if (survey->made)
		diagnosis_add(diagnosis, "cgroup-kill", CHECK_DEGRADED,
			      "no cgroup.kill (Linux 5.14): processes are killed one by one");
	else
		diagnosis_add(diagnosis, "cgroup-kill", CHECK_MISSING, "no cgroup for runs");
}

void check_cgroup(struct diagnosis *diagnosis)
{
	struct survey survey;
	survey_make(&survey);
	check_mount(diagnosis, &survey);
	check_base(diagnosis, &survey);
	check_prepared(diagnosis, &survey);
	check_clone(diagnosis, &survey);
	check_kill(diagnosis, &survey);
	check_controllers(diagnosis, &survey);
}
