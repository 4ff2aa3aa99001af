/* SPDX-License-Identifier: MIT */
/*
 * Whether every byte arrives, whatever the pace: a property test of what is between a command and
 * its streams.
 *
 *     storm [-k KIND] [-r TIMES] SEED MIB RUNNER [ARG]...
 *
 * RUNNER is given one more command, "storm --talk SEED BYTES", and has to run it. Both sides know
 * from SEED what bytes each stream has to carry, MIB of them: this process writes standard input and
 * reads the two others, the talker the other way round, all three at once, in pieces of random
 * sizes from one byte on and with random stalls, so that now the one and now the other is the slow
 * one. Each byte is compared where it arrives. KIND is pipe (default) or socket. With -r all of
 * that TIMES times, for SEED and the numbers after it, with some ten thousands of bytes, so that
 * it is the ends that matter.
 *
 * Prints nothing and exits with 0 if all is as it has to be, RUNNER's status included; else one line
 * says what is not, and the status is 1.
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE_MAX (256 * 1024)
#define WORD sizeof(uint64_t)
#define STRETCH 256       /* random numbers */
#define STALL_ONE_IN 64   /* pieces */
#define STALL_MAX_US 3000 /* usually; now and then much longer */
#define LONG_STALL_US 150000

/* splitmix64: the word at a place of a stream, so that any place can be had by itself. */
static uint64_t word_at(uint64_t seed, uint64_t place)
{
	uint64_t z = seed + (place + 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* One stream, seen from the one of its ends that this process has. */
struct line {
	int fd; /* -1: at its end */
	bool writes;
	const char *name;
	uint64_t seed;        /* of what it carries */
	uint64_t done, total; /* bytes */
	uint64_t *bytes;      /* PIECE_MAX of them, and a word more */
};

struct side {
	const char *name; /* for messages */
	uint64_t random;
	struct line line[3];
};

static uint64_t next_random(struct side *side)
{
	side->random++;
	return word_at(0, side->random);
}

/* The bytes from the word on that has the place DONE; returns where in it that is. */
static size_t make_bytes(const struct line *line, uint64_t *words, size_t size)
{
	uint64_t place = line->done / WORD;
	for (size_t i = 0; i <= size / WORD + 1; i++)
		words[i] = word_at(line->seed, place + i);
	return line->done % WORD;
}

/*
 * 1 byte to PIECE_MAX, every order of magnitude as often as any other; and for long stretches as
 * much as there can be, so that what is between gets up to its speed.
 */
static size_t piece_size(struct side *side, uint64_t left)
{
	size_t most = (size_t)1 << (1 + next_random(side) % 18);
	size_t size = 1 + (size_t)(next_random(side) % most);
	if (side->random / STRETCH % 2 == 0)
		size = PIECE_MAX;
	return size < left ? size : (size_t)left;
}

static void stall(struct side *side)
{
	if (next_random(side) % STALL_ONE_IN)
		return;
	bool is_long = next_random(side) % (64 * STALL_ONE_IN) == 0;
	usleep((useconds_t)(next_random(side) % (is_long ? LONG_STALL_US : STALL_MAX_US)));
}

static void fail(const struct side *side, const struct line *line, const char *what)
{
	errx(1, "%s: %s: %s after %llu bytes", side->name, line->name, what,
	     (unsigned long long)line->done);
}

static void finish(struct line *line)
{
	close(line->fd);
	line->fd = -1;
}

static void send_piece(struct side *side, struct line *line)
{
	size_t size = piece_size(side, line->total - line->done);
	size_t offset = make_bytes(line, line->bytes, size);
	ssize_t wrote = write(line->fd, (char *)line->bytes + offset, size);
	if (wrote < 0 && errno == EAGAIN)
		return;
	if (wrote < 0)
		fail(side, line, strerror(errno));
	line->done += (uint64_t)wrote;
	if (line->done == line->total)
		finish(line);
}

static void receive_piece(struct side *side, struct line *line)
{
	static uint64_t expected[PIECE_MAX / WORD + 3];
	size_t size = piece_size(side, PIECE_MAX);
	ssize_t got = read(line->fd, line->bytes, size);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got < 0)
		fail(side, line, strerror(errno));
	if (got == 0 && line->done < line->total)
		fail(side, line, "the end");
	if (got == 0) {
		finish(line);
		return;
	}
	if ((uint64_t)got > line->total - line->done)
		fail(side, line, "more than was sent");
	size_t offset = make_bytes(line, expected, (size_t)got);
	if (memcmp((char *)expected + offset, line->bytes, (size_t)got) != 0)
		fail(side, line, "wrong bytes");
	line->done += (uint64_t)got;
}

static void play(struct side *side)
{
	for (;;) {
		struct pollfd pollfds[3];
		bool open = false;
		for (int i = 0; i < 3; i++) {
			struct line *line = &side->line[i];
			open |= line->fd >= 0;
			pollfds[i] = (struct pollfd){ .fd = line->fd,
						      .events = line->writes ? POLLOUT : POLLIN };
		}
		if (!open)
			return;
		if (poll(pollfds, 3, -1) < 0)
			err(1, "poll");
		for (int i = 0; i < 3; i++) {
			struct line *line = &side->line[i];
			if (line->fd < 0 || !pollfds[i].revents)
				continue;
			if (line->writes)
				send_piece(side, line);
			else
				receive_piece(side, line);
			stall(side);
		}
	}
}

/* FDS are for standard input, output and error; TALKS: this is the side of the command. */
static void init(struct side *side, const int fds[3], bool talks, uint64_t seed, uint64_t bytes)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	*side = (struct side){ .name = talks ? "the command" : "the caller",
			       .random = word_at(seed, talks) };
	for (int i = 0; i < 3; i++) {
		side->line[i] = (struct line){ .fd = fds[i],
					       .writes = (i == 0) != talks,
					       .name = names[i],
					       .seed = word_at(seed, 10 + (uint64_t)i),
					       .total = bytes - (uint64_t)i,
					       .bytes = malloc(PIECE_MAX + 3 * WORD) };
		if (!side->line[i].bytes)
			err(1, "no memory");
		/* Nobody shares what is behind the ends of this process: see start(). */
		if (fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK) < 0)
			err(1, "fcntl");
	}
}

static int talk(uint64_t seed, uint64_t bytes)
{
	/* Its messages must not get among the bytes of standard error. */
	int messages = open("storm.talk", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int fds[] = { dup(0), dup(1), dup(2) };
	if (messages < 0 || dup2(messages, 2) < 0)
		return 1;
	close(0);
	close(1);
	struct side side;
	init(&side, fds, true, seed, bytes);
	play(&side);
	return 0;
}

static void make_line(const char *kind, int i, int *ours, int *theirs)
{
	int ends[2];
	if ((strcmp(kind, "pipe") == 0
		     ? pipe2(ends, O_CLOEXEC)
		     : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) < 0)
		err(1, "%s", kind);
	*theirs = ends[i == 0 ? 0 : 1];
	*ours = ends[i == 0 ? 1 : 0];
}

static pid_t start(char **argv, const int theirs[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
	pid_t pid;
	errno = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (errno)
		err(1, "cannot start %s", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	for (int i = 0; i < 3; i++)
		close(theirs[i]);
	return pid;
}

/* RUNNER's words and the talker's behind them. */
static char **join(char **runner, int count, char *seed, char *bytes)
{
	static char path[4096], talk_word[] = "--talk";
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		err(1, "/proc/self/exe");
	char **joined = calloc((size_t)count + 5, sizeof(*joined));
	if (!joined)
		err(1, "no memory");
	memcpy(joined, runner, (size_t)count * sizeof(*joined));
	char *words[] = { path, talk_word, seed, bytes };
	memcpy(joined + count, words, sizeof(words));
	return joined;
}

static void run(const char *kind, char **runner, int count, uint64_t seed, uint64_t bytes)
{
	int ours[3], theirs[3], status;
	char seed_text[24], bytes_text[24];
	snprintf(seed_text, sizeof(seed_text), "%llu", (unsigned long long)seed);
	snprintf(bytes_text, sizeof(bytes_text), "%llu", (unsigned long long)bytes);
	for (int i = 0; i < 3; i++)
		make_line(kind, i, &ours[i], &theirs[i]);
	char **argv = join(runner, count, seed_text, bytes_text);
	pid_t pid = start(argv, theirs);
	free(argv);
	struct side side;
	init(&side, ours, false, seed, bytes);
	play(&side);
	for (int i = 0; i < 3; i++)
		free(side.line[i].bytes);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "seed %s: the wait status of %s is 0x%x", seed_text, runner[0],
		     (unsigned)status);
}

static void usage(void)
{
	errx(2, "usage: storm [-k pipe|socket] [-r TIMES] SEED MIB RUNNER [ARG]...");
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "--talk") == 0)
		return talk(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	const char *kind = "pipe";
	uint64_t times = 0;
	int option;
	while ((option = getopt(argc, argv, "+k:r:")) != -1) {
		if (option == 'k' && (!strcmp(optarg, "pipe") || !strcmp(optarg, "socket")))
			kind = optarg;
		else if (option == 'r')
			times = strtoull(optarg, NULL, 10);
		else
			usage();
	}
	argv += optind;
	argc -= optind;
	if (argc < 3)
		usage();
	uint64_t seed = strtoull(argv[0], NULL, 10);
	if (!times)
		run(kind, argv + 2, argc - 2, seed, strtoull(argv[1], NULL, 10) << 20);
	for (uint64_t i = 0; i < times; i++)
		run(kind, argv + 2, argc - 2, seed + i, 3 + word_at(seed + i, 99) % 100000);
	return 0;
}
