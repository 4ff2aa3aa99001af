/* SPDX-License-Identifier: MIT */
/*
 * Tries to get out of a sandbox, one way at a time.
 *
 *     escape VERB [ARG]...
 *
 * Status 0: it got out. 1: it did not, and stdout says by which error. 98: a mistake.
 *
 * files
 *     read FILE             open it for reading
 *     list DIR              and its names
 *     write FILE            open it for writing, made if it is not there
 *     truncate FILE         to nothing, by its name
 *     remove FILE
 *     rename FROM TO
 *     link FROM TO
 *     mkdir DIR
 *     exec FILE [ARG]...    execute it, and end as it does
 *     mknod FILE            the device that /dev/null is
 *     ioctl FILE            ask the device for the size of its window
 * the network
 *     connect PORT          TCP, on the loopback interface
 *     bind PORT
 *     abstract NAME         connect to a socket of that abstract name
 *     raw                   open a raw socket
 * other processes
 *     kill PID              send it a signal that it does not notice (URG)
 *     ptrace PID            attach to it
 *     memory PID            open its memory
 * privileges
 *     is-root               is the effective user root?
 *     has-cap N             is the capability of this number effective?
 *     raise-cap N           make it permitted and effective
 *     setuid UID            become that user
 *     chroot DIR            enter it as the root
 *     sethostname           to what it is
 * mounts, namespaces, the root
 *     mount DIR             mount a tmpfs there
 *     remount DIR           with another flag
 *     umount DIR
 *     unshare               into a user namespace of its own
 *     double-chroot FILE    out of a root by the classic way; is FILE there?
 *     fchdir FD FILE        out of it by a descriptor of a directory; is FILE there?
 * the rest
 *     descriptor FD         is it open?
 *     keyctl                add a key to its own keyring
 *     tiocsti               type into the terminal of stdin
 * system calls as such, with these numbers for arguments; stdout says "ok" or which error
 *     call NAME [N]...      by the name
 *     call32 NUMBER [N]...  as a 32-bit program on x86 does
 *     callx32 NUMBER [N]... as a program of the ABI x32 does
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_OUT = 0, STATUS_IN = 1, STATUS_MISTAKE = 98 };

static int number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < 0 || value > INT32_MAX)
		errx(STATUS_MISTAKE, "invalid number '%s'", text);
	return (int)value;
}

/* How an attempt that is a system call of RESULT has ended. */
static int attempt(long result)
{
	if (result >= 0)
		return STATUS_OUT;
	printf("%s\n", strerror(errno));
	return STATUS_IN;
}

/* ---- files ---- */

static int do_read(char **args)
{
	return attempt(open(args[0], O_RDONLY));
}

static int do_list(char **args)
{
	DIR *dir = opendir(args[0]);
	return attempt(dir && readdir(dir) ? 0 : -1);
}

static int do_write(char **args)
{
	return attempt(open(args[0], O_WRONLY | O_CREAT, 0600));
}

static int do_truncate(char **args)
{
	return attempt(truncate(args[0], 0));
}

static int do_remove(char **args)
{
	return attempt(unlink(args[0]));
}

static int do_rename(char **args)
{
	return attempt(rename(args[0], args[1]));
}

static int do_link(char **args)
{
	return attempt(link(args[0], args[1]));
}

static int do_mkdir(char **args)
{
	return attempt(mkdir(args[0], 0700));
}

static int do_exec(char **args)
{
	return attempt(execv(args[0], args));
}

static int do_mknod(char **args)
{
	return attempt(mknod(args[0], S_IFCHR | 0600, makedev(1, 3)));
}

static int do_ioctl(char **args)
{
	struct winsize size;
	int fd = open(args[0], O_RDONLY | O_NOCTTY);
	if (fd < 0)
		err(STATUS_MISTAKE, "%s", args[0]);
	/* ENOTTY: it was asked, and does not know the question */
	long result = ioctl(fd, TIOCGWINSZ, &size);
	return attempt(result < 0 && errno == ENOTTY ? 0 : result);
}

/* ---- the network ---- */

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)number(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int do_connect(char **args)
{
	const struct sockaddr_in address = loopback(args[0]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return attempt(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
}

static int do_bind(char **args)
{
	const struct sockaddr_in address = loopback(args[0]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return attempt(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
}

static int do_abstract(char **args)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(args[0]);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (length + 1 >= sizeof(address.sun_path))
		errx(STATUS_MISTAKE, "too long a name");
	memcpy(address.sun_path + 1, args[0], length);
	return attempt(connect(fd, (const struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
}

static int do_raw(char **args)
{
	(void)args;
	return attempt(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

/* ---- other processes ---- */

static int do_kill(char **args)
{
	return attempt(kill(number(args[0]), SIGURG));
}

/* Not to be stopped when this process ends: PTRACE_SEIZE leaves it running. */
static int do_ptrace(char **args)
{
	return attempt(ptrace(PTRACE_SEIZE, number(args[0]), NULL, NULL));
}

static int do_memory(char **args)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", number(args[0]));
	return attempt(open(path, O_RDWR));
}

/* ---- privileges ---- */

struct caps {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
};

static void get_caps(struct caps *caps)
{
	*caps = (struct caps){ .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };
	if (syscall(SYS_capget, &caps->header, caps->data) < 0)
		err(STATUS_MISTAKE, "capget");
}

static int do_is_root(char **args)
{
	(void)args;
	errno = EPERM;
	return attempt(geteuid() == 0 ? 0 : -1);
}

static int do_has_cap(char **args)
{
	struct caps caps;
	int cap = number(args[0]);
	get_caps(&caps);
	errno = EPERM;
	return attempt(caps.data[cap / 32].effective >> cap % 32 & 1 ? 0 : -1);
}

static int do_raise_cap(char **args)
{
	struct caps caps;
	int cap = number(args[0]);
	get_caps(&caps);
	caps.data[cap / 32].permitted |= 1u << cap % 32;
	caps.data[cap / 32].effective |= 1u << cap % 32;
	return attempt(syscall(SYS_capset, &caps.header, caps.data));
}

static int do_setuid(char **args)
{
	return attempt(setuid((uid_t)number(args[0])));
}

static int do_chroot(char **args)
{
	return attempt(chroot(args[0]));
}

static int do_sethostname(char **args)
{
	char name[256] = "";
	(void)args;
	gethostname(name, sizeof(name) - 1);
	return attempt(sethostname(name, strlen(name)));
}

/* ---- mounts, namespaces, the root ---- */

static int do_mount(char **args)
{
	return attempt(mount("escape", args[0], "tmpfs", 0, NULL));
}

static int do_remount(char **args)
{
	return attempt(mount(NULL, args[0], NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL));
}

static int do_umount(char **args)
{
	return attempt(umount2(args[0], MNT_DETACH));
}

static int do_unshare(char **args)
{
	(void)args;
	return attempt(unshare(CLONE_NEWUSER));
}

/* Up as far as it goes, and is FILE of the world outside there? */
static int climb(const char *file)
{
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return attempt(-1);
	/* no chroot(".") to make it the root: relative names will do */
	return attempt(access(file[0] == '/' ? file + 1 : file, F_OK));
}

static int do_double_chroot(char **args)
{
	int here = open(".", O_RDONLY | O_DIRECTORY);
	if (mkdir("escape.root", 0700) < 0 && errno != EEXIST)
		return attempt(-1);
	if (here < 0 || chroot("escape.root") < 0 || fchdir(here) < 0)
		return attempt(-1);
	return climb(args[0]);
}

static int do_fchdir(char **args)
{
	if (fchdir(number(args[0])) < 0)
		return attempt(-1);
	return climb(args[1]);
}

/* ---- the rest ---- */

static int do_descriptor(char **args)
{
	return attempt(fcntl(number(args[0]), F_GETFD));
}

#define KEY_SPEC_PROCESS_KEYRING (-2)

static int do_keyctl(char **args)
{
	(void)args;
	return attempt(syscall(SYS_add_key, "user", "escape", "x", 1UL, KEY_SPEC_PROCESS_KEYRING));
}

static int do_tiocsti(char **args)
{
	(void)args;
	return attempt(ioctl(STDIN_FILENO, TIOCSTI, ""));
}

/* ---- system calls as such ---- */

/* clang-format off */
#define CALL(name) { #name, SYS_##name }
static const struct {
	char name[24];
	long number;
} calls[] = {
	CALL(acct), CALL(add_key), CALL(adjtimex), CALL(bpf), CALL(chroot),
	CALL(clock_adjtime), CALL(clock_settime), CALL(clone), CALL(clone3),
	CALL(delete_module), CALL(fanotify_init), CALL(finit_module), CALL(fsconfig),
	CALL(fsmount), CALL(fsopen), CALL(fspick), CALL(get_mempolicy), CALL(init_module),
	CALL(io_uring_enter), CALL(io_uring_register), CALL(io_uring_setup), CALL(ioctl),
	CALL(kcmp), CALL(kexec_load), CALL(keyctl), CALL(mbind), CALL(migrate_pages),
	CALL(mknodat), CALL(mount), CALL(move_mount), CALL(move_pages),
	CALL(open_by_handle_at), CALL(open_tree), CALL(perf_event_open), CALL(personality),
	CALL(pidfd_getfd), CALL(pivot_root), CALL(process_vm_readv), CALL(process_vm_writev),
	CALL(ptrace), CALL(quotactl), CALL(reboot), CALL(request_key), CALL(set_mempolicy),
	CALL(setdomainname), CALL(sethostname), CALL(setns), CALL(settimeofday), CALL(swapoff),
	CALL(swapon), CALL(syslog), CALL(umount2), CALL(unshare), CALL(userfaultfd),
};
/* clang-format on */

static int say_result(long result)
{
	puts(result < 0 ? strerror(errno) : "ok");
	return result < 0 ? STATUS_IN : STATUS_OUT;
}

/* ARGS up to NULL, six at most; the rest is 0. */
static void take_numbers(char **args, unsigned long numbers[6])
{
	for (int i = 0; i < 6; i++)
		numbers[i] = *args ? strtoul(*args++, NULL, 0) : 0;
}

static int do_call(char **args)
{
	unsigned long n[6];
	take_numbers(args + 1, n);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, args[0]) == 0)
			return say_result(
				syscall(calls[i].number, n[0], n[1], n[2], n[3], n[4], n[5]));
	errx(STATUS_MISTAKE, "no such call '%s'", args[0]);
}

/* The kernel takes "int $0x80" from 64-bit programs too, and then has numbers of i386. */
static int do_call32(char **args)
{
#ifdef __x86_64__
	unsigned long n[6];
	long result;
	take_numbers(args + 1, n);
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "0"((long)number(args[0])), "b"(n[0]), "c"(n[1]), "d"(n[2]), "S"(n[3])
		     : "memory", "r8", "r9", "r10", "r11");
	errno = result < 0 ? (int)-result : 0;
	return say_result(result);
#else
	errx(STATUS_MISTAKE, "%s: not on this processor", args[0]);
#endif
}

static int do_callx32(char **args)
{
	unsigned long n[6];
	take_numbers(args + 1, n);
	return say_result(
		syscall(0x40000000L | number(args[0]), n[0], n[1], n[2], n[3], n[4], n[5]));
}

/* clang-format off */
static const struct {
	const char *name;
	int min, max; /* arguments; -1: any number */
	int (*run)(char **args);
} verbs[] = {
	{ "read",          1, 1, do_read },
	{ "list",          1, 1, do_list },
	{ "write",         1, 1, do_write },
	{ "truncate",      1, 1, do_truncate },
	{ "remove",        1, 1, do_remove },
	{ "rename",        2, 2, do_rename },
	{ "link",          2, 2, do_link },
	{ "mkdir",         1, 1, do_mkdir },
	{ "exec",          1, -1, do_exec },
	{ "mknod",         1, 1, do_mknod },
	{ "ioctl",         1, 1, do_ioctl },
	{ "connect",       1, 1, do_connect },
	{ "bind",          1, 1, do_bind },
	{ "abstract",      1, 1, do_abstract },
	{ "raw",           0, 0, do_raw },
	{ "kill",          1, 1, do_kill },
	{ "ptrace",        1, 1, do_ptrace },
	{ "memory",        1, 1, do_memory },
	{ "is-root",       0, 0, do_is_root },
	{ "has-cap",       1, 1, do_has_cap },
	{ "raise-cap",     1, 1, do_raise_cap },
	{ "setuid",        1, 1, do_setuid },
	{ "chroot",        1, 1, do_chroot },
	{ "sethostname",   0, 0, do_sethostname },
	{ "mount",         1, 1, do_mount },
	{ "remount",       1, 1, do_remount },
	{ "umount",        1, 1, do_umount },
	{ "unshare",       0, 0, do_unshare },
	{ "double-chroot", 1, 1, do_double_chroot },
	{ "fchdir",        2, 2, do_fchdir },
	{ "descriptor",    1, 1, do_descriptor },
	{ "keyctl",        0, 0, do_keyctl },
	{ "tiocsti",       0, 0, do_tiocsti },
	{ "call",          1, 7, do_call },
	{ "call32",        1, 5, do_call32 },
	{ "callx32",       1, 7, do_callx32 },
};
/* clang-format on */

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, argv[1]) != 0)
			continue;
		if (argc - 2 < verbs[i].min || (verbs[i].max >= 0 && argc - 2 > verbs[i].max))
			errx(STATUS_MISTAKE, "%s: wrong number of arguments", argv[1]);
		return verbs[i].run(argv + 2);
	}
	errx(STATUS_MISTAKE, "no such verb");
}
