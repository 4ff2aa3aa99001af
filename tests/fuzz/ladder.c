/* SPDX-License-Identifier: MIT */
/*
 * The kill ladder's text: what is accepted is a ladder that ends, and can be written down
 * and read again; what is refused leaves no trace.
 */
#include "ladder.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "parse.h"

static bool accepts(const char *text, struct ladder *ladder)
{
	unsigned char *bytes = (unsigned char *)ladder;

	memset(ladder, 0x5a, sizeof(*ladder));
	errno = 0;
	if (ladder_parse(text, ladder) == 0)
		return true;
	assert(errno == EINVAL || errno == ERANGE);
	for (size_t i = 0; i < sizeof(*ladder); i++)
		assert(bytes[i] == 0x5a);
	return false;
}

static void check_rungs(const struct ladder *ladder)
{
	assert(ladder->count >= 1 && ladder->count <= LADDER_MAX);
	for (int i = 0; i < ladder->count; i++) {
		const struct rung *rung = &ladder->rung[i];
		assert(rung->target == TARGET_MAIN || rung->target == TARGET_TREE);
		assert(rung->sig >= 1 && rung->sig <= SIGRTMAX);
		assert(rung->wait_ns > 0);
		assert((rung->wait_ns == NS_NEVER) == (i == ladder->count - 1));
	}
}

static void write_ladder(const struct ladder *ladder, char *text, size_t size)
{
	size_t length = 0;

	for (int i = 0; i < ladder->count; i++) {
		const struct rung *rung = &ladder->rung[i];
		length += (size_t)snprintf(text + length, size - length, "%s%s@%s", i ? "," : "",
					   ladder_target_name(rung->target),
					   parse_signal_name(rung->sig));
		if (rung->wait_ns != NS_NEVER)
			length += (size_t)snprintf(text + length, size - length, ":%lld.%09lld",
						   (long long)(rung->wait_ns / NS_PER_S),
						   (long long)(rung->wait_ns % NS_PER_S));
	}
}

static void check_same(const struct ladder *a, const struct ladder *b)
{
	assert(a->count == b->count);
	for (int i = 0; i < a->count; i++) {
		assert(a->rung[i].target == b->rung[i].target);
		assert(a->rung[i].sig == b->rung[i].sig);
		assert(a->rung[i].wait_ns == b->rung[i].wait_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct ladder ladder, again;
	char written[LADDER_MAX * 64];

	assert(text);
	if (accepts(text, &ladder)) {
		check_rungs(&ladder);
		write_ladder(&ladder, written, sizeof(written));
		assert(accepts(written, &again));
		check_same(&ladder, &again);
	}
	free(text);
	return 0;
}
