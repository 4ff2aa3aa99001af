/* SPDX-License-Identifier: MIT */
#include "sandbox/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"

/* ---- may this user have one? ---- */

enum trial_step { TRIAL_DONE, TRIAL_CREATE, TRIAL_USE, TRIAL_DIED };

struct trial_result {
	enum trial_step failed;
	int err;
};

static struct trial_result try_in_child(void)
{
	if (unshare(CLONE_NEWUSER) < 0)
		return (struct trial_result){ TRIAL_CREATE, errno };
	if (unshare(CLONE_NEWNS) < 0)
		return (struct trial_result){ TRIAL_USE, errno };
	return (struct trial_result){ TRIAL_DONE, 0 };
}

static struct trial_result try_out(void)
{
	struct trial_result result = { TRIAL_DIED, 0 };
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return (struct trial_result){ TRIAL_CREATE, errno };
	pid_t pid = fork();
	if (pid == 0) {
		result = try_in_child();
		ssize_t written = write(fds[1], &result, sizeof(result));
		_exit(written == sizeof(result) ? 0 : 1);
	}
	if (pid < 0)
		result = (struct trial_result){ TRIAL_CREATE, errno };
	close(fds[1]);
	if (pid > 0) {
		if (read(fds[0], &result, sizeof(result)) != sizeof(result))
			result = (struct trial_result){ TRIAL_DIED, 0 };
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	return result;
}

/* The whole of a small file of /proc as a number; -1: none. */
static long read_setting(const char *path)
{
	char text[32];
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (got <= 0)
		return -1;
	text[got] = '\0';
	return strtol(text, NULL, 10);
}

/* Does a line of the file begin with BEGINNING? */
static bool has_line(const char *path, const char *beginning)
{
	char line[256];
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, beginning, strlen(beginning)) == 0)
			return true;
	return false;
}

/* A root that is no mount is another root than the one that was mounted. */
static bool is_in_chroot(void)
{
	char *line = NULL;
	size_t room = 0;
	bool seen = false, has_root = false;
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	while (file && getline(&line, &room, file) > 0) {
		char point[8] = "";
		seen = true;
		has_root |=
			sscanf(line, "%*s %*s %*s %*s %7s", point) == 1 && strcmp(point, "/") == 0;
	}
	free(line);
	return seen && !has_root;
}

static enum userns_obstacle find_obstacle(struct trial_result result)
{
	if (result.failed == TRIAL_DONE)
		return USERNS_USABLE;
	if (result.failed == TRIAL_DIED)
		return USERNS_DEADLY;
	if (result.err == ENOSPC || read_setting("/proc/sys/user/max_user_namespaces") == 0)
		return USERNS_NONE_LEFT;
	if (read_setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return USERNS_ROOT_ONLY;
	if (read_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		return USERNS_POWERLESS;
	if (is_in_chroot())
		return USERNS_IN_CHROOT;
	return has_line("/proc/self/status", "Seccomp:\t2") ? USERNS_FILTERED : USERNS_FORBIDDEN;
}

struct userns_trial userns_try(void)
{
	struct trial_result result = try_out();
	return (struct userns_trial){
		.obstacle = find_obstacle(result),
		.created = result.failed == TRIAL_USE,
		.err = result.err,
	};
}

const char *userns_obstacle_text(enum userns_obstacle obstacle)
{
	switch (obstacle) {
	case USERNS_USABLE:
		return "";
	case USERNS_NONE_LEFT:
		return "no user namespace is left: as root, sysctl -w "
		       "user.max_user_namespaces=15000";
	case USERNS_ROOT_ONLY:
		return "user namespaces are for root only here: as root, "
		       "sysctl -w kernel.unprivileged_userns_clone=1";
	case USERNS_POWERLESS:
		return "AppArmor makes user namespaces useless here: as root, "
		       "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
	case USERNS_IN_CHROOT:
		return "there are no user namespaces inside a chroot: run cordon outside, with "
		       "--chroot";
	case USERNS_FILTERED:
		return "a seccomp filter, such as a container's, forbids user namespaces: "
		       "docker run --security-opt seccomp=unconfined";
	case USERNS_DEADLY:
		return "whoever tries to create a user namespace is killed here";
	case USERNS_FORBIDDEN:
		return "user namespaces are forbidden here: run cordon as root";
	}
	__builtin_unreachable();
}

/* ---- the maps ---- */

void userns_make_maps(struct userns_maps *maps)
{
	unsigned uid = geteuid(), gid = getegid();
	snprintf(maps->uid, sizeof(maps->uid), "%u %u 1\n", uid, uid);
	snprintf(maps->gid, sizeof(maps->gid), "%u %u 1\n", gid, gid);
}

/* In one write(2): the kernel takes no second. */
static int write_file(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

int userns_write_maps(const struct userns_maps *maps)
{
	if (write_file("/proc/self/setgroups", "deny") < 0 ||
	    write_file("/proc/self/uid_map", maps->uid) < 0)
		return -1;
	return write_file("/proc/self/gid_map", maps->gid);
}

/* The kernel says where its capabilities end. */
static int drop_from_bounding_set(uint64_t kept)
{
	for (unsigned long capability = 0; capability < 64; capability++) {
		if (kept & UINT64_C(1) << capability)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1;
	}
	return 0;
}

/* Without them first, no_new_privs is no obstacle: a file would give no more than there is. */
static int set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = (uint32_t)set, .permitted = (uint32_t)set },
		{ .effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32) },
	};
	return (int)syscall(SYS_capset, &header, data);
}

int userns_renounce(uint64_t kept)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (geteuid() != 0)
		return set_capabilities(0);
	return drop_from_bounding_set(kept) < 0 ? -1 : set_capabilities(kept);
}
