/* SPDX-License-Identifier: MIT */
/*
 * Measures how long it takes to end a tree of processes that are in sessions of their own.
 *
 *     kill [-n PROCESSES] [-r ROUNDS] CORDON VICTIM CGROUP
 *
 * VICTIM is tests/victim, which makes the tree; CGROUP is a directory of cgroup2 for the runs
 * that want one ("": none, and these are left out). Two bare methods are the references, each for
 * one way of cordon's:
 *
 *     cgroup   cgroup.kill, then cgroup.events is polled until nobody is inside
 *     walk     everybody who is found through /proc/PID/task/PID/children is killed and reaped, by
 *              a subreaper, again and again until nobody is left
 *
 * cordon gets a timeout with KILL as its first signal. Its clock starts when it was started plus
 * the timeout, so that its own launch, and everything it looks at before the signal, counts
 * against it. With a cgroup there are two moments: when everybody is dead, as cgroup.events
 * says of both, and when everybody is reaped and the runner, if there is one, gone.
 *
 * The order is shuffled anew every round, and what is compared are the ratios inside one round.
 * One line per figure: name, x its reference, milliseconds; separated by tabs, medians all.
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"

#define ROUNDS_MAX 100
#define TIMEOUT_MS 4000 /* for the tree to come into being */

enum { BARE_CGROUP, CORDON_CGROUP, BARE_WALK, CORDON_WALK, CONTENDERS };
enum { DEAD, GONE, MOMENTS };

struct plan {
	int processes, rounds;
	char *cordon, *victim;
	const char *cgroup; /* NULL: none */
	double ms[CONTENDERS][MOMENTS][ROUNDS_MAX];
};

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int parse_number(const char *text, int min, int max)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < min || value > max)
		errx(2, "invalid number '%s'", text);
	return (int)value;
}

/* ---- the tree ---- */

static void write_file(const char *directory, const char *name, const char *text)
{
	int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(directory_fd, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s in %s", name, directory);
	close(fd);
	close(directory_fd);
}

/* Start ARGV, in CGROUP unless that is NULL, and wait until it says that the tree is there. */
static pid_t start(char **argv, const char *cgroup)
{
	int ends[2];
	char text[32];
	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe2");
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (cgroup)
			write_file(cgroup, "cgroup.procs", "0");
		dup2(ends[1], STDOUT_FILENO);
		execv(argv[0], argv);
		err(1, "%s", argv[0]);
	}
	close(ends[1]);
	if (read(ends[0], text, 5) != 5 || memcmp(text, "ready", 5) != 0)
		errx(1, "%s: there is no tree", argv[0]);
	close(ends[0]);
	return pid;
}

static void reap_all(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* ---- cgroups ---- */

static bool is_populated(int events)
{
	char text[256];
	ssize_t got = pread(events, text, sizeof(text) - 1, 0);
	if (got < 0)
		return false; /* the directory is gone */
	text[got] = '\0';
	return strstr(text, "populated 1") != NULL;
}

static void wait_unpopulated(int events)
{
	struct pollfd pollfd = { .fd = events, .events = POLLPRI };
	while (is_populated(events))
		poll(&pollfd, 1, -1);
}

static int open_events(const char *directory)
{
	int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(directory_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", directory);
	close(directory_fd);
	return fd;
}

/* ---- the bare ways ---- */

static void end_by_cgroup(const struct plan *plan, char **victim, double ms[MOMENTS])
{
	char directory[4096];
	snprintf(directory, sizeof(directory), "%s/bare", plan->cgroup);
	if (mkdir(directory, 0755) < 0)
		err(1, "%s", directory);
	start(victim, directory);
	int events = open_events(directory);
	double began = now_ms();
	write_file(directory, "cgroup.kill", "1");
	wait_unpopulated(events);
	ms[DEAD] = now_ms() - began;
	reap_all();
	ms[GONE] = now_ms() - began;
	close(events);
	rmdir(directory);
}

/* Kill PID's children, and theirs. Returns how many there were. */
static unsigned kill_children(pid_t pid)
{
	char path[64];
	unsigned count = 0;
	int child;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	while (fscanf(file, "%d", &child) == 1) {
		count += 1 + kill_children(child);
		kill(child, SIGKILL);
	}
	fclose(file);
	return count;
}

static void end_by_walk(char **victim, double ms[MOMENTS])
{
	start(victim, NULL);
	double began = now_ms();
	while (kill_children(getpid()) > 0)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	ms[DEAD] = ms[GONE] = now_ms() - began;
}

/* ---- cordon's ---- */

static void wait_for(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 128 + SIGKILL)
		errx(1, "cordon: wait status 0x%x instead of 137", (unsigned)status);
}

static void end_by_cordon(const struct plan *plan, char **victim, bool cgroup, double ms[MOMENTS])
{
	char timeout[32], name[4200], directory[4200] = "";
	char *argv[12] = { plan->cordon, "-q", "-s", "KILL", timeout, name };
	int events = -1;
	snprintf(timeout, sizeof(timeout), "-t%dms", TIMEOUT_MS);
	snprintf(name, sizeof(name), cgroup ? "--cgroup=run" : "--cgroup=none");
	for (int i = 0; i < 3; i++)
		argv[6 + i] = victim[i];
	double began = now_ms() + TIMEOUT_MS;
	pid_t pid = start(argv, cgroup ? plan->cgroup : NULL);
	if (now_ms() > began - 200)
		errx(1, "it took too long until the tree was there");
	if (cgroup) {
		snprintf(directory, sizeof(directory), "%s/run", plan->cgroup);
		events = open_events(directory);
		wait_unpopulated(events);
	}
	ms[DEAD] = now_ms() - began;
	wait_for(pid);
	ms[GONE] = now_ms() - began;
	if (!cgroup)
		ms[DEAD] = ms[GONE];
	else
		close(events);
}

/* ---- rounds ---- */

static void run_once(struct plan *plan, int contender, int round)
{
	char count[16];
	double ms[MOMENTS] = { 0 };
	char *victim[] = { plan->victim, "setsid-children", count, NULL };
	snprintf(count, sizeof(count), "%d", plan->processes);
	switch (contender) {
	case BARE_CGROUP:
		end_by_cgroup(plan, victim, ms);
		break;
	case BARE_WALK:
		end_by_walk(victim, ms);
		break;
	case CORDON_CGROUP:
	case CORDON_WALK:
		end_by_cordon(plan, victim, contender == CORDON_CGROUP, ms);
		break;
	}
	for (int i = 0; round >= 0 && i < MOMENTS; i++)
		plan->ms[contender][i][round] = ms[i];
}

static void measure(struct plan *plan)
{
	int order[CONTENDERS];
	uint64_t state = FIRST_RANDOM;
	for (int i = 0; i < CONTENDERS; i++)
		order[i] = i;
	for (int round = -1; round < plan->rounds; round++) {
		shuffle(order, CONTENDERS, &state);
		for (int i = 0; i < CONTENDERS; i++) {
			int contender = order[i];
			if (plan->cgroup || contender == BARE_WALK || contender == CORDON_WALK)
				run_once(plan, contender, round);
		}
	}
}

static double median(const double *samples, int count)
{
	double sorted[ROUNDS_MAX];
	memcpy(sorted, samples, (size_t)count * sizeof(*samples));
	return estimate(sorted, count).median;
}

static void print_row(const struct plan *plan, const char *name, int contender, int reference,
		      int moment)
{
	double ratio[ROUNDS_MAX] = { 0 };
	for (int i = 0; i < plan->rounds; i++)
		ratio[i] = plan->ms[contender][moment][i] / plan->ms[reference][moment][i];
	printf("%s\t%.2f\t%.0f\n", name, median(ratio, plan->rounds),
	       median(plan->ms[contender][moment], plan->rounds));
}

static void print_results(const struct plan *plan)
{
	if (plan->cgroup) {
		print_row(plan, "cgroup.kill, until all are dead", BARE_CGROUP, BARE_CGROUP, DEAD);
		print_row(plan, "cordon, until all are dead", CORDON_CGROUP, BARE_CGROUP, DEAD);
		print_row(plan, "cgroup.kill, until all are reaped", BARE_CGROUP, BARE_CGROUP,
			  GONE);
		print_row(plan, "cordon, until it is gone", CORDON_CGROUP, BARE_CGROUP, GONE);
	}
	print_row(plan, "children walk", BARE_WALK, BARE_WALK, GONE);
	print_row(plan, "cordon --cgroup=none", CORDON_WALK, BARE_WALK, GONE);
}

static void parse_arguments(struct plan *plan, int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "n:r:")) != -1) {
		if (option == 'n')
			plan->processes = parse_number(optarg, 1, 100000);
		else if (option == 'r')
			plan->rounds = parse_number(optarg, 1, ROUNDS_MAX);
		else
			errx(2, "usage: kill [-n PROCESSES] [-r ROUNDS] CORDON VICTIM CGROUP");
	}
	if (argc - optind != 3)
		errx(2, "usage: kill [-n PROCESSES] [-r ROUNDS] CORDON VICTIM CGROUP");
	plan->cordon = argv[optind];
	plan->victim = argv[optind + 1];
	plan->cgroup = *argv[optind + 2] ? argv[optind + 2] : NULL;
}

int main(int argc, char **argv)
{
	static struct plan plan = { .processes = 5000, .rounds = 7 };
	parse_arguments(&plan, argc, argv);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		err(1, "prctl");
	measure(&plan);
	print_results(&plan);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
}
