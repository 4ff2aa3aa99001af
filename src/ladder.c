/* SPDX-License-Identifier: MIT */
/*
 * The kill ladder: its text form and its default.
 */
#include "ladder.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "parse.h"

#define DEFAULT_WAIT_NS (10 * NS_PER_S)

/* Room for one rung's text; nothing sensible comes near it. */
#define RUNG_TEXT_SIZE 256

/* Take PREFIX off the start of *TEXT if it is there. */
static bool skip_prefix(char **text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(*text, prefix, length) != 0)
		return false;
	*text += length;
	return true;
}

/*
 * "[main@|tree@]SIG[:DUR]". A wait without an end is good for the last rung only, and
 * that one has it without saying so.
 */
static int parse_rung(char *text, bool last, struct rung *rung)
{
	rung->target = TARGET_TREE;
	rung->wait_ns = last ? NS_NEVER : DEFAULT_WAIT_NS;

	if (skip_prefix(&text, "main@"))
		rung->target = TARGET_MAIN;
	else
		skip_prefix(&text, "tree@");

	char *wait = strchr(text, ':');
	if (wait) {
		*wait++ = '\0';
		if (parse_duration(wait, &rung->wait_ns) < 0)
			return -1;
		if (last || rung->wait_ns == NS_NEVER) {
			errno = EINVAL;
			return -1;
		}
	}
	if (parse_signal(text, &rung->sig) < 0) {
		errno = EINVAL; /* ERANGE is for the number of rungs */
		return -1;
	}
	return 0;
}

int ladder_parse(const char *text, struct ladder *ladder)
{
	struct ladder parsed = { .count = 0 };
	bool last;

	do {
		char rung[RUNG_TEXT_SIZE];
		size_t length = strcspn(text, ",");
		last = text[length] == '\0';

		if (parsed.count == LADDER_MAX) {
			errno = ERANGE;
			return -1;
		}
		if (length >= sizeof(rung)) {
			errno = EINVAL;
			return -1;
		}
		memcpy(rung, text, length);
		rung[length] = '\0';
		if (parse_rung(rung, last, &parsed.rung[parsed.count++]) < 0)
			return -1;
		text += length + 1;
	} while (!last);

	*ladder = parsed;
	return 0;
}

void ladder_default(struct ladder *ladder, enum target target, int sig, int64_t kill_after_ns)
{
	*ladder = (struct ladder){
		.count = 1,
		.rung[0] = { .target = target, .sig = sig, .wait_ns = NS_NEVER },
	};
	if (sig == SIGKILL || kill_after_ns == NS_NEVER)
		return;

	ladder->rung[0].wait_ns = kill_after_ns;
	ladder->rung[1] = (struct rung){ target, SIGKILL, NS_NEVER };
	ladder->count = 2;
}

const char *ladder_target_name(enum target target)
{
	switch (target) {
	case TARGET_MAIN:
		return "main";
	case TARGET_TREE:
		return "tree";
	case TARGET_GROUP:
		return "group";
	}
	return "?";
}
