/* SPDX-License-Identifier: MIT */
/*
 * Limits on the tree: the values that go to the directory's interface files, and the
 * controllers that have to be switched on above it before those files are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"
#include "msg.h"

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

/* ---- the rule of no internal processes ---- */

/* The front first, unless it was killed: who reads where cordon is finds all of it there. */
static int move_to(const struct cgroup *cgroup, const char *directory)
{
	char procs[PATH_MAX + 16], pid[16];
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", directory);
	snprintf(pid, sizeof(pid), "%d", cgroup->front);
	if (cgroup->front > 0 && write_file(AT_FDCWD, procs, pid) < 0 && errno != ESRCH)
		return -1;
	return write_file(AT_FDCWD, procs, "0");
}

enum occupants { OCCUPANTS_NONE, OCCUPANTS_CORDON, OCCUPANTS_OTHERS };

/* Who is in the directory FD itself? Those who are not to be seen from here have the number 0. */
static enum occupants see_occupants(const struct cgroup *cgroup, int fd)
{
	char text[64];
	ssize_t length = cgroup_read_file(fd, "cgroup.procs", text, sizeof(text));
	if (length < 0 || (size_t)length == sizeof(text) - 1)
		return OCCUPANTS_OTHERS;
	for (char *at = text, *end; *at; at = end + (*end == '\n')) {
		pid_t pid = (pid_t)strtol(at, &end, 10);
		if (end == at || pid == 0 || (pid != getpid() && pid != cgroup->front))
			return OCCUPANTS_OTHERS;
	}
	return length ? OCCUPANTS_CORDON : OCCUPANTS_NONE;
}

/* The topmost group of all is exempt from the rule. It alone has no cgroup.events. */
static bool is_topmost(int fd)
{
	return faccessat(fd, "cgroup.events", F_OK, 0) < 0;
}

static bool name_leaf(const char *directory, pid_t pid, char *leaf, size_t size)
{
	int length = snprintf(leaf, size, "%s/" CGROUP_NAME_PREFIX "%d-leaf", directory, pid);
	return length < (int)size;
}

/* To a directory with a name of cordon's, so that the next run would sweep it. */
static int move_to_leaf(struct cgroup *cgroup, const char *directory)
{
	char leaf[PATH_MAX];
	if (!name_leaf(directory, getpid(), leaf, sizeof(leaf)) ||
	    (mkdir(leaf, 0755) < 0 && errno != EEXIST))
		return -1;
	cgroup->leaf = getpid();
	strcpy(cgroup->left_group, directory);
	return move_to(cgroup, leaf);
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);
	return length > suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

static bool is_unit(const char *directory)
{
	return has_suffix(directory, ".service") || has_suffix(directory, ".scope") ||
	       has_suffix(directory, ".slice");
}

/*
 * The system's manager marks what it has delegated, since version 251 for others than root to see,
 * too; and it gives nothing else away. A user's manager leaves no trace of it.
 */
static bool was_delegated(const char *directory, int fd)
{
	struct stat info;
	if (fgetxattr(fd, "user.delegate", NULL, 0) > 0 ||
	    fgetxattr(fd, "trusted.delegate", NULL, 0) > 0)
		return true;
	return !strstr(directory, "/user@") && fstat(fd, &info) == 0 && info.st_uid != 0;
}

bool cgroup_is_ruled(const struct cgroup *cgroup, const char *directory, int fd)
{
	if (cgroup->in_scope) /* which was delegated */
		return false;
	return is_unit(directory) && access("/run/systemd/system", F_OK) == 0 &&
	       !was_delegated(directory, fd);
}

/*
 * A group with controllers for its children must have no processes of its own. If only cordon is
 * in DIRECTORY, open as FD, it moves to a leaf beside the run's directory. The kernel must not
 * be asked before: some controllers it would switch on all the same, and let nobody into any group
 * below from then on ("domain invalid"). ENODATA stands for a missing delegation.
 */
static int make_room(struct cgroup *cgroup, const char *directory, int fd)
{
	if (is_topmost(fd))
		return 0;
	enum occupants occupants = see_occupants(cgroup, fd);
	if (occupants == OCCUPANTS_OTHERS) {
		errno = EBUSY;
		return -1;
	}
	if (cgroup_is_ruled(cgroup, directory, fd)) {
		errno = ENODATA;
		return -1;
	}
	return occupants == OCCUPANTS_CORDON ? move_to_leaf(cgroup, directory) : 0;
}

/* "memory pids" of FILE to "-memory -pids". */
static void write_without(int at, const char *file)
{
	char text[512], words[1024] = "";
	if (cgroup_read_file(at, file, text, sizeof(text)) <= 0)
		return;
	char *save;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		strcat(words, "-");
		strcat(words, word);
		strcat(words, " ");
	}
	write_file(at, file, words);
}

/*
 * The group had no controllers for children before, because cordon was in it, so all of them are
 * switched off. What cannot be undone is left to the next run's sweeping.
 */
void cgroup_leave_leaf(struct cgroup *cgroup)
{
	char leaf[PATH_MAX];
	if (!cgroup->leaf || cgroup->in_scope) /* systemd will remove all of the scope */
		return;
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, cgroup->left_group);
	write_without(fd, "cgroup.subtree_control");
	if (move_to(cgroup, cgroup->left_group) == 0 &&
	    name_leaf(cgroup->left_group, cgroup->leaf, leaf, sizeof(leaf)))
		rmdir(leaf);
	cgroup->leaf = 0;
}

/* ---- controllers ---- */

/* Switch CONTROLLER on for the children of DIRECTORY, an absolute path. */
static int enable_below(struct cgroup *cgroup, const char *directory, const char *controller)
{
	char word[64];
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, directory);
	if (fd < 0)
		return -1;
	if (file_has_word(fd, "cgroup.subtree_control", controller))
		return 0;
	if (make_room(cgroup, directory, fd) < 0)
		return -1;
	snprintf(word, sizeof(word), "+%s", controller);
	return write_file(fd, "cgroup.subtree_control", word);
}

/* In every directory from the base down to the one above the run's. */
static int enable_controller(struct cgroup *cgroup, const char *controller)
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

static const char *refuse(struct cgroup *cgroup, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The words are all that there is to say: errno is 0. */
static const char *refuse(struct cgroup *cgroup, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(cgroup->refusal, sizeof(cgroup->refusal), format, arguments);
	va_end(arguments);
	errno = 0;
	return cgroup->refusal;
}

#define REMEDY "see 'cordonctl doctor'"

/* Why the controller cannot be had; NULL if it can, and now is. */
static const char *have_controller(struct cgroup *cgroup, const char *controller)
{
	if (file_has_word(cgroup->fd, "cgroup.controllers", controller))
		return NULL;
	_cleanup_close_ int fd = cgroup_open_directory(AT_FDCWD, cgroup->base);
	if (fd >= 0 && !file_has_word(fd, "cgroup.controllers", controller))
		return refuse(cgroup, "cannot be enforced: there is no %s controller here; " REMEDY,
			      controller);
	if (enable_controller(cgroup, controller) == 0)
		return NULL;
	if (errno == EBUSY)
		return refuse(cgroup,
			      "cannot be enforced: the %s controller cannot be switched on while "
			      "other processes are in cordon's own cgroup; " REMEDY,
			      controller);
	if (errno == ENODATA)
		return refuse(cgroup,
			      "cannot be enforced: the %s controller cannot be switched on in a "
			      "unit of systemd's without a mark of Delegate=yes; " REMEDY,
			      controller);
	return refuse(cgroup,
		      "cannot be enforced: the %s controller cannot be switched on (%s); " REMEDY,
		      controller, msg_errno_text(errno));
}

static const char *refuse_without_cgroup(struct cgroup *cgroup, const char *controller)
{
	const char *what = cgroup->what ? cgroup->what : "none is wanted";
	return refuse(cgroup,
		      "cannot be enforced: no cgroup for the %s controller: %s%s%s%s; " REMEDY,
		      controller, what, cgroup->err ? " (" : "",
		      cgroup->err ? msg_errno_text(cgroup->err) : "", cgroup->err ? ")" : "");
}

const char *cgroup_set_limit(struct cgroup *cgroup, const struct tree_limit *limit)
{
	char controller[64];
	name_controller(controller, sizeof(controller), limit->file);
	if (cgroup->fd < 0)
		return refuse_without_cgroup(cgroup, controller);
	const char *what = have_controller(cgroup, controller);
	if (what)
		return what;
	if (write_file(cgroup->fd, limit->file, limit->value) < 0) {
		if (errno != ENOENT)
			return "cannot be enforced: the cgroup refuses the value";
		return refuse(cgroup, "cannot be enforced: this kernel's %s controller has no %s",
			      controller, limit->file);
	}
	/* All or nothing: half of a build that goes on without the other half helps nobody. */
	if (strcmp(limit->file, "memory.max") == 0)
		write_file(cgroup->fd, "memory.oom.group", "1");
	return NULL;
}
