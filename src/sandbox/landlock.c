/* SPDX-License-Identifier: MIT */
/*
 * By system calls alone: there is no library for it, and the headers of a C library are often
 * older than the kernel. Numbers are those of the kernel's include/uapi/linux/landlock.h.
 */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "sandbox.h"

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,     /* ABI 2 */
	FS_TRUNCATE = 1 << 14,  /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
	FS_ABI_1 = (1 << 13) - 1,

	NET_BIND_TCP = 1 << 0, /* ABI 4 */
	NET_CONNECT_TCP = 1 << 1,

	SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, /* ABI 6 */
	SCOPE_SIGNAL = 1 << 1,
};

#define ABI_REFER 2
#define ABI_TRUNCATE 3
#define ABI_NETWORK 4
#define ABI_IOCTL 5
#define ABI_SCOPES 6

#define READ_RIGHTS ((uint64_t)(FS_READ_FILE | FS_READ_DIR))
/* Devices are made by nobody in a sandbox: they are ways around every rule. */
#define WRITE_RIGHTS                                                                        \
	(READ_RIGHTS | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |       \
	 FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE | \
	 FS_IOCTL_DEV)
/* What can be given for something that is no directory. */
#define FILE_RIGHTS \
	((uint64_t)(FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV))

struct ruleset_attr {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

struct net_port_attr {
	uint64_t allowed_access, port;
};

static const uint64_t access_rights[] = {
	[ACCESS_READ] = READ_RIGHTS,
	[ACCESS_WRITE] = WRITE_RIGHTS,
	[ACCESS_EXEC] = READ_RIGHTS | FS_EXECUTE,
};

bool landlock_is_wanted(const struct sandbox_spec *spec)
{
	return spec->path_count > 0 || spec->port_count > 0;
}

/* ---- before the child exists ---- */

static const char *first_option(const struct sandbox_spec *spec)
{
	return spec->path_count ? spec->paths[0].option : spec->ports[0].option;
}

static int lacks_altogether(struct sandbox *sandbox, int err, struct failure *failure)
{
	const char *option = first_option(&sandbox->spec->sandbox);
	if (err == ENOSYS)
		return sandbox_lacks(sandbox, option, "this kernel has no Landlock", 0, failure);
	if (err == EOPNOTSUPP)
		return sandbox_lacks(sandbox, option, "Landlock is switched off in this kernel", 0,
				     failure);
	return sandbox_lacks(sandbox, option, "cannot use Landlock", err, failure);
}

/* Truncating is writing, and this kernel does not keep anybody from it. */
static int settle_files(struct landlock *landlock, struct sandbox *sandbox, struct failure *failure)
{
	const struct sandbox_spec *spec = &sandbox->spec->sandbox;

	if (spec->path_count == 0)
		return 0;
	landlock->files = FS_ABI_1;
	if (landlock->abi >= ABI_REFER)
		landlock->files |= FS_REFER;
	if (landlock->abi >= ABI_TRUNCATE)
		landlock->files |= FS_TRUNCATE;
	if (landlock->abi >= ABI_IOCTL)
		landlock->files |= FS_IOCTL_DEV;
	if (landlock->abi >= ABI_TRUNCATE)
		return 0;
	return sandbox_lacks(sandbox, spec->paths[0].option,
			     "this kernel's Landlock does not keep files from being truncated "
			     "(Linux 6.2 does)",
			     0, failure);
}

static int settle_ports(struct landlock *landlock, struct sandbox *sandbox, struct failure *failure)
{
	const struct sandbox_spec *spec = &sandbox->spec->sandbox;

	if (spec->port_count == 0)
		return 0;
	if (landlock->abi >= ABI_NETWORK) {
		landlock->ports = NET_BIND_TCP | NET_CONNECT_TCP;
		return 0;
	}
	return sandbox_lacks(sandbox, spec->ports[0].option,
			     "this kernel's Landlock has no rules for ports (Linux 6.7 has)", 0,
			     failure);
}

int landlock_prepare(struct landlock *landlock, struct sandbox *sandbox, struct failure *failure)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	if (abi < 0)
		return lacks_altogether(sandbox, errno, failure);
	landlock->abi = (int)abi;
	if (settle_files(landlock, sandbox, failure) < 0 ||
	    settle_ports(landlock, sandbox, failure) < 0)
		return -1;
	if (landlock->abi >= ABI_SCOPES)
		landlock->scopes = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	if (!landlock->files && !landlock->ports && !landlock->scopes)
		return 0;

	const struct ruleset_attr attr = { landlock->files, landlock->ports, landlock->scopes };
	landlock->ruleset_fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u);
	if (landlock->ruleset_fd < 0)
		return lacks_altogether(sandbox, errno, failure);
	return 0;
}

const char *landlock_not_covered(const struct landlock *landlock, size_t index)
{
	const struct {
		bool missing;
		const char *what;
	} rows[] = {
		{ landlock->abi < ABI_TRUNCATE, "truncating files" },
		{ landlock->abi < ABI_NETWORK, "ports" },
		{ landlock->abi < ABI_IOCTL, "ioctl of devices" },
		{ landlock->abi < ABI_SCOPES, "signals" },
		{ landlock->abi < ABI_SCOPES, "abstract sockets" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].missing && index-- == 0)
			return rows[i].what;
	return NULL;
}

void landlock_fini(struct landlock *landlock)
{
	close_fd(&landlock->ruleset_fd);
}

/* ---- in the child ---- */

static int allow_path(const struct landlock *landlock, const char *path, uint64_t rights)
{
	struct stat status;
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	if (!S_ISDIR(status.st_mode))
		rights &= FILE_RIGHTS;
	const struct path_beneath_attr attr = {
		.allowed_access = rights & landlock->files,
		.parent_fd = fd,
	};
	return (int)syscall(SYS_landlock_add_rule, landlock->ruleset_fd, RULE_PATH_BENEATH, &attr,
			    0u);
}

/* Nothing is learned or left there, and hardly a program does without. Those that are missing
 * are, for example in a root of its own. */
static void allow_devices(const struct landlock *landlock)
{
	static const struct {
		const char *path;
		uint64_t rights;
	} devices[] = {
		{ "/dev/null", FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE },
		{ "/dev/zero", FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE },
		{ "/dev/full", FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE },
		{ "/dev/random", FS_READ_FILE },
		{ "/dev/urandom", FS_READ_FILE },
	};
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		allow_path(landlock, devices[i].path, devices[i].rights);
}

static int allow_port(const struct landlock *landlock, const struct port_rule *rule)
{
	const struct net_port_attr attr = {
		.allowed_access = rule->bind ? NET_BIND_TCP : NET_CONNECT_TCP,
		.port = rule->port,
	};
	return (int)syscall(SYS_landlock_add_rule, landlock->ruleset_fd, RULE_NET_PORT, &attr, 0u);
}

int landlock_apply(const struct landlock *landlock, const struct sandbox_spec *spec, int *rule)
{
	*rule = -1;
	if (landlock->ruleset_fd < 0)
		return 0;
	for (size_t i = 0; landlock->files && i < spec->path_count; i++) {
		const struct path_rule *path = &spec->paths[i];
		if (allow_path(landlock, path->path, access_rights[path->access]) < 0 &&
		    !(path->may_lack && errno == ENOENT)) {
			*rule = (int)i;
			return -1;
		}
	}
	if (landlock->files)
		allow_devices(landlock);
	for (size_t i = 0; landlock->ports && i < spec->port_count; i++)
		if (allow_port(landlock, &spec->ports[i]) < 0)
			return -1;
	return (int)syscall(SYS_landlock_restrict_self, landlock->ruleset_fd, 0u);
}
