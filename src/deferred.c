/* SPDX-License-Identifier: MIT */
/*
 * Values of the environment never appear in a message, so neither do the arguments of
 * --env and its like: only names.
 */
#include "deferred.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"
#include "msg.h"
#include "outcome.h"

#define ENV_FILE_LIMIT (16 * 1024 * 1024)

void deferred_add_env(struct deferred *deferred, const struct setting *setting)
{
	const char *arg = setting->argument;
	int length = (int)strcspn(arg, "=");

	/* What follows the '=' may be a secret. */
	if (setting->row->kind != OPTION_ENV_FILE && length == 0)
		setting_misuse(setting, "no name before the '='");
	if (setting->row->kind == OPTION_UNSET_ENV && arg[length])
		setting_misuse(setting, "'%.*s' is not a name", length + 1, arg);
	deferred->env = setting_grow(deferred->env, deferred->env_count + 1, sizeof *deferred->env);
	deferred->env[deferred->env_count++] = *setting;
}

static void read_env_file(struct env *env, const struct setting *setting)
{
	size_t size, line = 0;
	_cleanup_free_ char *content = file_read(setting->argument, ENV_FILE_LIMIT, &size);

	if (!content)
		setting_misuse(setting, "cannot read '%s': %s", setting->argument,
			       msg_errno_text(errno));
	if (env_parse_file(env, content, size, &line) == 0)
		return;
	if (errno == ENOMEM)
		setting_no_memory();
	setting_misuse(setting, "line %zu of '%s' is not NAME=VALUE", line, setting->argument);
}

static void build_env(const struct deferred *deferred, struct env *env)
{
	int failed = env_start(env, environ, deferred->clear_env);

	for (size_t i = 0; i < deferred->env_count && !failed; i++) {
		const struct setting *setting = &deferred->env[i];
		if (setting->row->kind == OPTION_ENV_FILE)
			read_env_file(env, setting);
		else if (setting->row->kind == OPTION_ENV)
			failed = env_set(env, setting->argument, environ);
		else
			failed = env_unset(env, setting->argument);
	}
	if (failed)
		setting_no_memory();
}

/* Why "USER[:GROUP]" or a list of groups could not be resolved: does not return. */
static _Noreturn void misuse_identity(const struct setting *setting, const char *unknown)
{
	const char *text = setting->argument, *group = strchr(text, ':');
	bool is_user = setting->row->kind == OPTION_USER;

	if (errno == EINVAL || errno == ERANGE || errno == ENOMEM)
		setting_misuse_value(setting, is_user ? "user" : "list of groups");
	if (errno != ENOENT)
		setting_misuse(setting, "cannot look up '%s': %s", text, msg_errno_text(errno));
	if (!is_user)
		setting_misuse(setting, "unknown group in '%s'", text);
	if (!strcmp(unknown, "user"))
		setting_misuse(setting, "unknown user '%.*s'", (int)strcspn(text, ":"), text);
	if (!group)
		setting_misuse(setting, "no login group for '%s': a group must be named", text);
	setting_misuse(setting, "unknown group '%s'", group + 1);
}

/* --groups after --user, which sets them too. */
static void resolve_identity(const struct deferred *deferred, struct spec *spec)
{
	const struct setting *user = &deferred->user, *groups = &deferred->groups;
	const char *unknown = "";

	if (user->row && privs_parse_user(user->argument, &spec->privs, &unknown) < 0)
		misuse_identity(user, unknown);
	if (groups->row && privs_parse_groups(groups->argument, &spec->privs, &unknown) < 0)
		misuse_identity(groups, unknown);
	spec->user = user->argument;
	spec->groups = groups->argument;
}

/* A random UUID (RFC 9562, version 4). */
static char *random_id(void)
{
	unsigned char b[16];
	char *text = NULL;

	if (getrandom(b, sizeof b, 0) != sizeof b) {
		msg_warn_errno(errno, "cannot make a run id");
		exit(STATUS_CORDON);
	}
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	if (asprintf(&text, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		     b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		     b[12], b[13], b[14], b[15]) < 0)
		setting_no_memory();
	return text;
}

/* Only a report or the command itself can ask for the id. */
static void make_run_id(struct spec *spec)
{
	_cleanup_free_ char *variable = NULL;

	if (!spec->run_id && (spec->report_count || spec->export_run_id)) {
		char *id = random_id();
		if (spec_keep(spec, id) < 0)
			setting_no_memory();
		spec->run_id = id;
	}
	if (spec->export_run_id && (asprintf(&variable, "CORDON_RUN_ID=%s", spec->run_id) < 0 ||
				    env_set(&spec->env, variable, environ) < 0))
		setting_no_memory();
}

void deferred_finish(struct deferred *deferred, struct spec *spec)
{
	build_env(deferred, &spec->env);
	resolve_identity(deferred, spec);
	make_run_id(spec);
	free(deferred->env);
	deferred->env = NULL;
}
