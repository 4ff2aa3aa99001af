/* SPDX-License-Identifier: MIT */
/*
 * Files of the environment: what is set is a well-formed environment that can be written
 * down and read again, a bad file sets nothing, and neither reads past the end.
 */
#include "env.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_entries(const struct env *env)
{
	assert(!env->values || !env->values[env->count]);
	assert(env->count < env->room || !env->values);
	for (size_t i = 0; i < env->count; i++) {
		const char *equals = strchr(env->values[i], '=');
		assert(equals && equals > env->values[i]);

		/* every name is there once */
		char *name = strndup(env->values[i], (size_t)(equals - env->values[i]));
		assert(name && env_get(env, name) == equals + 1);
		free(name);
	}
}

static void check_same(const struct env *a, const struct env *b)
{
	assert(a->count == b->count);
	for (size_t i = 0; i < a->count; i++)
		assert(strcmp(a->values[i], b->values[i]) == 0);
}

/* Written with NULs, any environment comes back as it is. */
static void check_round_trip(const struct env *env)
{
	struct env again = { .values = NULL };
	size_t size = 0, line;

	for (size_t i = 0; i < env->count; i++)
		size += strlen(env->values[i]) + 1;
	char *content = malloc(size ? size : 1), *p = content;
	assert(content);
	for (size_t i = 0; i < env->count; i++)
		p = stpcpy(p, env->values[i]) + 1;

	assert(env_parse_file(&again, content, size, &line) == 0);
	check_same(env, &again);
	assert(env_parse_file(&again, content, size, &line) == 0);
	check_same(env, &again);
	env_fini(&again);
	free(content);
}

static void check_refused(const struct env *env, const uint8_t *data, size_t size, size_t line)
{
	uint8_t separator = size && memchr(data, '\0', size) ? '\0' : '\n';
	size_t lines = 1;

	assert(errno == EINVAL);
	assert(env->count == 0);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == separator;
	assert(line >= 1 && line <= lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct env env = { .values = NULL };
	size_t line = 0;

	if (env_parse_file(&env, (const char *)data, size, &line) == 0) {
		assert(line == 0);
		check_entries(&env);
		check_round_trip(&env);
	} else {
		check_refused(&env, data, size, line);
	}
	env_fini(&env);
	return 0;
}
