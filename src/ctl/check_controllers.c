/* SPDX-License-Identifier: MIT */
/*
 * Controllers: what limits on a tree, and its figures, take.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/check_cgroup.h"
#include "ctl/host.h"

/* /proc/cgroups: "NAME HIERARCHY GROUPS ENABLED", HIERARCHY being 0 without version 1. */
enum place check_controller_place(enum controller controller)
{
	const char *name =
		controller == CONTROLLER_IO ? "blkio" : survey_controller_name(controller);
	_cleanup_fclose_ FILE *file = fopen("/proc/cgroups", "re");
	char line[256], found[64];
	if (!file)
		return PLACE_UNKNOWN;
	while (fgets(line, sizeof(line), file)) {
		int hierarchy, groups, enabled;
		if (sscanf(line, "%63s %d %d %d", found, &hierarchy, &groups, &enabled) != 4 ||
		    strcmp(found, name) != 0)
			continue;
		return !enabled ? PLACE_OFF : hierarchy ? PLACE_VERSION1 : PLACE_VERSION2;
	}
	return PLACE_ABSENT;
}

/* ---- why a base has none ---- */

/*
 * A user manager passes on what the system's lets it have, and that is memory and pids unless
 * it is told otherwise (systemd.resource-control(5), Delegate=).
 */
static void advise_delegate(struct check *check)
{
	check_advise_admin(check, "sh -c 'mkdir -p /etc/systemd/system/user@.service.d && "
				  "printf \"[Service]\\nDelegate=cpu cpuset io memory pids\\n\" "
				  ">/etc/systemd/system/user@.service.d/cordon.conf && "
				  "systemctl daemon-reload' && systemctl --user daemon-reexec");
}

/* The mount's top has the controller, and the base does not. */
static void explain_withheld(struct check *check, const struct survey *survey)
{
	if (geteuid() != 0 && access("/run/systemd/system", F_OK) == 0)
		advise_delegate(check);
	else
		check_advise_prepare(check, survey);
}

static void explain_absent(struct diagnosis *diagnosis, const char *name,
			   enum controller controller, const struct survey *survey)
{
	const char *word = survey_controller_name(controller);
	char parameter[64];
	if (survey_has_word(survey->mount, "cgroup.controllers", word)) {
		explain_withheld(diagnosis_add(diagnosis, name, CHECK_MISSING,
					       "the kernel has it, but it does not reach %s",
					       survey->base),
				 survey);
		return;
	}
	switch (check_controller_place(controller)) {
	case PLACE_VERSION1:
		check_advise_version2(diagnosis_add(diagnosis, name, CHECK_MISSING,
						    "version 1 has it, so that version 2 cannot"));
		return;
	case PLACE_OFF:
		snprintf(parameter, sizeof(parameter), "cgroup_enable=%s", word);
		check_advise_boot(diagnosis_add(diagnosis, name, CHECK_MISSING,
						"switched off at boot (cgroup_disable=%s)", word),
				  parameter);
		return;
	case PLACE_ABSENT:
		diagnosis_add(diagnosis, name, CHECK_MISSING, "this kernel does not have it");
		return;
	case PLACE_UNKNOWN:
	case PLACE_VERSION2:
		diagnosis_add(diagnosis, name, CHECK_MISSING, "not available below %s",
			      survey->mount);
	}
}

static void check_controller(struct diagnosis *diagnosis, enum controller controller,
			     const struct survey *survey)
{
	static const char names[CONTROLLER_COUNT][20] = { "controller-cpu", "controller-memory",
							  "controller-pids", "controller-io" };
	const struct supplier *supplier = &survey->suppliers[controller];
	const char *name = names[controller];
	if (!survey->base[0]) {
		diagnosis_add(diagnosis, name, CHECK_MISSING, "no cgroup for runs");
		return;
	}
	switch (supplier->supply) {
	case SUPPLY_ON:
		diagnosis_add(diagnosis, name, CHECK_OK, "on in %s", supplier->base);
		return;
	case SUPPLY_SWITCH:
		diagnosis_add(diagnosis, name, CHECK_OK, "can be switched on in %s",
			      supplier->base);
		return;
	case SUPPLY_BLOCKED:
		check_advise_prepare(diagnosis_add(diagnosis, name, CHECK_DEGRADED,
						   "in %s, but it cannot be switched on there, "
						   "which is not for cordon alone",
						   supplier->base),
				     survey);
		return;
	case SUPPLY_NONE:
		explain_absent(diagnosis, name, controller, survey);
	}
}

/* ---- files of the memory controller ---- */

/* Is there FILE in a group directly below DIRECTORY? */
static bool is_in_children(const char *directory, const char *file)
{
	bool found = false;
	DIR *dir = directory[0] ? opendir(directory) : NULL;
	if (!dir)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		char path[PATH_MAX];
		int length = snprintf(path, sizeof(path), "%s/%s", entry->d_name, file);
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			length < (int)sizeof(path) && faccessat(dirfd(dir), path, F_OK, 0) == 0;
	}
	closedir(dir);
	return found;
}

static bool is_anywhere(const struct survey *survey, const char *file)
{
	return is_in_children(survey->suppliers[CONTROLLER_MEMORY].base, file) ||
	       is_in_children(survey->mount, file);
}

static bool is_since(int major, int minor)
{
	struct utsname name;
	int found_major = 0, found_minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &found_major, &found_minor);
	return found_major > major || (found_major == major && found_minor >= minor);
}

/*
 * Until the controller is switched on for some group there is no file to be seen, and then the
 * kernel's version has to do (EXPECTED).
 */
static struct check *check_memory_file(struct diagnosis *diagnosis, const char *name,
				       const char *file, bool expected, const struct survey *survey)
{
	if (survey->suppliers[CONTROLLER_MEMORY].supply < SUPPLY_SWITCH)
		return diagnosis_add(diagnosis, name, CHECK_MISSING,
				     "no memory controller for runs");
	if (is_anywhere(survey, file))
		return diagnosis_add(diagnosis, name, CHECK_OK, "there is %s", file);
	if (expected && !is_anywhere(survey, "memory.current"))
		return diagnosis_add(diagnosis, name, CHECK_OK,
				     "%s will be there with the memory controller", file);
	return NULL;
}

static void check_memory_files(struct diagnosis *diagnosis, const struct survey *survey)
{
	static const char peak[] = "memory-peak", swap[] = "memory-swap";
	if (!check_memory_file(diagnosis, peak, "memory.peak", is_since(5, 19), survey))
		diagnosis_add(diagnosis, peak, CHECK_DEGRADED,
			      "no memory.peak (Linux 5.19): the peak of a tree is not known");
	if (!check_memory_file(diagnosis, swap, "memory.swap.max", access("/proc/swaps", F_OK) == 0,
			       survey))
		check_advise_boot(diagnosis_add(diagnosis, swap, CHECK_MISSING,
						"no memory.swap.max: swap is not accounted for"),
				  "swapaccount=1");
}

void check_controllers(struct diagnosis *diagnosis, const struct survey *survey)
{
	for (enum controller c = 0; c < CONTROLLER_COUNT; c++)
		check_controller(diagnosis, c, survey);
	check_memory_files(diagnosis, survey);
}
