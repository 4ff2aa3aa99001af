/* SPDX-License-Identifier: MIT */
/*
 * Resource limits by name. rlimits_apply() runs in the child, before exec: system calls
 * and nothing else.
 */
#include "rlimits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "parse.h"

/* Room for one value's text: every digit of the largest number, and the suffix. */
#define VALUE_TEXT_SIZE 64

/* Indexed by resource. */
/* clang-format off */
static const struct {
	const char *name;
	bool bytes; /* a size: K M G T */
} resources[RLIMITS_COUNT] = {
	[RLIMIT_AS] = {"as", true},
	[RLIMIT_CORE] = {"core", true},
	[RLIMIT_CPU] = {"cpu", false},
	[RLIMIT_DATA] = {"data", true},
	[RLIMIT_FSIZE] = {"fsize", true},
	[RLIMIT_LOCKS] = {"locks", false},
	[RLIMIT_MEMLOCK] = {"memlock", true},
	[RLIMIT_MSGQUEUE] = {"msgqueue", true},
	[RLIMIT_NICE] = {"nice", false},
	[RLIMIT_NOFILE] = {"nofile", false},
	[RLIMIT_NPROC] = {"nproc", false},
	[RLIMIT_RSS] = {"rss", true},
	[RLIMIT_RTPRIO] = {"rtprio", false},
	[RLIMIT_RTTIME] = {"rttime", false},
	[RLIMIT_SIGPENDING] = {"sigpending", false},
	[RLIMIT_STACK] = {"stack", true},
};
/* clang-format on */

static int fail(int err)
{
	errno = err;
	return -1;
}

static int find_resource(const char *name, size_t length)
{
	for (int i = 0; i < RLIMITS_COUNT; i++) {
		const char *known = resources[i].name;
		if (known && strlen(known) == length && memcmp(known, name, length) == 0)
			return i;
	}
	return -1;
}

/* One value, LENGTH bytes of TEXT. A number that reads as "unlimited" is too large to be one. */
static int parse_value(const char *text, size_t length, bool bytes, rlim_t *value)
{
	char copy[VALUE_TEXT_SIZE];
	uint64_t size;
	int64_t count;

	if (length >= sizeof(copy))
		return fail(EINVAL);
	memcpy(copy, text, length);
	copy[length] = '\0';

	if (strcmp(copy, "unlimited") == 0 || strcmp(copy, "infinity") == 0) {
		*value = RLIM_INFINITY;
		return 0;
	}
	if (bytes ? parse_size(copy, &size) : parse_integer(copy, 0, INT64_MAX, &count))
		return -1;
	if (!bytes)
		size = (uint64_t)count;
	if (size >= RLIM_INFINITY)
		return fail(ERANGE);
	*value = (rlim_t)size;
	return 0;
}

int rlimits_parse(const char *text, struct rlimits *limits)
{
	struct rlimit value;
	size_t length = strcspn(text, "=");

	if (length == 0 || text[length] == '\0')
		return fail(EINVAL);
	int resource = find_resource(text, length);
	if (resource < 0)
		return fail(ENOENT);

	bool bytes = resources[resource].bytes;
	const char *soft = text + length + 1;
	size_t soft_length = strcspn(soft, ":");
	if (parse_value(soft, soft_length, bytes, &value.rlim_cur) < 0)
		return -1;

	value.rlim_max = value.rlim_cur;
	const char *hard = soft + soft_length;
	if (*hard == ':' && parse_value(hard + 1, strlen(hard + 1), bytes, &value.rlim_max) < 0)
		return -1;
	if (value.rlim_cur > value.rlim_max)
		return fail(ERANGE);

	limits->value[resource] = value;
	limits->set |= 1u << resource;
	return 0;
}

const char *rlimits_name(int resource)
{
	return resource >= 0 && resource < RLIMITS_COUNT ? resources[resource].name : NULL;
}

int rlimits_apply(const struct rlimits *limits, int *failed)
{
	for (int i = 0; i < RLIMITS_COUNT; i++) {
		if (!(limits->set & 1u << i))
			continue;
		/* The parameter is an unsigned enumeration in glibc and an int in musl. */
		if (setrlimit((unsigned char)i, &limits->value[i]) < 0) {
			*failed = i;
			return -1;
		}
	}
	return 0;
}
