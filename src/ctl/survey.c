/* SPDX-License-Identifier: MIT */
#include "ctl/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

const char *survey_controller_name(enum controller controller)
{
	static const char *const names[CONTROLLER_COUNT] = { "cpu", "memory", "pids", "io" };
	return names[controller];
}

bool survey_has_word(const char *path, const char *file, const char *word)
{
	char text[512];
	size_t length = strlen(word);
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, path);
	if (fd < 0 || cgroup_read_file(fd, file, text, sizeof(text)) < 0)
		return false;
	for (const char *at = text; *at; at += strspn(at, " \n")) {
		size_t n = strcspn(at, " \n");
		if (n == length && memcmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/*
 * A process is born in the directory FD and dies there, without a signal, for where SIGCHLD is ignored
 * nobody could tell how. 0, or -1 with errno.
 */
static int start_inside(int fd)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .cgroup = (unsigned)fd };
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	int status = 0;
	if (pid < 0 || waitpid((pid_t)pid, &status, __WALL) < 0)
		return -1;
	errno = ECANCELED; /* as for a run (spawn.c) */
	return WIFSIGNALED(status) ? -1 : 0;
}

/* Only the top of the hierarchy has no cgroup.events. */
static bool is_top(const char *base)
{
	char path[PATH_MAX + 16];
	snprintf(path, sizeof(path), "%s/cgroup.events", base);
	return access(path, F_OK) < 0;
}

/*
 * Is anybody but this process in the group itself? A run can leave its base for a leaf, but not
 * take others along, and no group but the top has processes and controllers for its children.
 */
static bool has_others(const char *base)
{
	char path[PATH_MAX + 16];
	char line[32];
	snprintf(path, sizeof(path), "%s/cgroup.procs", base);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (atoi(line) != getpid())
			return true;
	return false;
}

/* Would systemd switch controllers off again? */
static bool is_ruled(const struct cgroup *cgroup)
{
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, cgroup->base);
	return fd >= 0 && cgroup_is_ruled(cgroup, cgroup->base, fd);
}

static enum supply examine(const struct cgroup *cgroup, const char *controller)
{
	const char *base = cgroup->base;
	char control[PATH_MAX + 32];
	if (!survey_has_word(base, "cgroup.controllers", controller))
		return SUPPLY_NONE;
	if (survey_has_word(base, "cgroup.subtree_control", controller))
		return SUPPLY_ON;
	snprintf(control, sizeof(control), "%s/cgroup.subtree_control", base);
	if (faccessat(AT_FDCWD, control, W_OK, AT_EACCESS) < 0 ||
	    (!is_top(base) && (has_others(base) || is_ruled(cgroup))))
		return SUPPLY_BLOCKED;
	return SUPPLY_SWITCH;
}

/* A run takes the first base that has what it wants. True if nothing is left to be wanted. */
static bool note_controllers(struct survey *survey, const struct cgroup *cgroup)
{
	bool all = true;
	for (enum controller c = 0; c < CONTROLLER_COUNT; c++) {
		struct supplier *supplier = &survey->suppliers[c];
		enum supply supply = examine(cgroup, survey_controller_name(c));
		if (supplier->supply < SUPPLY_SWITCH && supply > supplier->supply) {
			supplier->supply = supply;
			strcpy(supplier->base, cgroup->base);
		}
		all = all && supplier->supply >= SUPPLY_SWITCH;
	}
	return all;
}

/* The first base that serves; true if it does. */
static bool note_base(struct survey *survey, const struct cgroup *cgroup)
{
	survey->made = true;
	survey->start_err = start_inside(cgroup->fd) < 0 ? errno : 0;
	survey->has_kill = faccessat(cgroup->fd, "cgroup.kill", F_OK, 0) == 0;
	if (survey->start_err)
		return false;
	strcpy(survey->base, cgroup->base);
	snprintf(survey->kind, sizeof(survey->kind), "%s", cgroup->base_kind);
	memcpy(survey->tried, cgroup->tried, sizeof(survey->tried));
	survey->tried_count = cgroup->tried_count;
	return true;
}

static void note_failure(struct survey *survey, const struct cgroup *cgroup)
{
	snprintf(survey->words, sizeof(survey->words), "%s", cgroup->what);
	survey->what = survey->words;
	survey->err = cgroup->err;
	memcpy(survey->tried, cgroup->tried, sizeof(survey->tried));
	survey->tried_count = cgroup->tried_count;
}

static void try_bases(struct survey *survey, struct cgroup *cgroup, const struct spec *spec)
{
	int result = cgroup_create(cgroup, spec);
	while (result == 0) {
		int err = 0;
		if (!survey->base[0] && !note_base(survey, cgroup))
			err = survey->start_err;
		if (!err && note_controllers(survey, cgroup))
			break;
		result = cgroup_next(cgroup, spec, "cannot start a process in it", err);
	}
	if (!survey->base[0])
		note_failure(survey, cgroup);
	cgroup_remove(cgroup);
}

void survey_make(struct survey *survey)
{
	/* Required, so that systemd is waited for as long as by runs that cannot do without. */
	const struct spec spec = { .cgroup = CGROUP_AUTO, .require_cgroup = true };
	struct cgroup cgroup = { 0 };

	*survey = (struct survey){ .made = false };
	cgroup_init(&cgroup);
	if (cgroup_find_mount(&cgroup) < 0) {
		note_failure(survey, &cgroup);
		return;
	}
	strcpy(survey->mount, cgroup.mount);
	try_bases(survey, &cgroup, &spec);
}
