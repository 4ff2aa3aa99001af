/* SPDX-License-Identifier: MIT */
/*
 * The environment of the command. Entries that cordon was
 * given stay as they are and in their order, odd ones (without '=', twice the same name)
 * included, until an option names them.
 */
#include "env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

static int fail(int err)
{
	errno = err;
	return -1;
}

/* true if ENTRY is NAME=..., NAME being LENGTH bytes. */
static bool entry_is(const char *entry, const char *name, size_t length)
{
	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* A list of its own, with room for COUNT more entries and the NULL. */
static int env_reserve(struct env *env, size_t count)
{
	if (env->room > env->count + count)
		return 0;

	size_t room = env->count + count + 1;
	if (room < env->room * 2)
		room = env->room * 2;
	char **values = reallocarray(env->room ? env->values : NULL, room, sizeof(*values));
	if (!values)
		return -1;
	if (!env->room && env->count)
		memcpy(values, env->values, env->count * sizeof(*values));
	env->values = values;
	env->room = room;
	env->values[env->count] = NULL;
	return 0;
}

/* Remove the entries of NAME from index FROM on; their order is kept. */
static void remove_entries(struct env *env, size_t from, const char *name, size_t length)
{
	size_t kept = from;

	for (size_t i = from; i < env->count; i++) {
		if (!entry_is(env->values[i], name, length))
			env->values[kept++] = env->values[i];
	}
	env->count = kept;
	if (env->values)
		env->values[kept] = NULL;
}

/* Put ENTRY (NAME being its first LENGTH bytes) where NAME was, or last. */
static void put_entry(struct env *env, char *entry, size_t length)
{
	size_t i = 0;

	while (i < env->count && !entry_is(env->values[i], entry, length))
		i++;
	if (i == env->count)
		env->values[++env->count] = NULL;
	env->values[i] = entry;
	remove_entries(env, i + 1, entry, length);
}

/* Set what the SIZE bytes at TEXT say, NAME=VALUE. */
static int set_entry(struct env *env, const char *text, size_t size)
{
	if (env_reserve(env, 1) < 0)
		return -1;
	char **own = reallocarray(env->own, env->own_count + 1, sizeof(*own));
	if (!own)
		return -1;
	env->own = own;
	char *entry = strndup(text, size);
	if (!entry)
		return -1;
	own[env->own_count++] = entry;
	put_entry(env, entry, strcspn(entry, "="));
	return 0;
}

void env_fini(struct env *env)
{
	for (size_t i = 0; i < env->own_count; i++)
		free(env->own[i]);
	free(env->own);
	if (env->room)
		free(env->values);
	*env = (struct env){ .values = NULL };
}

int env_start(struct env *env, char *const *environment, bool clear)
{
	env_fini(env);
	env->cleared = clear;
	if (clear || !environment)
		return env_reserve(env, 0);
	env->values = (char **)environment;
	while (environment[env->count])
		env->count++;
	return 0;
}

int env_set(struct env *env, const char *arg, char *const *environment)
{
	size_t length = strcspn(arg, "=");

	if (length == 0)
		return fail(EINVAL);
	if (arg[length] == '=')
		return set_entry(env, arg, strlen(arg));

	for (; environment && *environment; environment++) {
		if (entry_is(*environment, arg, length))
			return set_entry(env, *environment, strlen(*environment));
	}
	return 0;
}

int env_unset(struct env *env, const char *name)
{
	if (!parse_is_env_name(name))
		return fail(EINVAL);
	if (env_reserve(env, 0) < 0)
		return -1;
	remove_entries(env, 0, name, strlen(name));
	return 0;
}

const char *env_get(const struct env *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->count; i++) {
		if (entry_is(env->values[i], name, length))
			return env->values[i] + length + 1;
	}
	return NULL;
}

/* Where in a file of the environment the reading is. */
struct env_reader {
	const char *next, *end;
	char separator; /* '\0' or '\n' */
	size_t line;    /* number of the record that was read last */
};

/* The next record, without what ends it; false at the end of the file. */
static bool read_record(struct env_reader *reader, const char **record, size_t *size)
{
	if (reader->next == reader->end)
		return false;

	size_t left = (size_t)(reader->end - reader->next);
	const char *stop = memchr(reader->next, reader->separator, left);
	*record = reader->next;
	*size = stop ? (size_t)(stop - reader->next) : left;
	reader->next = stop ? stop + 1 : reader->end;
	reader->line++;
	if (stop && reader->separator == '\n' && *size > 0 && stop[-1] == '\r')
		--*size;
	return true;
}

/* Nothing to set: empty, and in a file of lines also blanks alone or a comment. */
static bool record_is_blank(const struct env_reader *reader, const char *record, size_t size)
{
	if (reader->separator == '\0' || size == 0)
		return size == 0;
	if (*record == '#')
		return true;
	while (size > 0 && (record[size - 1] == ' ' || record[size - 1] == '\t'))
		size--;
	return size == 0;
}

/* One pass over the file: into ENV, or only checking it if ENV is NULL. */
static int walk_file(struct env *env, struct env_reader reader, size_t *line)
{
	const char *record;
	size_t size;

	while (read_record(&reader, &record, &size)) {
		if (record_is_blank(&reader, record, size))
			continue;
		if (*record == '=' || !memchr(record, '=', size)) {
			*line = reader.line;
			return fail(EINVAL);
		}
		if (env && set_entry(env, record, size) < 0)
			return -1;
	}
	return 0;
}

int env_parse_file(struct env *env, const char *content, size_t size, size_t *line)
{
	if (size == 0)
		return 0;

	struct env_reader reader = {
		.next = content,
		.end = content + size,
		.separator = memchr(content, '\0', size) ? '\0' : '\n',
	};
	if (walk_file(NULL, reader, line) < 0)
		return -1;
	return walk_file(env, reader, line);
}
