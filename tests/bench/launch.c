/* SPDX-License-Identifier: MIT */
/*
 * Measures what it costs to start a command through different runners.
 *
 *     launch [-n ROUNDS] [-w WARMUP] [-c CPU] [-p] @NAME COMMAND [ARG]... [@NAME ...]...
 *
 * Every contender is started with posix_spawn(3) and waited for with wait4(2), once per
 * round, in an order that is shuffled anew every round. What is compared are the ratios
 * inside one round, so that a slow moment of the machine hits numerator and denominator
 * alike; the figure is their median. The first contender is the floor, the second one
 * the reference. Every one of them has to exit with status 0, or nothing is measured.
 *
 * The environment is PATH and LANG=C.UTF-8; standard input is /dev/null, output and
 * error are /dev/null, or with -p a pipe each. Everything runs on one CPU (-c; default
 * the last one that is allowed).
 *
 * One line per contender: name, x floor, x reference, spread of the latter in percent
 * (half the 95 % confidence interval of the median), microseconds, minor page faults
 * (with its children's); separated by tabs, medians all.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"

#define CONTENDERS_MAX 32

struct contender {
	const char *name;
	char **argv;
	double *us;     /* per round */
	double *faults; /* per round */
};

struct plan {
	int rounds, warmup, cpu;
	bool pipes;
	int count;
	struct contender contender[CONTENDERS_MAX];
};

static char *environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"LANG=C.UTF-8",
	NULL,
};

static void usage(void)
{
	errx(2, "usage: launch [-n ROUNDS] [-w WARMUP] [-c CPU] [-p] @NAME COMMAND [ARG]... ...");
}

static int parse_number(const char *text, int min)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < min || value > 1000000)
		errx(2, "invalid number '%s'", text);
	return (int)value;
}

static double *new_samples(const struct plan *plan)
{
	double *samples = calloc((size_t)plan->rounds, sizeof(*samples));
	if (!samples)
		err(1, "calloc");
	return samples;
}

/* "@NAME COMMAND ARG..." up to the next "@"; ends each command with a NULL in ARGV itself. */
static void parse_contenders(struct plan *plan, char **argv)
{
	for (; *argv; argv++) {
		if (**argv != '@')
			continue;
		if (plan->count == CONTENDERS_MAX)
			errx(2, "more than %d contenders", CONTENDERS_MAX);
		plan->contender[plan->count++] = (struct contender){
			.name = *argv + 1,
			.argv = argv + 1,
			.us = new_samples(plan),
			.faults = new_samples(plan),
		};
		*argv = NULL;
	}
	for (int i = 0; i < plan->count; i++)
		if (!plan->contender[i].argv[0])
			errx(2, "no command for '%s'", plan->contender[i].name);
}

static void parse_arguments(struct plan *plan, int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "+n:w:c:p")) != -1) {
		switch (option) {
		case 'n':
			plan->rounds = parse_number(optarg, 1);
			break;
		case 'w':
			plan->warmup = parse_number(optarg, 0);
			break;
		case 'c':
			plan->cpu = parse_number(optarg, 0);
			break;
		case 'p':
			plan->pipes = true;
			break;
		default:
			usage();
		}
	}
	argv += optind;
	if (!*argv || **argv != '@')
		usage();
	parse_contenders(plan, argv);
	if (plan->count < 2)
		errx(2, "a floor and a reference are needed");
}

/* The last CPU that is allowed: the first one has most of the interrupts. */
static int pick_cpu(void)
{
	cpu_set_t allowed;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		err(1, "sched_getaffinity");
	int cpu = CPU_SETSIZE - 1;
	while (cpu > 0 && !CPU_ISSET((size_t)cpu, &allowed))
		cpu--;
	return cpu;
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		err(1, "cannot run on CPU %d", cpu);
}

/*
 * 0 to 2 of every contender. With pipes, this process keeps the reading ends open, and
 * nobody reads: a contender that writes more than a pipe holds is a mistake of the caller.
 */
static void plan_streams(posix_spawn_file_actions_t *actions, bool pipes)
{
	posix_spawn_file_actions_init(actions);
	for (int fd = 0; fd <= 2; fd++) {
		int ends[2];
		if (fd == 0 || !pipes) {
			posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
			continue;
		}
		if (pipe2(ends, O_CLOEXEC) < 0)
			err(1, "pipe2");
		posix_spawn_file_actions_adddup2(actions, ends[1], fd);
	}
}

static double now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* One run of CONTENDER; its figures go to place ROUND unless that is negative (warm-up). */
static void run_once(const struct contender *contender, const posix_spawn_file_actions_t *actions,
		     int round)
{
	double start = now_us();
	pid_t pid;
	int error =
		posix_spawnp(&pid, contender->argv[0], actions, NULL, contender->argv, environment);
	if (error) {
		errno = error;
		err(1, "%s: cannot start %s", contender->name, contender->argv[0]);
	}
	int status;
	struct rusage rusage;
	if (wait4(pid, &status, 0, &rusage) != pid)
		err(1, "wait4");
	double us = now_us() - start;
	if (status)
		errx(1, "%s: wait status 0x%x instead of 0", contender->name, (unsigned)status);
	if (round < 0)
		return;
	contender->us[round] = us;
	contender->faults[round] = (double)rusage.ru_minflt;
}

static void measure(const struct plan *plan)
{
	posix_spawn_file_actions_t actions;
	plan_streams(&actions, plan->pipes);
	int order[CONTENDERS_MAX];
	for (int i = 0; i < plan->count; i++)
		order[i] = i;
	uint64_t state = FIRST_RANDOM;
	for (int round = -plan->warmup; round < plan->rounds; round++) {
		shuffle(order, plan->count, &state);
		for (int i = 0; i < plan->count; i++)
			run_once(&plan->contender[order[i]], &actions, round);
	}
	posix_spawn_file_actions_destroy(&actions);
}

/* Median of the ratios of A to B, round by round. */
static struct estimate compare(const struct plan *plan, int a, int b)
{
	double *ratios = new_samples(plan);
	for (int round = 0; round < plan->rounds; round++)
		ratios[round] = plan->contender[a].us[round] / plan->contender[b].us[round];
	struct estimate result = estimate(ratios, plan->rounds);
	free(ratios);
	return result;
}

static void print_results(const struct plan *plan)
{
	struct estimate floor_ratio[CONTENDERS_MAX], reference_ratio[CONTENDERS_MAX];
	for (int i = 0; i < plan->count; i++) {
		floor_ratio[i] = compare(plan, i, 0);
		reference_ratio[i] = compare(plan, i, 1);
	}
	for (int i = 0; i < plan->count; i++) {
		const struct contender *contender = &plan->contender[i];
		struct estimate us = estimate(contender->us, plan->rounds);
		struct estimate faults = estimate(contender->faults, plan->rounds);
		printf("%s\t%.2f\t%.3f\t%.1f\t%.0f\t%.0f\n", contender->name, floor_ratio[i].median,
		       reference_ratio[i].median, reference_ratio[i].spread, us.median,
		       faults.median);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { .rounds = 200, .warmup = 20, .cpu = -1 };
	parse_arguments(&plan, argc, argv);
	pin(plan.cpu < 0 ? pick_cpu() : plan.cpu);
	measure(&plan);
	print_results(&plan);
	for (int i = 0; i < plan.count; i++) {
		free(plan.contender[i].us);
		free(plan.contender[i].faults);
	}
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
}
