/* SPDX-License-Identifier: MIT */
/*
 * Sizes: exact to the byte, or refused without a trace.
 */
#include "parse.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

static bool accepts(const char *text, uint64_t *bytes)
{
	*bytes = UNTOUCHED;
	errno = 0;
	if (parse_size(text, bytes) == 0)
		return true;
	assert(errno == EINVAL || errno == ERANGE);
	assert(*bytes == UNTOUCHED);
	return false;
}

/* The same number of bytes, written plainly and in the largest unit that divides it. */
static void check_round_trip(uint64_t bytes)
{
	static const char units[] = "KMGT";
	char text[64];
	uint64_t again;

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	assert(accepts(text, &again) && again == bytes);
	uint64_t count = bytes;
	for (size_t i = 0; units[i] && count % 1024 == 0; i++) {
		count /= 1024;
		snprintf(text, sizeof(text), "%" PRIu64 "%ciB", count, units[i]);
		assert(accepts(text, &again) && again == bytes);
	}
}

/* strtold(3) has no integers, but it must come close. */
static void check_value(const char *text, uint64_t bytes)
{
	static const char units[] = "KMGT";
	char *suffix;
	long double value = strtold(text, &suffix);
	const char *unit = *suffix ? strchr(units, *suffix == 'k' ? 'K' : *suffix) : NULL;

	assert(!*suffix == !unit);
	for (const char *p = units; unit && p <= unit; p++)
		value *= suffix[1] == 'B' ? 1000 : 1024;
	long double apart = value - (long double)bytes;
	assert(apart >= -0.5L - value * 0x1p-50L && apart <= 0.5L + value * 0x1p-50L);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *longer = malloc(size + 2);
	uint64_t bytes, again;

	assert(text && longer);
	sprintf(longer, "0%s", text);
	if (accepts(text, &bytes)) {
		assert(strspn(text, "0123456789.kKMGTiB") == strlen(text));
		check_round_trip(bytes);
		check_value(text, bytes);
		assert(accepts(longer, &again) && again == bytes);
	} else if (errno == ERANGE) {
		assert(!accepts(longer, &again) && errno == ERANGE);
		assert(strtold(text, NULL) > 0x1p23L); /* 2^64 bytes in T */
	}
	free(longer);
	free(text);
	return 0;
}
