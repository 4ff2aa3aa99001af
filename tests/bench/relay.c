/* SPDX-License-Identifier: MIT */
/*
 * Measures how fast and at what cost a command's output passes through different programs.
 *
 *     relay [-n ROUNDS] [-b BLOCK] [-t MIB] [-l LINE] [-r FILE] [-p TRIPS] CONTENDER...
 *
 * A CONTENDER is one of
 *     @NAME [COMMAND [ARG]...]  a runner: COMMAND starts the writer; none: the writer alone
 *     %NAME COMMAND [ARG]...    a filter: the writer writes into a pipe that COMMAND reads
 *
 * The writer writes MIB of text in blocks of BLOCK bytes, lines of LINE bytes (64), and this process
 * reads what comes out of a pipe. FILE is removed before every run: who writes to it makes it anew. Every contender moves it once per round, in an order that is shuffled anew every round.
 * What is compared are the ratios inside one round to the first contender, so that a slow moment of
 * the machine hits both alike; the figure is their median. A contender that delivers fewer bytes
 * than were written, or does not exit with 0, ends the measurement.
 *
 * One line per contender: name, MiB/s, throughput x the first contender's, spread of that in
 * percent (half the 95 % confidence interval of the median), CPU seconds per GiB of everybody but
 * writer and reader; separated by tabs, medians all.
 *
 * With -p a byte goes through the contender, a runner, to a program that sends it back, TRIPS
 * times a round, and the figures are microseconds a trip and their ratio to the first's, with the spread.
 *
 * "relay --write", "--echo" and "--poll COMMAND" are the writer, who sends back, and a bare prototype
 * of a relay: poll(2), read(2), write(2).
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"

#define CONTENDERS_MAX 32
#define READ_BYTES (1024 * 1024)
#define COST_FD 9 /* where the writer says what it has used */

struct contender {
	const char *name;
	bool filter;
	char **argv;         /* a runner's ends in the writer */
	double *us, *cpu_us; /* per round */
};

struct plan {
	int rounds, block, mib, line, trips;
	const char *removed;
	char *writer[6];
	int count;
	struct contender contender[CONTENDERS_MAX];
};

static int parse_number(const char *text, int min)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < min || value > 1 << 30)
		errx(2, "invalid number '%s'", text);
	return (int)value;
}

static void *need_memory(void *memory)
{
	if (!memory)
		err(1, "no memory");
	return memory;
}

static double *new_samples(const struct plan *plan)
{
	return need_memory(calloc((size_t)plan->rounds, sizeof(double)));
}

static double cpu_us(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static double now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* ---- who is started ---- */

static void write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t wrote = write(fd, bytes, size);
		if (wrote < 0)
			err(1, "write");
		bytes += wrote;
		size -= (size_t)wrote;
	}
}

static int play_writer(int block, int mib, int line)
{
	char *text = need_memory(malloc((size_t)block));
	for (int i = 0; i < block; i++)
		text[i] = i % line == line - 1 ? '\n' : (char)('0' + i % 64);
	for (int64_t left = (int64_t)mib << 20; left > 0; left -= block)
		write_all(STDOUT_FILENO, text, (size_t)(left < block ? left : block));
	free(text);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	double us = cpu_us(&usage);
	if (pwrite(COST_FD, &us, sizeof(us), 0) != sizeof(us))
		err(1, "cannot say what was used");
	return 0;
}

static int play_echo(void)
{
	char byte;
	while (read(STDIN_FILENO, &byte, 1) == 1)
		write_all(STDOUT_FILENO, &byte, 1);
	return 0;
}

static bool pass_on(int from, int to)
{
	char buffer[65536];
	ssize_t got = read(from, buffer, sizeof(buffer));
	if (got > 0)
		write_all(to, buffer, (size_t)got);
	return got > 0;
}

static int play_prototype(char **argv)
{
	int in[2], out[2];
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		err(1, "pipe2");
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	pid_t pid;
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
		errx(1, "cannot start %s", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	struct pollfd slots[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				  { .fd = out[0], .events = POLLIN } };
	for (;;) {
		poll(slots, 2, -1);
		if (slots[0].revents && !pass_on(STDIN_FILENO, in[1])) {
			close(in[1]);
			slots[0].fd = -1;
		}
		if (slots[1].revents && !pass_on(out[0], STDOUT_FILENO))
			break;
	}
	return waitpid(pid, NULL, 0) != pid;
}

/* ---- measuring ---- */

struct streams {
	int in, out; /* become 0 and 1; -1: as they are */
	int cost;
};

static pid_t start(const struct contender *contender, char **argv, const struct streams *streams)
{
	if (!argv[0])
		errx(2, "no command for '%s'", contender->name);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	if (streams->in >= 0)
		posix_spawn_file_actions_adddup2(&actions, streams->in, STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, streams->out, STDOUT_FILENO);
	if (streams->cost >= 0)
		posix_spawn_file_actions_adddup2(&actions, streams->cost, COST_FD);
	pid_t pid;
	errno = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (errno)
		err(1, "%s: cannot start %s", contender->name, argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* CPU time of the process and those it has waited for. */
static double finish(const struct contender *contender, pid_t pid)
{
	int status;
	struct rusage usage;
	if (wait4(pid, &status, 0, &usage) != pid)
		err(1, "wait4");
	if (status)
		errx(1, "%s: wait status 0x%x instead of 0", contender->name, (unsigned)status);
	return cpu_us(&usage);
}

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe2");
}

static int64_t read_to_end(int fd)
{
	static char buffer[READ_BYTES];
	int64_t total = 0;
	ssize_t got;
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		total += got;
	close(fd);
	return total;
}

static void run_throughput(struct plan *plan, struct contender *contender, int cost_fd, int round)
{
	int out[2], between[2] = { -1, -1 };
	if (plan->removed)
		unlink(plan->removed);
	make_pipe(out);
	if (contender->filter)
		make_pipe(between);
	double began = now_us(), used = 0, written = 0;
	pid_t filter = 0;
	if (contender->filter)
		filter = start(contender, contender->argv,
			       &(struct streams){ between[0], out[1], -1 });
	pid_t pid =
		start(contender, contender->filter ? plan->writer : contender->argv,
		      &(struct streams){ -1, contender->filter ? between[1] : out[1], cost_fd });
	close(out[1]);
	if (contender->filter) {
		close(between[0]);
		close(between[1]);
	}
	int64_t got = read_to_end(out[0]);
	double us = now_us() - began;
	if (got < (int64_t)plan->mib << 20)
		errx(1, "%s: only %lld bytes arrived", contender->name, (long long)got);
	used = finish(contender, pid);
	if (pread(cost_fd, &written, sizeof(written), 0) != sizeof(written))
		errx(1, "%s: the writer does not say what it has used", contender->name);
	used = filter ? finish(contender, filter) : used - written;
	if (round < 0)
		return;
	contender->us[round] = us;
	contender->cpu_us[round] = used;
}

static void run_trips(struct plan *plan, struct contender *contender, int round)
{
	int in[2], out[2];
	make_pipe(in);
	make_pipe(out);
	pid_t pid = start(contender, contender->argv, &(struct streams){ in[0], out[1], -1 });
	close(in[0]);
	close(out[1]);
	char byte = 'x';
	double began = 0;
	for (int trip = -100; trip < plan->trips; trip++) {
		if (trip == 0)
			began = now_us();
		write_all(in[1], &byte, 1);
		if (read(out[0], &byte, 1) != 1)
			errx(1, "%s: nothing comes back", contender->name);
	}
	double us = (now_us() - began) / plan->trips;
	close(in[1]);
	read_to_end(out[0]);
	finish(contender, pid);
	if (round >= 0)
		contender->us[round] = us;
}

static void measure(struct plan *plan)
{
	int order[CONTENDERS_MAX] = { 0 };
	for (int i = 0; i < plan->count; i++)
		order[i] = i;
	int cost_fd = memfd_create("cost", MFD_CLOEXEC);
	if (cost_fd < 0)
		err(1, "memfd_create");
	uint64_t state = FIRST_RANDOM;
	for (int round = -1; round < plan->rounds; round++) {
		shuffle(order, plan->count, &state);
		for (int i = 0; i < plan->count; i++) {
			if (plan->trips)
				run_trips(plan, &plan->contender[order[i]], round);
			else
				run_throughput(plan, &plan->contender[order[i]], cost_fd, round);
		}
	}
	close(cost_fd);
}

/* ---- figures ---- */

/* Median of the ratios of A to B, round by round. */
static struct estimate compare(const struct plan *plan, const double *a, const double *b)
{
	double *ratios = new_samples(plan);
	for (int round = 0; round < plan->rounds; round++)
		ratios[round] = a[round] / b[round];
	struct estimate result = estimate(ratios, plan->rounds);
	free(ratios);
	return result;
}

static void print_results(const struct plan *plan)
{
	struct estimate ratio[CONTENDERS_MAX];
	const double *first = plan->contender[0].us;
	for (int i = 0; i < plan->count; i++) {
		const double *us = plan->contender[i].us;
		ratio[i] = plan->trips ? compare(plan, us, first) : compare(plan, first, us);
	}
	for (int i = 0; i < plan->count; i++) {
		const struct contender *contender = &plan->contender[i];
		double us = estimate(contender->us, plan->rounds).median;
		double cpu = estimate(contender->cpu_us, plan->rounds).median;
		if (plan->trips)
			printf("%s\t%.2f\t%.3f\t%.1f\n", contender->name, us, ratio[i].median,
			       ratio[i].spread);
		else
			printf("%s\t%.0f\t%.3f\t%.1f\t%.3f\n", contender->name,
			       plan->mib / us * 1e6, ratio[i].median, ratio[i].spread,
			       cpu / 1e6 * 1024 / plan->mib);
	}
}

/* ---- the plan ---- */

static const char *own_path(void)
{
	static char path[4096];
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		err(1, "/proc/self/exe");
	return path;
}

/* The words of a runner and the writer's behind them. */
static char **join(char **words, int count, char *const *writer)
{
	int total = count;
	for (char *const *word = writer; *word; word++)
		total++;
	char **joined = need_memory(calloc((size_t)total + 1, sizeof(*joined)));
	if (count)
		memcpy(joined, words, (size_t)count * sizeof(*joined));
	memcpy(joined + count, writer, (size_t)(total - count) * sizeof(*joined));
	return joined;
}

static bool begins_contender(const char *word)
{
	return *word == '@' || *word == '%';
}

static void parse_contenders(struct plan *plan, char **argv)
{
	while (*argv) {
		if (!begins_contender(*argv) || plan->count == CONTENDERS_MAX)
			errx(2, "not a contender: '%s'", *argv);
		struct contender *contender = &plan->contender[plan->count++];
		*contender = (struct contender){ .name = *argv + 1,
						 .filter = **argv == '%',
						 .us = new_samples(plan),
						 .cpu_us = new_samples(plan) };
		char *none = NULL;
		int count = 0;
		argv++;
		while (argv[count] && !begins_contender(argv[count]))
			count++;
		contender->argv = join(argv, count, contender->filter ? &none : plan->writer);
		argv += count;
	}
	if (plan->count < 1)
		errx(2, "there is no contender");
}

static void parse_arguments(struct plan *plan, int argc, char **argv)
{
	int option;
	static char block[16], mib[16], line[16];
	while ((option = getopt(argc, argv, "+n:b:t:l:r:p:")) != -1) {
		if (option == 'n')
			plan->rounds = parse_number(optarg, 1);
		else if (option == 'b')
			plan->block = parse_number(optarg, 1);
		else if (option == 't')
			plan->mib = parse_number(optarg, 1);
		else if (option == 'l')
			plan->line = parse_number(optarg, 1);
		else if (option == 'r')
			plan->removed = optarg;
		else if (option == 'p')
			plan->trips = parse_number(optarg, 1);
		else
			errx(2, "usage: relay [-n ROUNDS] [-b BLOCK] [-t MIB] [-l LINE] [-r FILE] "
				"[-p TRIPS] CONTENDER...");
	}
	snprintf(block, sizeof(block), "%d", plan->block);
	snprintf(mib, sizeof(mib), "%d", plan->mib);
	snprintf(line, sizeof(line), "%d", plan->line);
	plan->writer[0] = strdup(own_path());
	plan->writer[1] = plan->trips ? "--echo" : "--write";
	plan->writer[2] = plan->trips ? NULL : block;
	plan->writer[3] = plan->trips ? NULL : mib;
	plan->writer[4] = plan->trips ? NULL : line;
	parse_contenders(plan, argv + optind);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--write"))
		return play_writer(parse_number(argv[2], 1), parse_number(argv[3], 1),
				   parse_number(argv[4], 1));
	if (argc == 2 && !strcmp(argv[1], "--echo"))
		return play_echo();
	if (argc > 2 && !strcmp(argv[1], "--poll"))
		return play_prototype(argv + 2);
	signal(SIGPIPE, SIG_DFL);
	struct plan plan = { .rounds = 21, .block = 65536, .mib = 256, .line = 64 };
	parse_arguments(&plan, argc, argv);
	measure(&plan);
	print_results(&plan);
	for (int i = 0; i < plan.count; i++) {
		free(plan.contender[i].argv);
		free(plan.contender[i].us);
		free(plan.contender[i].cpu_us);
	}
	free(plan.writer[0]);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
}
