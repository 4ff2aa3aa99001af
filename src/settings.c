/* SPDX-License-Identifier: MIT */
/*
 * One function for each kind of option that is more than a number or a text.
 */
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"
#include "msg.h"
#include "parse.h"
#include "sandbox/profile.h"
#include "sandbox/settings.h"

#define RUN_ID_LIMIT 128

static const char report_formats[][6] = {
	[REPORT_HUMAN] = "human",
	[REPORT_JSON] = "json",
	[REPORT_JSONL] = "jsonl",
};
#define REPORT_FORMATS (sizeof report_formats / sizeof report_formats[0])

static void apply_flag(struct spec *spec, const struct option_row *row)
{
	void *field = (char *)spec + row->offset;

	if (row->size == sizeof(bool))
		*(bool *)field = row->value;
	else
		*(unsigned *)field = row->value;
}

static void apply_word(struct spec *spec, const struct setting *setting)
{
	/* an optional word that is not given is the first */
	int index = setting->argument ? optable_word(setting->row, setting->argument) : 0;

	if (index < 0)
		setting_misuse(setting, "unknown value '%s', not one of: %s", setting->argument,
			       setting->row->values);
	*(unsigned *)((char *)spec + setting->row->offset) = (unsigned)index;
}

static void apply_name(struct spec *spec, const struct setting *setting)
{
	if (!*setting->argument)
		setting_misuse(setting, "an empty name ''");
	*(const char **)((char *)spec + setting->row->offset) = setting->argument;
}

static void apply_duration(struct spec *spec, const struct setting *setting)
{
	int64_t *field = (int64_t *)((char *)spec + setting->row->offset);

	if (parse_duration(setting->argument, field) < 0)
		setting_misuse_value(setting, "duration");
}

/* parse_duration() has the same answer for 0 and "infinity", but here 0 is no time at all. */
static void apply_drain(struct spec *spec, const struct setting *setting)
{
	apply_duration(spec, setting);
	if (spec->drain_ns == NS_NEVER &&
	    setting->argument[strcspn(setting->argument, "123456789i")] == '\0')
		spec->drain_ns = 0;
}

static void apply_signal(struct spec *spec, const struct setting *setting)
{
	if (parse_signal(setting->argument, &spec->first_signal) < 0)
		setting_misuse(setting, "unknown signal '%s'", setting->argument);
}

static void apply_integer(struct spec *spec, const struct setting *setting)
{
	const struct option_row *row = setting->row;
	int64_t value;

	if (parse_integer(setting->argument, row->min, row->max, &value) < 0)
		setting_misuse(setting, "'%s' is not a number from %d to %d", setting->argument,
			       row->min, row->max);
	*(int *)((char *)spec + row->offset) = (int)value;
}

/* Nothing at all would be no limit to some and no output to others. */
static void apply_size(struct spec *spec, const struct setting *setting)
{
	uint64_t bytes;

	if (parse_size(setting->argument, &bytes) < 0)
		setting_misuse_value(setting, "size");
	if (bytes == 0)
		setting_misuse(setting, "'%s' is not a size of at least 1", setting->argument);
	*(uint64_t *)((char *)spec + setting->row->offset) = bytes;
}

static void apply_count(struct spec *spec, const struct setting *setting)
{
	int64_t count;

	if (parse_integer(setting->argument, 1, INT64_MAX, &count) < 0)
		setting_misuse(setting, "'%s' is not a number of at least 1", setting->argument);
	*(uint64_t *)((char *)spec + setting->row->offset) = (uint64_t)count;
}

static void apply_stream(struct spec *spec, const struct setting *setting)
{
	static const char words[][8] = {
		[STDIO_AUTO] = "auto",
		[STDIO_INHERIT] = "inherit",
		[STDIO_RELAY] = "relay",
		[STDIO_NULL] = "null",
	};
	struct stdio_spec stream = { .mode = STDIO_FILE, .path = setting->argument };

	if (!*setting->argument)
		setting_misuse(setting, "an empty file name ''");
	if (optable_word(setting->row, setting->argument) >= 0)
		for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
			if (!strcmp(setting->argument, words[i]))
				stream = (struct stdio_spec){ .mode = i };
	*(struct stdio_spec *)((char *)spec + setting->row->offset) = stream;
}

static void apply_escalate(struct spec *spec, const struct setting *setting)
{
	if (ladder_parse(setting->argument, &spec->ladder) < 0) {
		if (errno == ERANGE)
			setting_misuse(setting, "more than %d signals in '%s'", LADDER_MAX,
				       setting->argument);
		setting_misuse_value(setting, "ladder of signals");
	}
	spec->ladder_given = true;
}

static void apply_screen_size(struct spec *spec, const struct setting *setting)
{
	if (parse_screen_size(setting->argument, &spec->pty_size) < 0)
		setting_misuse_value(setting, "screen size");
}

static void apply_umask(struct spec *spec, const struct setting *setting)
{
	if (parse_umask(setting->argument, &spec->umask) < 0)
		setting_misuse_value(setting, "mode");
}

static void apply_cores(struct spec *spec, const struct setting *setting)
{
	if (parse_cores(setting->argument, &spec->cores, sizeof spec->cores) < 0)
		setting_misuse_value(setting, "list of processors");
	spec->cores_text = setting->argument;
}

static void apply_rlimit(struct spec *spec, const struct setting *setting)
{
	if (rlimits_parse(setting->argument, &spec->limits) == 0)
		return;
	if (errno == ENOENT)
		setting_misuse(setting, "unknown resource '%s'", setting->argument);
	setting_misuse_value(setting, "limit");
}

static void apply_cgroup(struct spec *spec, const struct setting *setting)
{
	const char *name = setting->argument;

	spec->cgroup_name = NULL;
	if (!strcmp(name, "auto")) {
		spec->cgroup = CGROUP_AUTO;
		return;
	}
	if (!strcmp(name, "none")) {
		spec->cgroup = CGROUP_NONE;
		return;
	}
	const char *problem = cgroup_name_problem(name);
	if (problem)
		setting_misuse(setting, "%s in '%s'", problem, name);
	if (strlen(name) >= PATH_MAX / 2)
		setting_misuse(setting, "too long a path '%s'", name);
	spec->cgroup = CGROUP_NAMED;
	spec->cgroup_name = name;
}

/* 1 to 10000, the same for both weights (Documentation/admin-guide/cgroup-v2.rst). */
static void format_weight(const struct setting *setting, char *out, size_t size)
{
	int64_t weight;

	if (parse_integer(setting->argument, 1, 10000, &weight) < 0)
		setting_misuse(setting, "'%s' is not a weight from 1 to 10000", setting->argument);
	snprintf(out, size, "%lld", (long long)weight);
}

static void format_count(const struct setting *setting, char *out, size_t size)
{
	int64_t count;

	if (parse_integer(setting->argument, 1, INT_MAX, &count) < 0)
		setting_misuse(setting, "'%s' is not a number of processes", setting->argument);
	snprintf(out, size, "%lld", (long long)count);
}

static void format_size(const struct setting *setting, char *out, size_t size)
{
	uint64_t bytes;

	if (parse_size(setting->argument, &bytes) < 0)
		setting_misuse_value(setting, "size");
	snprintf(out, size, "%llu", (unsigned long long)bytes);
}

#define CPU_PERIOD_US 100000
#define CPU_QUOTA_MIN_US 1000 /* the kernel's own minimum */

/* "1.5" is 150000 us of CPU time in every 100000 us. */
static void format_cpus(const struct setting *setting, char *out, size_t size)
{
	int64_t quota_us = 0;
	const char *text = setting->argument;
	uint64_t scaled;

	if (parse_scaled(text, CPU_PERIOD_US, &scaled) == 0 && scaled <= INT32_MAX)
		quota_us = (int64_t)scaled;
	if (quota_us < CPU_QUOTA_MIN_US)
		setting_misuse(setting, "'%s' is not a number of processors from 0.01 to 20000",
			       text);
	snprintf(out, size, "%lld %d", (long long)quota_us, CPU_PERIOD_US);
}

/* "FILE=VALUE", FILE being a name below the directory and not a way out of it. */
static const char *split_cgroup_file(const struct setting *setting, char *file, size_t size)
{
	const char *text = setting->argument, *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : 0;

	if (length == 0 || length >= size || memchr(text, '/', length) || !strchr(text, '.') ||
	    text[0] == '.')
		setting_misuse(setting, "'%s' is not FILE=VALUE", text);
	memcpy(file, text, length);
	file[length] = '\0';
	if (!strncmp(file, "cgroup.", 7))
		setting_misuse(setting, "'%s' is cordon's own affair", file);
	return equals + 1;
}

static const char *option_text(struct spec *spec, const struct setting *setting)
{
	char *text = setting_text(setting);

	if (spec_keep(spec, text) < 0)
		setting_no_memory();
	return text;
}

static char *keep_text(struct spec *spec, const char *text)
{
	char *copy = strdup(text);

	if (!copy || spec_keep(spec, copy) < 0)
		setting_no_memory();
	return copy;
}

/* The last value for a file is the one that counts. */
static void put_tree_limit(struct spec *spec, const struct tree_limit *limit)
{
	size_t i = 0;

	while (i < spec->tree_limit_count && strcmp(spec->tree_limits[i].file, limit->file) != 0)
		i++;
	if (i == TREE_LIMITS_MAX)
		msg_misuse("%s: that is more than %d limits of the cgroup", limit->option,
			   TREE_LIMITS_MAX);
	if (i == spec->tree_limit_count)
		spec->tree_limits = setting_grow(spec->tree_limits, ++spec->tree_limit_count,
						 sizeof *spec->tree_limits);
	spec->tree_limits[i] = *limit;
}

static void apply_tree_limit(struct spec *spec, const struct setting *setting)
{
	char file[64], value[64];
	const char *text = value;

	snprintf(file, sizeof file, "%s", setting->row->file);
	if (setting->row->kind == OPTION_TREE_SIZE)
		format_size(setting, value, sizeof value);
	else if (setting->row->kind == OPTION_TREE_COUNT)
		format_count(setting, value, sizeof value);
	else if (setting->row->kind == OPTION_TREE_CPUS)
		format_cpus(setting, value, sizeof value);
	else if (setting->row->kind == OPTION_TREE_WEIGHT)
		format_weight(setting, value, sizeof value);
	else
		text = split_cgroup_file(setting, file, sizeof file);
	const struct tree_limit limit = {
		.file = keep_text(spec, file),
		.value = keep_text(spec, text),
		.option = option_text(spec, setting),
	};
	put_tree_limit(spec, &limit);
}

/* The format that NAME (LENGTH bytes) is the name of, or -1. */
static int find_format(const char *name, size_t length)
{
	for (size_t i = 0; i < REPORT_FORMATS; i++)
		if (strlen(report_formats[i]) == length && !memcmp(report_formats[i], name, length))
			return (int)i;
	return -1;
}

/* Formats that cordon reports do not have yet must not become the beginning of a file's name. */
static bool is_format_name(const char *name, size_t length)
{
	static const char others[][12] = { "csv", "markdown", "junit", "openmetrics", "env" };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strlen(others[i]) == length && !memcmp(others[i], name, length))
			return true;
	return false;
}

/* Split "[FORMAT:]FILE": the format, and *FILE set. */
static enum report_format read_format(const struct setting *setting, const char **file)
{
	const char *text = setting->argument;
	size_t length = strcspn(text, ":");
	int format = text[length] ? find_format(text, length) : -1;

	*file = format < 0 ? text : text + length + 1;
	if (format >= 0)
		return (enum report_format)format;
	if (text[length] && is_format_name(text, length))
		setting_misuse(setting, "unknown format '%.*s', not one of: human json jsonl",
			       (int)length, text);
	const char *dot = strrchr(text, '.');
	if (dot && !strchr(dot, '/'))
		format = find_format(dot + 1, strlen(dot + 1));
	if (format != REPORT_JSON && format != REPORT_JSONL)
		setting_misuse(setting, "no format for '%s': name one, human: json: jsonl:", text);
	return (enum report_format)format;
}

static bool same_place(const struct report_spec *a, const struct report_spec *b)
{
	return a->path && b->path ? !strcmp(a->path, b->path)
				  : !a->path && !b->path && a->fd == b->fd;
}

/* Two reports to one place are a mistake, but a later source may replace what one before said. */
static void add_report(struct settings *settings, const struct setting *setting,
		       const struct report_spec *report)
{
	struct spec *spec = settings->spec;
	const char *descriptor = strstr(report->option, "fd:");

	for (size_t i = 0; i < spec->report_count; i++) {
		if (!same_place(&spec->reports[i], report))
			continue;
		if (i >= settings->first_report)
			setting_misuse(setting, "a second report to '%s'",
				       report->path ? report->path
				       : descriptor ? descriptor
						    : "-");
		memmove(&spec->reports[i], &spec->reports[i + 1],
			(--spec->report_count - i) * sizeof *spec->reports);
		settings->first_report--;
		break;
	}
	spec->reports = setting_grow(spec->reports, spec->report_count + 1, sizeof *spec->reports);
	spec->reports[spec->report_count++] = *report;
}

static void apply_report(struct settings *settings, const struct setting *setting)
{
	struct report_spec report = { .format = REPORT_JSON, .fd = STDERR_FILENO };
	const char *file = setting->argument;
	int64_t fd;

	if (setting->row->kind == OPTION_REPORT)
		report.format = read_format(setting, &file);
	else if (!file)
		file = "-";
	if (!*file)
		setting_misuse(setting, "no file name in '%s'", setting->argument);
	if (!strncmp(file, "fd:", 3)) {
		if (parse_integer(file + 3, 0, INT_MAX, &fd) < 0)
			setting_misuse(setting, "invalid descriptor '%s'", file);
		report.fd = (int)fd;
	} else if (strcmp(file, "-") != 0) {
		report.path = file;
	}
	report.option = option_text(settings->spec, setting);
	add_report(settings, setting, &report);
}

/* A key that is given again takes the new value. */
static void apply_tag(struct spec *spec, const struct setting *setting)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";
	struct tag tag = { .key = setting->argument,
			   .key_length = strspn(setting->argument, allowed) };
	size_t i = 0;

	if (tag.key_length == 0 || tag.key[tag.key_length] != '=')
		setting_misuse(setting,
			       "'%s' is not KEY=VALUE with a KEY of letters, digits, '_', '.', '-'",
			       setting->argument);
	tag.value = tag.key + tag.key_length + 1;
	while (i < spec->tag_count && (spec->tags[i].key_length != tag.key_length ||
				       memcmp(spec->tags[i].key, tag.key, tag.key_length) != 0))
		i++;
	if (i == spec->tag_count)
		spec->tags = setting_grow(spec->tags, ++spec->tag_count, sizeof *spec->tags);
	spec->tags[i] = tag;
}

/* The id goes into reports and into the environment: one word of text, of a bounded length. */
static void apply_run_id(struct spec *spec, const struct setting *setting)
{
	char visible[4 * RUN_ID_LIMIT + 4];
	const char *id = setting->argument;

	if (!*id)
		setting_misuse(setting, "an empty id ''");
	if (strlen(id) > RUN_ID_LIMIT)
		setting_misuse(setting, "more than %d bytes in '%s'", RUN_ID_LIMIT, id);
	if (strcmp(msg_escape(visible, sizeof visible, id), id) != 0)
		setting_misuse(setting, "not only printable text in '%s'", id);
	spec->run_id = id;
}

static void apply_ok(struct spec *spec, const struct setting *setting)
{
	int64_t code;

	if (parse_integer(setting->argument, 0, 255, &code) < 0)
		setting_misuse(setting, "'%s' is not an exit code from 0 to 255",
			       setting->argument);
	spec->ok[code] = true;
}

/* As if its options were written in its place. */
static void apply_profile(struct settings *settings, const struct setting *setting)
{
	int number = optable_word(setting->row, setting->argument);
	size_t count, paths = settings->spec->sandbox.path_count;

	if (number < 0)
		setting_misuse(setting, "unknown profile '%s', not one of: %s", setting->argument,
			       setting->row->values);
	const struct profile_option *options = profile_options((unsigned)number, &count);
	for (size_t i = 0; i < count; i++) {
		const struct setting part = {
			.row = optable_find(optable_rows, optable_count, options[i].name,
					    strlen(options[i].name)),
			.argument = options[i].argument, /* "" for a flag */
			.origin = setting->origin,
		};
		settings_apply(settings, &part);
	}
	for (; paths < settings->spec->sandbox.path_count; paths++)
		settings->spec->sandbox.paths[paths].may_lack = true;
	settings->spec->sandbox.profile = setting->argument;
}

void settings_begin(struct settings *settings)
{
	settings->first_report = settings->spec->report_count;
}

/* NOLINTNEXTLINE(readability-function-size): long, but flat */
void settings_apply(struct settings *settings, const struct setting *setting)
{
	struct spec *spec = settings->spec;
	const struct option_row *row = setting->row;

	switch ((enum option_kind)row->kind) {
	case OPTION_FLAG:
		apply_flag(spec, row);
		break;
	case OPTION_WORD:
		apply_word(spec, setting);
		break;
	case OPTION_TEXT:
		*(const char **)((char *)spec + row->offset) = setting->argument;
		break;
	case OPTION_NAME:
		apply_name(spec, setting);
		break;
	case OPTION_DURATION:
		apply_duration(spec, setting);
		break;
	case OPTION_DRAIN:
		apply_drain(spec, setting);
		break;
	case OPTION_SIGNAL:
		apply_signal(spec, setting);
		break;
	case OPTION_INTEGER:
		apply_integer(spec, setting);
		break;
	case OPTION_SIZE:
		apply_size(spec, setting);
		break;
	case OPTION_COUNT:
		apply_count(spec, setting);
		break;
	case OPTION_STREAM:
		apply_stream(spec, setting);
		break;
	case OPTION_SCREEN_SIZE:
		apply_screen_size(spec, setting);
		break;
	case OPTION_ESCALATE:
		apply_escalate(spec, setting);
		break;
	case OPTION_ENV:
	case OPTION_ENV_FILE:
	case OPTION_UNSET_ENV:
		deferred_add_env(&settings->deferred, setting);
		break;
	case OPTION_CLEAR_ENV:
		settings->deferred.clear_env = true;
		break;
	case OPTION_USER:
		settings->deferred.user = *setting;
		break;
	case OPTION_GROUPS:
		settings->deferred.groups = *setting;
		break;
	case OPTION_UMASK:
		apply_umask(spec, setting);
		break;
	case OPTION_CORES:
		apply_cores(spec, setting);
		break;
	case OPTION_RLIMIT:
		apply_rlimit(spec, setting);
		break;
	case OPTION_CGROUP:
		apply_cgroup(spec, setting);
		break;
	case OPTION_SANDBOX:
		apply_profile(settings, setting);
		break;
	case OPTION_TREE_SIZE:
	case OPTION_TREE_COUNT:
	case OPTION_TREE_CPUS:
	case OPTION_TREE_WEIGHT:
	case OPTION_TREE_SET:
		apply_tree_limit(spec, setting);
		break;
	case OPTION_CAP_DROP:
	case OPTION_CAP_KEEP:
	case OPTION_READ:
	case OPTION_WRITE:
	case OPTION_EXEC:
	case OPTION_BIND_PORT:
	case OPTION_CONNECT_PORT:
	case OPTION_HIDE:
	case OPTION_KEEP_FD:
	case OPTION_SECCOMP:
		sandbox_setting(spec, setting);
		break;
	case OPTION_REPORT:
	case OPTION_JSON:
		apply_report(settings, setting);
		break;
	case OPTION_TAG:
		apply_tag(spec, setting);
		break;
	case OPTION_RUN_ID:
		apply_run_id(spec, setting);
		break;
	case OPTION_OK:
		apply_ok(spec, setting);
		break;
	case OPTION_CONFIG:
	case OPTION_PROFILE:
	case OPTION_HELP:
	case OPTION_VERSION:
		break; /* options.c has seen to them */
	}
	if (row->given)
		*(bool *)((char *)spec + row->given) = true;
}

void settings_reset(struct settings *settings, const struct option_row *row)
{
	struct spec fresh;

	if (row->kind == OPTION_CLEAR_ENV)
		settings->deferred.clear_env = false;
	spec_init(&fresh);
	memcpy((char *)settings->spec + row->offset, (char *)&fresh + row->offset, row->size);
	spec_fini(&fresh);
}
