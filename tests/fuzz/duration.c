/* SPDX-License-Identifier: MIT */
/*
 * Durations, cordon's own and those of timeout(1): nothing positive becomes 0, never is
 * the only 0, what is refused leaves no trace, and the two readings agree.
 */
#include "parse.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define UNTOUCHED INT64_C(-0x5a5a5a5a)

typedef int parse_fn(const char *text, int64_t *ns);

/* The value, UNTOUCHED if TEXT is refused. */
static int64_t checked(parse_fn *parse, const char *text)
{
	int64_t ns = UNTOUCHED;

	errno = 0;
	if (parse(text, &ns) == 0) {
		assert(ns > 0);
		return ns;
	}
	assert(errno == EINVAL);
	assert(ns == UNTOUCHED);
	return ns;
}

/* No exponent, and at most nine parts of at most 9999 days: no overflow. */
static bool is_moderate(const char *text)
{
	int parts = 0, digits = 0;
	bool fraction = false;

	for (; *text; text++) {
		if (*text == 'e' || *text == 'E')
			return false;
		if (*text == '.') {
			fraction = true;
		} else if (strchr("umshd", *text)) {
			parts++;
			digits = 0;
			fraction = false;
		} else if (!fraction && ++digits > 4) {
			return false;
		}
	}
	return parts <= 9;
}

/* The same value written as seconds and as parts must come back. */
static void check_round_trip(int64_t ns)
{
	char text[128];
	long long seconds = ns / NS_PER_S, rest = ns % NS_PER_S;

	snprintf(text, sizeof(text), "%lld.%09llds", seconds, rest);
	assert(checked(parse_duration, text) == ns);
	snprintf(text, sizeof(text), "%lld%09llde-9", seconds, rest);
	assert(checked(parse_duration, text) == ns);
	snprintf(text, sizeof(text), "%lldm%llds%lldms%lld.%03lldus", seconds / 60, seconds % 60,
		 rest / NS_PER_MS, rest % NS_PER_MS / 1000, rest % 1000);
	assert(checked(parse_duration, text) == ns);
}

/* A zero before, and another part behind, have the effect that they should have. */
static void check_extended(const char *text, int64_t ns)
{
	char *longer = malloc(strlen(text) + 8);
	char last = text[strlen(text) - 1];

	assert(longer);
	sprintf(longer, "0%s", text);
	assert(checked(parse_duration, longer) == ns);

	/* Off is never, but in a sum it is 0: no statement about it. */
	sprintf(longer, "%s1us", text);
	int64_t more = checked(parse_duration, longer);
	if (strchr("smhd", last) && ns != NS_NEVER)
		assert(more == clock_after_ns(ns, NS_PER_US));
	free(longer);
}

/* Where both grammars accept it, so do both values, but for the 53 bits of a double. */
static void check_agreement(const char *text, int64_t ns)
{
	int64_t other = checked(parse_timeout_duration, text);

	if (other == UNTOUCHED || other == ns)
		return;
	uint64_t apart = ns > other ? (uint64_t)(ns - other) : (uint64_t)(other - ns);
	uint64_t larger = (uint64_t)(ns > other ? ns : other);
	assert(apart <= 1 + larger / (UINT64_C(1) << 50));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	assert(text);

	checked(parse_timeout_duration, text);
	int64_t ns = checked(parse_duration, text);
	if (ns != UNTOUCHED && strcmp(text, "infinity") != 0) {
		assert(strspn(text, "0123456789.eE+-umshd") == strlen(text));
		if (is_moderate(text))
			assert((ns == NS_NEVER) == !strpbrk(text, "123456789"));
		check_extended(text, ns);
		check_agreement(text, ns);
	}
	if (ns != UNTOUCHED && ns != NS_NEVER)
		check_round_trip(ns);
	free(text);
	return 0;
}
