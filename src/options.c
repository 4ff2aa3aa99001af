/* SPDX-License-Identifier: MIT */
/*
 * Where options come from, weakest first: the top of the --config file, its [profile],
 * CORDON_OPTIONS, the command line. Within one of them two options that contradict each
 * other are a mistake; from one to the next the later wins.
 */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file.h"
#include "help.h"
#include "msg.h"
#include "presets.h"
#include "scan.h"
#include "settings.h"

enum source { SOURCE_NONE, SOURCE_FILE, SOURCE_PROFILE, SOURCE_ENVIRONMENT, SOURCE_ARGV };

/* The last option of a group of rivals, and where it came from. */
struct rival {
	const struct option_row *row; /* NULL: none */
	enum source source;
};

/* Which file to read, and what of it. ROW is NULL: not given. */
struct choice {
	struct setting config, profile;
};

struct options {
	struct settings settings;
	enum source source; /* that is being read */
	enum source append; /* that --append came from */
	struct rival rivals[RIVALS_COUNT];
};

static const struct origin command_line = { .name = NULL };
static const struct origin environment = { .name = "CORDON_OPTIONS" };

static void begin_source(struct options *options, enum source source)
{
	if (options->source == source)
		return;
	options->source = source;
	settings_begin(&options->settings);
}

/* Does this setting contradict the other options of its group at all? */
static bool is_rival(const struct setting *setting)
{
	if (setting->row->kind != OPTION_CGROUP)
		return true;
	assert(setting->argument); /* the table says that it has one */
	return !strcmp(setting->argument, "none");
}

static _Noreturn void misuse_rivals(const struct origin *origin, const struct option_row *a,
				    const struct option_row *b)
{
	const char *dashes = origin->line ? "" : "--";

	setting_misuse_at(origin, "%s%s%s and %s%s%s contradict each other", dashes, a->name,
			  a->kind == OPTION_CGROUP ? "=none" : "", dashes, b->name,
			  b->kind == OPTION_CGROUP ? "=none" : "");
}

static void take_setting(struct options *options, const struct setting *setting)
{
	const struct option_row *row = setting->row;
	struct rival *rival = &options->rivals[row->rivals];

	if (row->rivals && is_rival(setting)) {
		if (rival->row && rival->row->side != row->side) {
			if (rival->source == options->source)
				misuse_rivals(&setting->origin, rival->row, row);
			settings_reset(&options->settings, rival->row);
		}
		*rival = (struct rival){ .row = row, .source = options->source };
	} else if (rival->row == row) {
		rival->row = NULL;
	}
	if (row->offset == offsetof(struct spec, append))
		options->append = options->source;
	settings_apply(&options->settings, setting);
}

/* "name = no": the flag is off, whoever had set it. */
static void drop_flag(struct options *options, const struct option_row *row)
{
	struct rival *rival = &options->rivals[row->rivals];

	if (row->rivals && rival->row != row)
		return;
	rival->row = NULL;
	settings_reset(&options->settings, row);
}

/* 1 and 0 for the words that a flag takes in a file, else -1. */
static int parse_switch(const char *word)
{
	static const char words[][2][6] = { { "no", "yes" }, { "false", "true" }, { "off", "on" } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		for (int on = 0; on < 2; on++)
			if (!strcasecmp(word, words[i][on]))
				return on;
	return -1;
}

static _Noreturn void misuse_unknown(const struct origin *origin, const char *name, size_t length)
{
	const char *near = optable_nearest(name, length), *dashes = origin->line ? "" : "--";
	int shown = (int)(length ? length : strlen(name));

	if (near)
		setting_misuse_at(origin, "unknown option '%s%.*s', did you mean '%s%s'?", dashes,
				  shown, name, dashes, near);
	setting_misuse_at(origin, "unknown option '%s%.*s'", dashes, shown, name);
}

/* One line of the file. */
static void take_preset(struct options *options, const struct preset *preset,
			const struct origin *origin)
{
	size_t length = strlen(preset->name);
	const struct option_row *row =
		optable_find(optable_rows, optable_count, preset->name, length);
	struct setting setting = { .row = row, .argument = preset->value, .origin = *origin };

	if (!row)
		misuse_unknown(origin, preset->name, length);
	if (row->kind >= OPTION_CONFIG)
		setting_misuse_at(origin, "'%s' cannot be set in a file", preset->name);
	if (!row->argument[0]) {
		int on = preset->value ? parse_switch(preset->value) : 1;
		if (on < 0)
			setting_misuse(&setting, "'%s' is neither yes nor no", preset->value);
		setting.argument = NULL;
		if (!on) {
			drop_flag(options, row);
			return;
		}
	} else if (!preset->value && !row->optional) {
		setting_misuse(&setting, "no value");
	}
	take_setting(options, &setting);
}

/* The lines above the first section, and those of the profile if there is one. */
static void read_lines(struct options *options, char *text, size_t size,
		       const struct choice *choice)
{
	const char *profile = choice->profile.argument;
	struct origin origin = { .name = choice->config.argument };
	struct presets presets;
	struct preset preset;
	bool found = !profile, wanted = true;
	int got;

	presets_init(&presets, text, size);
	begin_source(options, SOURCE_FILE);
	while ((got = presets_next(&presets, &preset)) > 0) {
		origin.line = presets.line;
		if (!preset.name) {
			wanted = profile && !strcmp(presets.section, profile);
			found |= wanted;
			begin_source(options, SOURCE_PROFILE);
		} else if (wanted) {
			take_preset(options, &preset, &origin);
		}
	}
	origin.line = presets.line;
	if (got < 0)
		setting_misuse_at(&origin, "%s", presets.problem);
	if (!found)
		setting_misuse(&choice->profile, "no [%s] in '%s'", profile,
			       choice->config.argument);
}

static void read_file(struct options *options, const struct choice *choice)
{
	const struct setting *config = &choice->config;
	size_t size;

	if (!config->row) {
		if (choice->profile.row)
			setting_misuse(&choice->profile,
				       "'%s' is looked for in a file, and there is no --config",
				       choice->profile.argument);
		return;
	}
	char *text = file_read(config->argument, PRESETS_FILE_LIMIT, &size);
	if (!text)
		setting_misuse(config, "cannot read '%s': %s", config->argument,
			       msg_errno_text(errno));
	if (spec_keep(options->settings.spec, text) < 0)
		setting_no_memory();
	read_lines(options, text, size, choice);
}

static _Noreturn void misuse_scan(const struct origin *origin, enum scan_result result,
				  const struct scanned *scanned)
{
	char letter[] = { '-', scanned->letter, '\0' };
	const char *dashes = scanned->letter ? "" : "--";
	const char *name = scanned->letter ? letter : scanned->row ? scanned->row->name : "";

	if (result == SCAN_WITHOUT_ARGUMENT)
		setting_misuse_at(origin, "option '%s%s' needs an argument", dashes, name);
	if (result == SCAN_WITH_ARGUMENT)
		setting_misuse_at(origin, "option '%s%s' takes no argument", dashes, name);
	if (scanned->letter)
		setting_misuse_at(origin, "unknown option '%s'", letter);
	misuse_unknown(origin, scanned->word, scanned->length);
}

/*
 * First look at the words: only for the file that comes before them, and for --help, which
 * has to work whatever else is wrong.
 */
static void find_choice(char *const *words, const struct origin *origin, struct choice *choice)
{
	struct scan scan = { .rows = optable_rows, .row_count = optable_count, .words = words };
	struct scanned scanned;
	enum scan_result result;

	while ((result = scan_next(&scan, &scanned)) != SCAN_END) {
		if (result != SCAN_OPTION)
			misuse_scan(origin, result, &scanned);
		const struct option_row *row = scanned.row;
		struct setting setting = { row, scanned.argument, *origin };
		if (row->kind == OPTION_CONFIG)
			choice->config = setting;
		else if (row->kind == OPTION_PROFILE)
			choice->profile = setting;
		else if (row->kind > OPTION_PROFILE && origin->name)
			setting_misuse_at(origin, "'--%s' cannot be preset", row->name);
		else if (row->kind == OPTION_HELP)
			help_show();
		else if (row->kind == OPTION_VERSION)
			help_show_version();
	}
	if (origin->name && words[scan.next])
		setting_misuse_at(origin, "'%s' is not an option", words[scan.next]);
}

/* Carry out the words' options. Returns where the command begins. */
static char *const *read_words(struct options *options, char *const *words,
			       const struct origin *origin)
{
	struct scan scan = { .rows = optable_rows, .row_count = optable_count, .words = words };
	struct scanned scanned;

	while (scan_next(&scan, &scanned) == SCAN_OPTION) {
		struct setting setting = { scanned.row, scanned.argument, *origin };
		if (scanned.row->kind < OPTION_CONFIG)
			take_setting(options, &setting);
	}
	return words + scan.next;
}

/* The words of CORDON_OPTIONS, kept by SPEC; NULL if there are none. */
static char **split_environment(struct spec *spec)
{
	const char *value = getenv("CORDON_OPTIONS"), *problem;
	char *text, **words;

	if (!value || !*value)
		return NULL;
	text = strdup(value);
	if (!text || spec_keep(spec, text) < 0)
		setting_no_memory();
	words = presets_split(text, &problem);
	if (problem)
		setting_misuse_at(&environment, "%s", problem);
	if (!words || spec_keep(spec, words) < 0)
		setting_no_memory();
	return words;
}

/* Only where somebody has just typed it: a preset --append waits for a FILE to come. */
static void check_append(const struct options *options)
{
	const struct spec *spec = options->settings.spec;

	if (spec->append && options->append == SOURCE_ARGV && spec->out.mode != STDIO_FILE &&
	    spec->err.mode != STDIO_FILE && !spec->log)
		msg_misuse("--append without a FILE for --stdout, --stderr or --log");
}

void options_parse(struct spec *spec, int argc, char **argv)
{
	struct options options = { .settings.spec = spec };
	struct choice choice = { .config.row = NULL }, preset = choice;
	char *const *words = argv + (argc > 0);
	char **presets;

	find_choice(words, &command_line, &choice);
	presets = split_environment(spec);
	if (presets)
		find_choice(presets, &environment, &preset);
	if (!choice.config.row)
		choice.config = preset.config;
	if (!choice.profile.row)
		choice.profile = preset.profile;

	read_file(&options, &choice);
	if (presets) {
		begin_source(&options, SOURCE_ENVIRONMENT);
		read_words(&options, presets, &environment);
	}
	begin_source(&options, SOURCE_ARGV);
	spec->command = read_words(&options, words, &command_line);
	check_append(&options);
	deferred_finish(&options.settings.deferred, spec);
	spec_check(spec);
}
