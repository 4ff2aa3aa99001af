/* SPDX-License-Identifier: MIT */
/*
 * Limits on the tree: the values that go to the directory's interface files, and the
 * controllers that have to be switched on above it before those files are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

static int write_file(int at, const char *path, const char *value)
{
	_cleanup_close_ int fd = openat(at, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t length = strlen(value);
	return write(fd, value, length) == (ssize_t)length ? 0 : -1;
}

/* Is WORD among the blank-separated words of the file? */
static bool file_has_word(int at, const char *path, const char *word)
{
	char text[512];
	if (cgroup_read_file(at, path, text, sizeof(text)) < 0)
		return false;
	size_t length = strlen(word);
	for (const char *at_word = text; (at_word = strstr(at_word, word)); at_word += length) {
		bool begins = at_word == text || at_word[-1] == ' ';
		if (begins && strchr(" \n", at_word[length]))
			return true;
	}
	return false;
}

/*
 * A group with controllers for its children must have no processes of its own (the rule of no
 * internal processes). cordon is in the base, so it moves to a leaf beside the run's directory:
 * a directory with a name of cordon's, which the next run sweeps.
 */
static int move_to_leaf(const struct cgroup *cgroup)
{
	char leaf[PATH_MAX], procs[PATH_MAX], pid[16];
	int length = snprintf(leaf, sizeof(leaf), "%s/" CGROUP_NAME_PREFIX "%d-leaf", cgroup->base,
			      getpid());
	if (length >= (int)sizeof(leaf) - 16 || (mkdir(leaf, 0755) < 0 && errno != EEXIST))
		return -1;
	snprintf(procs, sizeof(procs), "%.*s/cgroup.procs", (int)sizeof(leaf) - 16, leaf);
	if (cgroup->front > 0) {
		snprintf(pid, sizeof(pid), "%d", cgroup->front);
		if (write_file(AT_FDCWD, procs, pid) < 0)
			return -1;
	}
	return write_file(AT_FDCWD, procs, "0");
}

/* Switch CONTROLLER on for the children of DIRECTORY, an absolute path. */
static int enable_below(const struct cgroup *cgroup, const char *directory, const char *controller)
{
	char word[64];
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, directory);
	if (fd < 0)
		return -1;
	if (file_has_word(fd, "cgroup.subtree_control", controller))
		return 0;
	snprintf(word, sizeof(word), "+%s", controller);
	if (write_file(fd, "cgroup.subtree_control", word) == 0)
		return 0;
	if (errno != EBUSY || move_to_leaf(cgroup) < 0)
		return -1;
	return write_file(fd, "cgroup.subtree_control", word);
}

/* In every directory from the base down to the one above the run's. */
static int enable_controller(const struct cgroup *cgroup, const char *controller)
{
	char directory[PATH_MAX];
	strcpy(directory, cgroup->path);
	for (char *slash = directory + strlen(cgroup->base); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int result = enable_below(cgroup, directory, controller);
		*slash = '/';
		if (result < 0)
			return -1;
	}
	return 0;
}

/* "memory" of "memory.max"; "" for a file that belongs to no controller. */
static void name_controller(char *out, size_t size, const char *file)
{
	snprintf(out, size, "%.*s", (int)strcspn(file, "."), file);
}

/* Why the controller cannot be had; NULL if it can, and now is. */
static const char *have_controller(const struct cgroup *cgroup, const char *controller)
{
	char base[PATH_MAX];
	snprintf(base, sizeof(base), "%s", cgroup->base);
	if (file_has_word(cgroup->fd, "cgroup.controllers", controller))
		return NULL;
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, base);
	if (fd >= 0 && !file_has_word(fd, "cgroup.controllers", controller)) {
		errno = 0;
		return "cannot be enforced: the cgroup has no such controller here";
	}
	if (enable_controller(cgroup, controller) == 0)
		return NULL;
	if (errno != EBUSY)
		return "cannot be enforced: the controller cannot be switched on";
	errno = 0;
	return "cannot be enforced: other processes are in cordon's own cgroup";
}

const char *cgroup_set_limit(const struct cgroup *cgroup, const struct tree_limit *limit)
{
	char controller[64];
	if (cgroup->fd < 0) {
		errno = cgroup->err;
		return "cannot be enforced without a cgroup";
	}
	name_controller(controller, sizeof(controller), limit->file);
	const char *what = have_controller(cgroup, controller);
	if (what)
		return what;
	if (write_file(cgroup->fd, limit->file, limit->value) < 0)
		return errno == ENOENT ? "cannot be enforced: this kernel's cgroup has no such file"
				       : "cannot be enforced: the cgroup refuses the value";
	/* All or nothing: half of a build that goes on without the other half helps nobody. */
	if (strcmp(limit->file, "memory.max") == 0)
		write_file(cgroup->fd, "memory.oom.group", "1");
	return NULL;
}
