/* SPDX-License-Identifier: MIT */
/*
 * One program with every bad habit that the suite needs.
 *
 *     victim VERB [ARG]...
 *
 * how it ends
 *     exit N                  exit with status N
 *     quick-exit              exit with status 0 before doing anything at all
 *     die SIG                 die of SIG, without a core dump
 *     trap SIG CODE [TIMES]   print "ready", wait for SIG that often (once), each time print
 *                             "got SIG", exit with CODE
 *     ignore-term             ignore TERM, INT, HUP and QUIT, print "ready", stay
 *     stop-self               print "ready", stop; exit with status 0 when continued
 *     sleep SECONDS           sleep, then exit with status 0
 * what it leaves behind
 *     daemonise FILE          a grandchild in a session of its own, wholly the effective user
 *                             (of a setuid victim), writes its pid to FILE and stays; exit
 *                             once it is there
 *     hold-pipe SECONDS       a child keeps stdout and stderr open, after SECONDS writes
 *                             "late"; exit at once
 *     lose-reader             print "ready", wait until nobody reads stdout any more; exit
 *     close-out SECONDS       close stdout and stderr, sleep, exit with status 0
 *     zombie                  exit with a child that nobody has waited for
 *     headless                exit with a child whose first thread has ended and another stays
 *     fork-tree DEPTH WIDTH   a tree of processes, all of which stay; print "ready COUNT"
 *     setsid-children N       N children in sessions of their own; print "ready N"; all stay
 *     fork-bomb-lite N        N children that replace themselves by a fork without end
 *                             (40 s at most); print "ready N", stay
 * what it uses
 *     burn SECONDS            CPU time
 *     alloc MIB [SECONDS]     memory, every page of it; print "ready"; hold it so long
 *     spam BYTES [stdout|stderr [BLOCK]]
 *                             numbered hexadecimal lines of 16 bytes, BLOCK bytes a write
 *     write-both LINES        numbered lines, in turn to stdout and stderr
 *     read-stdin              read to the end, print "BYTES HASH" (FNV-1a, 64 bits)
 *     sigchld-count           start and reap three children, one after the other; print
 *                             SIGCHLD's disposition at the start, how many were reaped, and
 *                             how many signals came
 * what it sees
 *     print-mask print-fds print-env print-cwd print-ids print-limits print-group
 *     print-umask print-nice
 *     give-cap FILE N         let FILE's execution give this capability (as setcap(8) does)
 *     print-landlock          the kernel's ABI of it, 0 if there is none
 *     argv [ARG]...           argv[0] and the ARGs, a line each
 *
 * "Stay" is a minute at most, and ends in status 99. Any mistake is status 98.
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "signame.h"

enum { STATUS_MISTAKE = 98, STATUS_STAYED = 99, STAY_SECONDS = 60, BOMB_SECONDS = 40 };

static long number(const char *text)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (end == text || *end || errno || value < 0)
		errx(STATUS_MISTAKE, "invalid number '%s'", text);
	return value;
}

static double seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || !(value >= 0 && value < 1e6))
		errx(STATUS_MISTAKE, "invalid number of seconds '%s'", text);
	return value;
}

static int signal_number(const char *text)
{
	int sig = signame_number(text);
	return sig ? sig : (int)number(text);
}

static void sleep_for(double duration)
{
	struct timespec left = { .tv_sec = (time_t)duration };
	left.tv_nsec = (long)((duration - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static _Noreturn void stay(void)
{
	sleep_for(STAY_SECONDS);
	_exit(STATUS_STAYED);
}

static pid_t must_fork(void)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0)
		err(STATUS_MISTAKE, "fork");
	return pid;
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t done = write(fd, data, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			err(STATUS_MISTAKE, "write");
		data += done;
		size -= (size_t)done;
	}
}

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* Wait until COUNT processes have written a byte to the pipe, then say so. */
static void say_ready(int fd, long count)
{
	char byte;
	for (long i = 0; i < count; i++)
		if (read(fd, &byte, 1) != 1)
			errx(STATUS_MISTAKE, "a process is missing");
	printf("ready %ld\n", count);
	fflush(stdout);
}

static void must_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		err(STATUS_MISTAKE, "pipe");
}

/* ---- how it ends ---- */

static int do_exit(char **args)
{
	return (int)number(args[0]);
}

static int do_die(char **args)
{
	int sig = signal_number(args[0]);
	struct rlimit none = { 0, 0 };
	sigset_t set;
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), sig); /* raise(3) refuses the C library's own 32 and 33 */
	return STATUS_MISTAKE;
}

static int do_trap(char **args)
{
	int sig = signal_number(args[0]), code = (int)number(args[1]);
	long times = args[2] ? number(args[2]) : 1;
	struct timespec limit = { .tv_sec = STAY_SECONDS };
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	say("ready");
	for (long i = 0; i < times; i++) {
		if (sigtimedwait(&set, NULL, &limit) != sig)
			return STATUS_STAYED;
		printf("got %s\n", args[0]);
		fflush(stdout);
	}
	return code;
}

static int do_ignore_term(char **args)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	(void)args;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	say("ready");
	stay();
}

static int do_stop_self(char **args)
{
	(void)args;
	say("ready");
	raise(SIGSTOP);
	return 0;
}

static int do_sleep(char **args)
{
	sleep_for(seconds(args[0]));
	return 0;
}

/* ---- what it leaves behind ---- */

static void write_pid(const char *path)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%d\n", getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		err(STATUS_MISTAKE, "%s", path);
	write_all(fd, text, (size_t)length);
	close(fd);
}

static int do_daemonise(char **args)
{
	int there[2];
	char byte;
	must_pipe(there);
	if (must_fork() == 0) {
		setsid();
		if (must_fork() > 0)
			_exit(0);
		if (setresuid(geteuid(), geteuid(), geteuid()) < 0)
			err(STATUS_MISTAKE, "setresuid");
		write_pid(args[0]);
		write_all(there[1], "x", 1);
		stay();
	}
	close(there[1]);
	wait(NULL);
	return read(there[0], &byte, 1) == 1 ? 0 : STATUS_MISTAKE;
}

static int do_hold_pipe(char **args)
{
	double duration = seconds(args[0]);
	if (must_fork() == 0) {
		sleep_for(duration);
		say("late");
		_exit(0);
	}
	return 0;
}

static int do_close_out(char **args)
{
	double duration = seconds(args[0]);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	sleep_for(duration);
	_exit(0);
}

static int do_lose_reader(char **args)
{
	struct pollfd out = { .fd = STDOUT_FILENO };
	(void)args;
	say("ready");
	return poll(&out, 1, STAY_SECONDS * 1000) == 1 ? 0 : STATUS_STAYED;
}

static int do_zombie(char **args)
{
	siginfo_t info;
	(void)args;
	pid_t pid = must_fork();
	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	return 0;
}

/* Once the first thread is a zombie, say so through the pipe. */
static void *outlive(void *arg)
{
	const int *there = arg;
	char text[256], *state;
	do {
		int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (got <= 0)
			err(STATUS_MISTAKE, "/proc/self/stat");
		close(fd);
		text[got] = '\0';
		state = strrchr(text, ')');
	} while (!state || state[2] != 'Z');
	write_all(there[1], "x", 1);
	stay();
}

static int do_headless(char **args)
{
	static int there[2]; /* the first thread's stack may go with it */
	pthread_t thread;
	char byte;
	(void)args;
	must_pipe(there);
	if (must_fork() == 0) {
		if (pthread_create(&thread, NULL, outlive, there) != 0)
			errx(STATUS_MISTAKE, "cannot start a thread");
		pthread_exit(NULL);
	}
	close(there[1]);
	return read(there[0], &byte, 1) == 1 ? 0 : STATUS_MISTAKE;
}

/* DEPTH generations of WIDTH children each; returns in every one of the processes. */
static void grow(long depth, long width)
{
	bool is_child = true;
	for (; is_child && depth > 0; depth--) {
		is_child = false;
		for (long i = 0; !is_child && i < width; i++)
			is_child = must_fork() == 0;
	}
}

static int do_fork_tree(char **args)
{
	long depth = number(args[0]), width = number(args[1]);
	long count = 1, generation = 1;
	pid_t root = getpid();
	int ready[2];
	for (long i = 0; i < depth; i++) {
		generation *= width;
		count += generation;
	}
	must_pipe(ready);
	grow(depth, width);
	write_all(ready[1], "x", 1);
	if (getpid() == root)
		say_ready(ready[0], count);
	stay();
}

static int do_setsid_children(char **args)
{
	long count = number(args[0]);
	int ready[2];
	must_pipe(ready);
	for (long i = 0; i < count; i++) {
		if (must_fork() > 0)
			continue;
		setsid();
		write_all(ready[1], "x", 1);
		stay();
	}
	say_ready(ready[0], count);
	stay();
}

/* The process goes on in its child, so that a pid seen is a pid gone. */
static _Noreturn void run_away(void)
{
	time_t end = time(NULL) + BOMB_SECONDS;
	while (time(NULL) < end)
		if (fork() > 0)
			_exit(0);
	_exit(STATUS_STAYED);
}

static int do_fork_bomb_lite(char **args)
{
	long count = number(args[0]);
	int ready[2];
	must_pipe(ready);
	for (long i = 0; i < count; i++) {
		if (must_fork() > 0)
			continue;
		write_all(ready[1], "x", 1);
		run_away();
	}
	say_ready(ready[0], count);
	stay();
}

/* ---- what it uses ---- */

static int do_burn(char **args)
{
	double duration = seconds(args[0]);
	struct timespec used;
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while ((double)used.tv_sec + (double)used.tv_nsec / 1e9 < duration);
	return 0;
}

static int do_alloc(char **args)
{
	size_t size = (size_t)number(args[0]) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(STATUS_MISTAKE, "mmap");
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
	say("ready");
	if (args[1])
		usleep((useconds_t)(seconds(args[1]) * 1e6));
	return 0;
}

static void put_line(char *out, uint64_t line)
{
	for (int i = 14; i >= 0; i--, line >>= 4)
		out[i] = "0123456789abcdef"[line & 15];
	out[15] = '\n';
}

static int do_spam(char **args)
{
	static char block[1 << 20];
	size_t left = (size_t)number(args[0]), size = 65536;
	int fd = args[1] && strcmp(args[1], "stderr") == 0 ? STDERR_FILENO : STDOUT_FILENO;
	if (args[1] && args[2])
		size = (size_t)number(args[2]);
	if (size == 0 || size > sizeof(block))
		errx(STATUS_MISTAKE, "invalid block size");
	/* Filled as one long text, written in pieces of SIZE bytes. */
	for (uint64_t line = 0; left > 0;) {
		for (size_t at = 0; at < sizeof(block); at += 16)
			put_line(block + at, line++);
		for (size_t at = 0; at < sizeof(block) && left > 0;) {
			size_t piece = size < left ? size : left;
			if (piece > sizeof(block) - at)
				piece = sizeof(block) - at;
			write_all(fd, block + at, piece);
			at += piece;
			left -= piece;
		}
	}
	return 0;
}

static int do_write_both(char **args)
{
	long count = number(args[0]);
	for (long i = 1; i <= count; i++) {
		char line[32];
		int length = snprintf(line, sizeof(line), "%ld\n", i);
		write_all(i % 2 ? STDOUT_FILENO : STDERR_FILENO, line, (size_t)length);
	}
	return 0;
}

static int do_read_stdin(char **args)
{
	static unsigned char data[65536];
	uint64_t hash = UINT64_C(0xcbf29ce484222325), count = 0;
	ssize_t size;
	(void)args;
	while ((size = read(STDIN_FILENO, data, sizeof(data))) > 0) {
		for (ssize_t i = 0; i < size; i++)
			hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
		count += (uint64_t)size;
	}
	if (size < 0)
		err(STATUS_MISTAKE, "read");
	printf("%ju %016jx\n", (uintmax_t)count, (uintmax_t)hash);
	return 0;
}

static volatile sig_atomic_t sigchld_seen;

static void see_sigchld(int sig)
{
	(void)sig;
	sigchld_seen++;
}

static int do_sigchld_count(char **args)
{
	struct sigaction before, action = { .sa_handler = see_sigchld, .sa_flags = SA_RESTART };
	int reaped = 0;
	(void)args;
	sigaction(SIGCHLD, NULL, &before);
	if (before.sa_handler == SIG_DFL)
		sigaction(SIGCHLD, &action, NULL);
	for (int i = 0; i < 3; i++) {
		pid_t pid = must_fork();
		if (pid == 0)
			_exit(0);
		if (waitpid(pid, NULL, 0) == pid)
			reaped++;
	}
	printf("%s, %d reaped, %d signals\n", before.sa_handler == SIG_IGN ? "ignored" : "default",
	       reaped, (int)sigchld_seen);
	return 0;
}

/* ---- what it sees ---- */

static void print_file(const char *path, const char *prefix)
{
	char line[512];
	FILE *file = fopen(path, "re");
	if (!file)
		err(STATUS_MISTAKE, "%s", path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			fputs(line, stdout);
	fclose(file);
}

static int do_print_mask(char **args)
{
	(void)args;
	print_file("/proc/self/status", "SigBlk:");
	print_file("/proc/self/status", "SigIgn:");
	return 0;
}

static int do_print_limits(char **args)
{
	(void)args;
	print_file("/proc/self/limits", "");
	return 0;
}

static int do_print_fds(char **args)
{
	(void)args;
	long max = sysconf(_SC_OPEN_MAX);
	for (int fd = 0; fd < (max > 65536 ? 65536 : max); fd++) {
		char path[64], target[4096];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t length = readlink(path, target, sizeof(target));
		if (length >= 0)
			printf("%d %.*s\n", fd, (int)length, target);
	}
	return 0;
}

static int do_print_env(char **args)
{
	(void)args;
	for (char **entry = environ; *entry; entry++)
		puts(*entry);
	return 0;
}

static int do_print_cwd(char **args)
{
	char path[4096];
	(void)args;
	if (!getcwd(path, sizeof(path)))
		err(STATUS_MISTAKE, "getcwd");
	puts(path);
	return 0;
}

static int do_print_ids(char **args)
{
	static gid_t groups[65536];
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;
	(void)args;
	getresuid(&uid, &euid, &suid);
	getresgid(&gid, &egid, &sgid);
	int count = getgroups(sizeof(groups) / sizeof(*groups), groups);
	printf("uid %u %u %u\ngid %u %u %u\ngroups", uid, euid, suid, gid, egid, sgid);
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	putchar('\n');
	return 0;
}

static int do_print_group(char **args)
{
	int tty = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	int foreground = tty < 0 ? -1 : tcgetpgrp(tty);
	(void)args;
	if (tty >= 0)
		close(tty);
	printf("pid %d\nppid %d\npgid %d\nsid %d\ntpgid %d\n", getpid(), getppid(), getpgrp(),
	       getsid(0), foreground);
	return 0;
}

static int do_print_umask(char **args)
{
	(void)args;
	printf("%04o\n", umask(0));
	return 0;
}

static int do_print_nice(char **args)
{
	(void)args;
	printf("%d\n", getpriority(PRIO_PROCESS, 0));
	return 0;
}

static int do_give_cap(char **args)
{
	struct vfs_cap_data data = { .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE };
	long cap = number(args[1]);
	data.data[cap / 32].permitted = 1u << cap % 32;
	if (setxattr(args[0], "security.capability", &data, XATTR_CAPS_SZ_2, 0) < 0)
		err(STATUS_MISTAKE, "%s", args[0]);
	return 0;
}

static int do_print_landlock(char **args)
{
	(void)args;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* the version */);
	printf("%ld\n", abi < 0 ? 0 : abi);
	return 0;
}

/* ---- the table ---- */

struct verb {
	const char *name;
	int min_args, max_args;
	int (*run)(char **args);
};

/* clang-format off */
static const struct verb verbs[] = {
	{ "exit",            1, 1, do_exit },
	{ "die",             1, 1, do_die },
	{ "trap",            2, 3, do_trap },
	{ "ignore-term",     0, 0, do_ignore_term },
	{ "stop-self",       0, 0, do_stop_self },
	{ "sleep",           1, 1, do_sleep },
	{ "daemonise",       1, 1, do_daemonise },
	{ "hold-pipe",       1, 1, do_hold_pipe },
	{ "lose-reader",     0, 0, do_lose_reader },
	{ "close-out",       1, 1, do_close_out },
	{ "zombie",          0, 0, do_zombie },
	{ "headless",        0, 0, do_headless },
	{ "fork-tree",       2, 2, do_fork_tree },
	{ "setsid-children", 1, 1, do_setsid_children },
	{ "fork-bomb-lite",  1, 1, do_fork_bomb_lite },
	{ "burn",            1, 1, do_burn },
	{ "alloc",           1, 2, do_alloc },
	{ "spam",            1, 3, do_spam },
	{ "write-both",      1, 1, do_write_both },
	{ "read-stdin",      0, 0, do_read_stdin },
	{ "sigchld-count",   0, 0, do_sigchld_count },
	{ "print-mask",      0, 0, do_print_mask },
	{ "print-fds",       0, 0, do_print_fds },
	{ "print-env",       0, 0, do_print_env },
	{ "print-cwd",       0, 0, do_print_cwd },
	{ "print-ids",       0, 0, do_print_ids },
	{ "print-limits",    0, 0, do_print_limits },
	{ "print-group",     0, 0, do_print_group },
	{ "print-umask",     0, 0, do_print_umask },
	{ "print-nice",      0, 0, do_print_nice },
	{ "give-cap",        2, 2, do_give_cap },
	{ "print-landlock",  0, 0, do_print_landlock },
};
/* clang-format on */

static int print_argv(char **argv)
{
	puts(argv[0]);
	for (char **arg = argv + 2; *arg; arg++)
		puts(*arg);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(STATUS_MISTAKE, "a verb is missing");
	if (strcmp(argv[1], "quick-exit") == 0)
		_exit(0);
	if (strcmp(argv[1], "argv") == 0)
		return print_argv(argv);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (argc - 2 < verbs[i].min_args || argc - 2 > verbs[i].max_args)
			errx(STATUS_MISTAKE, "wrong number of arguments for '%s'", argv[1]);
		return verbs[i].run(argv + 2);
	}
	errx(STATUS_MISTAKE, "unknown verb '%s'", argv[1]);
}
