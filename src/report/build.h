/* SPDX-License-Identifier: MIT */
/*
 * A JSON record in the making: values from what cordon has, into objects and arrays that own
 * them. Only for the files that make the record.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cleanup.h"
#include "../clock.h"
#include "../msg.h"
#include "../parse.h"
#include "../run.h"
#include "bytes.h"
#include "jansson.h"

/*
 * A record being built. Memory that runs out on the way is noted here and dealt with once, at
 * the end: jansson's setters take a NULL value as a failure of their own.
 */
struct build {
	const struct jansson *lib;
	struct run *run;
	bool failed;
};

/* Give VALUE to OBJECT. */
static inline void put(struct build *b, json_t *object, const char *key, json_t *value)
{
	if (b->lib->json_object_set_new(object, key, value) < 0)
		b->failed = true;
}

/* Give VALUE to ARRAY. */
static inline void append(struct build *b, json_t *array, json_t *value)
{
	if (b->lib->json_array_append_new(array, value) < 0)
		b->failed = true;
}

static inline json_t *null(struct build *b)
{
	return b->lib->json_null();
}

static inline json_t *boolean(struct build *b, bool value)
{
	return value ? b->lib->json_true() : b->lib->json_false();
}

static inline json_t *number(struct build *b, int64_t value)
{
	return b->lib->json_integer(value);
}

static inline json_t *count(struct build *b, uint64_t value)
{
	return value == USAGE_UNKNOWN ? null(b) : number(b, (int64_t)value);
}

static inline json_t *seconds_us(struct build *b, uint64_t us)
{
	return us == USAGE_UNKNOWN ? null(b) : b->lib->json_real((double)us / 1e6);
}

static inline json_t *seconds_ns(struct build *b, int64_t ns)
{
	int64_t us = ns / NS_PER_US;
	return ns == NS_NEVER ? null(b) : b->lib->json_real((double)us / 1e6);
}

/* Text that may be any bytes, SIZE of them. */
static inline json_t *bytes(struct build *b, const char *data, size_t size)
{
	_cleanup_free_ char *escaped = bytes_escape(data, size);
	return escaped ? b->lib->json_string(escaped) : NULL;
}

static inline json_t *text(struct build *b, const char *value)
{
	return value ? bytes(b, value, strlen(value)) : null(b);
}

/* Text in which "" stands for none. */
static inline json_t *text_or_null(struct build *b, const char *value)
{
	return value[0] ? text(b, value) : null(b);
}

static inline json_t *signal_name(struct build *b, int sig)
{
	return sig ? text(b, parse_signal_name(sig)) : null(b);
}

/* WHAT could not be done, and errno's words if ERR is not 0. */
static inline json_t *complaint(struct build *b, const char *what, int err)
{
	char line[512];
	snprintf(line, sizeof(line), "%s%s%s", what, err ? ": " : "",
		 err ? msg_errno_text(err) : "");
	return text(b, line);
}

/* The parts that terms.c and sandbox.c make: under which the command ran. */
json_t *terms_cgroup(struct build *b);
json_t *terms_limits(struct build *b);
json_t *terms_sandbox(struct build *b);
