/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"

void tree_init(struct tree *tree, const struct inherited *inherited)
{
	*tree = (struct tree){ .inherited = inherited };
}

void tree_fini(struct tree *tree)
{
	free(tree->member);
	free(tree->slot);
	tree_init(tree, tree->inherited);
}

static pid_t *find_slot(pid_t *slot, size_t slot_count, pid_t pid)
{
	size_t i = ((uint32_t)pid * UINT32_C(2654435769)) & (slot_count - 1);
	while (slot[i] && slot[i] != pid)
		i = (i + 1) & (slot_count - 1);
	return &slot[i];
}

static bool has(const struct tree *tree, pid_t pid)
{
	return tree->count && *find_slot(tree->slot, tree->slot_count, pid);
}

/* Keep the hash set at most half full. 0, or -1 if memory is short. */
static int make_room(struct tree *tree)
{
	if (tree->count < tree->room)
		return 0;
	size_t room = tree->room ? tree->room * 4 : 64;
	struct member *member = realloc(tree->member, room * sizeof(*member));
	if (!member)
		return -1;
	tree->member = member;
	pid_t *slot = calloc(room * 2, sizeof(*slot));
	if (!slot)
		return -1;
	for (size_t i = 0; i < tree->count; i++)
		*find_slot(slot, room * 2, member[i].pid) = member[i].pid;
	free(tree->slot);
	tree->slot = slot;
	tree->slot_count = room * 2;
	tree->room = room;
	return 0;
}

/* Add PID unless it is there already or a stranger. */
static void add(struct tree *tree, pid_t pid, pid_t ppid)
{
	if (pid == tree->init || inherited_is_stranger(tree->inherited, pid) || make_room(tree) < 0)
		return;
	pid_t *slot = find_slot(tree->slot, tree->slot_count, pid);
	if (*slot)
		return;
	*slot = pid;
	tree->member[tree->count++] = (struct member){ .pid = pid, .ppid = ppid };
}

/*
 * The list is longer than one read(2) gives where a process has many children; after each number
 * there is a blank. It is read until there are ENOUGH.
 */
static void add_from_list(struct tree *tree, int fd, pid_t ppid, size_t enough)
{
	char text[4096];
	ssize_t got;
	pid_t pid = 0;
	while (tree->count < enough && (got = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
			} else if (pid) {
				add(tree, pid, ppid);
				pid = 0;
			}
		}
	}
}

static void add_children_of_thread(struct tree *tree, pid_t pid, pid_t tid, size_t enough)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, tid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		add_from_list(tree, fd, pid, enough);
}

static void add_children(struct tree *tree, pid_t pid, size_t enough)
{
	char path[64];
	struct stat task;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	/* ".", ".." and one directory per thread: spares the listing in the usual case. */
	if (stat(path, &task) < 0)
		return;
	if (task.st_nlink == 3) {
		add_children_of_thread(tree, pid, pid, enough);
		return;
	}
	DIR *dir = opendir(path);
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			add_children_of_thread(tree, pid, (pid_t)atoi(entry->d_name), enough);
	closedir(dir);
}

static bool has_children_file(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	return access(path, R_OK) == 0;
}

/* The init of a user's own pid namespace is hidden where /proc hides what may not be traced. */
static bool has_children_files(const struct tree *tree)
{
	return has_children_file(getpid()) && (!tree->init || has_children_file(tree->init));
}

/* Does PID get whoever loses his parent in the run? */
static bool is_reaper(const struct tree *tree, pid_t pid)
{
	return pid == getpid() || (tree->init && pid == tree->init);
}

/*
 * Without the children files: note everyone's parent, then take whoever has a parent among
 * those already taken until nobody is left to take.
 */
static void scan_parents(struct tree *tree)
{
	struct tree everyone;
	const struct inherited nobody = { 0 };
	tree_init(&everyone, &nobody);
	DIR *dir = opendir("/proc");
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct process process;
		pid_t pid = (pid_t)atoi(entry->d_name);
		if (pid > 0 && process_read(pid, &process) == 0)
			add(&everyone, pid, process.ppid);
	}
	closedir(dir);

	for (size_t taken = (size_t)-1; taken != tree->count;) {
		taken = tree->count;
		for (size_t i = 0; i < everyone.count; i++) {
			struct member m = everyone.member[i];
			if (is_reaper(tree, m.ppid) || has(tree, m.ppid))
				add(tree, m.pid, m.ppid);
		}
	}
	tree_fini(&everyone);
}

static void clear(struct tree *tree)
{
	tree->count = 0;
	tree->kills = 0;
	if (tree->slot)
		memset(tree->slot, 0, tree->slot_count * sizeof(*tree->slot));
}

/*
 * Breadth first: the list is its own queue. Adds to what is there, until there are ENOUGH; the
 * children of whoever is KNOWN are not asked for.
 */
static void scan_more(struct tree *tree, size_t enough, const struct tree *known)
{
	if (!has_children_files(tree)) {
		scan_parents(tree);
		return;
	}
	add_children(tree, getpid(), enough);
	if (tree->init)
		add_children(tree, tree->init, enough);
	for (size_t i = 0; i < tree->count && tree->count < enough; i++)
		if (!has(known, tree->member[i].pid))
			add_children(tree, tree->member[i].pid, enough);
}

static const struct tree none;

void tree_scan(struct tree *tree)
{
	tree_scan_some(tree, SIZE_MAX);
}

void tree_scan_some(struct tree *tree, size_t enough)
{
	clear(tree);
	scan_more(tree, enough, &none);
}

bool tree_needs_continue(int sig)
{
	return sig != SIGKILL && sig != SIGCONT && sig != SIGSTOP && sig != SIGTSTP &&
	       sig != SIGTTIN && sig != SIGTTOU;
}

static int pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int pidfd_send_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/* What the kernel says of a process through its pidfd (Linux 6.13), as far as it is of use here. */
struct pidfd_facts {
	uint64_t mask, cgroup_id;
	uint32_t pid, tgid, ppid, rest[9];
};

#define GET_PIDFD_FACTS _IOWR(0xff, 11, struct pidfd_facts)

/* The parent of the process that PIDFD holds, of which PID is the number; -1: it is gone. */
static pid_t find_parent(int pidfd, pid_t pid)
{
	struct pidfd_facts facts = { .mask = 1 };
	struct process process;
	if (ioctl(pidfd, GET_PIDFD_FACTS, &facts) == 0)
		return (pid_t)facts.ppid;
	return process_read(pid, &process) < 0 ? -1 : process.ppid;
}

/*
 * A child of cordon's keeps its number until cordon reaps it. Anybody else's number may have
 * been taken over since the scan, so the process is held first (pidfd_open(2)) and then
 * checked to be the one that was found.
 */
static int signal_member(const struct tree *tree, struct member member, int sig)
{
	if (member.ppid == getpid()) {
		if (kill(member.pid, sig) < 0)
			return -1;
		if (tree_needs_continue(sig))
			kill(member.pid, SIGCONT);
		return 0;
	}
	_cleanup_close_ int pidfd = pidfd_open(member.pid);
	if (pidfd < 0 && errno == ENOSYS)
		return kill(member.pid, sig);
	if (pidfd < 0)
		return -1;
	pid_t ppid = find_parent(pidfd, member.pid);
	if (ppid != member.ppid && !is_reaper(tree, ppid)) {
		errno = ESRCH;
		return -1;
	}
	if (pidfd_send_signal(pidfd, sig) < 0)
		return -1;
	if (tree_needs_continue(sig)) /* in vain if it has died of SIG, and was reaped */
		pidfd_send_signal(pidfd, SIGCONT);
	return 0;
}

static void signal_from(const struct tree *tree, size_t first, int sig,
			struct tree_signalled *result)
{
	for (size_t i = first; i < tree->count; i++) {
		if (signal_member(tree, tree->member[i], sig) == 0) {
			result->count++;
		} else if (errno == EPERM) {
			result->denied++;
			result->denied_pid = tree->member[i].pid;
		}
	}
}

/* Against a tree that forks faster than it can be read, the caller has to come back. */
#define PASSES_MAX 16

static struct tree_signalled signal_all(struct tree *tree, int sig)
{
	struct tree_signalled result = { 0 };
	size_t done = 0;
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		if (pass > 0)
			scan_more(tree, SIZE_MAX, &none);
		if (done == tree->count)
			break;
		signal_from(tree, done, sig, &result);
		done = tree->count;
	}
	return result;
}

/* After so many passes nothing is taken for known any longer. */
#define KNOWN_FOR_KILLS 5

/*
 * Whoever was sent SIGKILL cannot fork any more, and whoever was born before that is an orphan
 * soon, and found as cordon's own child: so the lists of the dying are not read again and again.
 * Their numbers may be others' meanwhile; these are sent the signal, and found all the same.
 */
static void scan_for_kill(struct tree *tree)
{
	struct tree known = *tree;
	if (known.kills == 0 || known.kills >= KNOWN_FOR_KILLS) {
		tree_scan(tree);
		return;
	}
	tree_init(tree, known.inherited);
	tree->init = known.init;
	scan_more(tree, SIZE_MAX, &known);
	tree->kills = known.kills;
	tree_fini(&known);
}

struct tree_signalled tree_signal(struct tree *tree, int sig)
{
	if (sig == SIGKILL)
		scan_for_kill(tree);
	else
		tree_scan(tree);
	return tree_signal_scanned(tree, sig);
}

struct tree_signalled tree_signal_scanned(struct tree *tree, int sig)
{
	struct tree_signalled result = { 0 };
	if (sig != SIGKILL)
		return signal_all(tree, sig);
	signal_from(tree, 0, sig, &result);
	tree->kills = result.denied ? 0 : tree->kills + 1;
	return result;
}
