/* SPDX-License-Identifier: MIT */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/verb.h"
#include "help.h"
#include "msg.h"
#include "outcome.h"

static const struct verb *const verbs[] = { &verb_doctor, &verb_cgroup_init };
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "help", .letter = 'h', .kind = OPTION_HELP },
	{ .name = "version", .letter = 'V', .kind = OPTION_VERSION },
};
/* clang-format on */

static _Noreturn void show_help(void)
{
	char text[2048];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "Usage: cordonctl VERB [OPTION]...\n"
				       "Look after the host that cordon runs on.\n"
				       "\n"
				       "Verbs:\n");
	for (size_t i = 0; i < VERB_COUNT; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "  %-14s%s\n",
					 verbs[i]->name, verbs[i]->summary);
	snprintf(text + used, sizeof(text) - used,
		 "\n"
		 "'cordonctl VERB --help' shows the options of a verb.\n"
		 "\n"
		 "  -h, --help      show this help\n"
		 "  -V, --version   show the version\n"
		 "\n"
		 "Exit status:\n"
		 "  0    all is well\n"
		 "  1    doctor: what runs need is missing; cgroup-init: a step failed\n"
		 "  125  a mistake in the command line, or nothing could be done\n"
		 "\n"
		 "The manual is cordonctl(1).\n");
	help_show_text(text);
}

static _Noreturn void misuse_scan(const struct option_row *known, size_t count,
				  enum scan_result result, const struct scanned *scanned)
{
	char letter[] = { '-', scanned->letter, '\0' };
	const char *dashes = scanned->letter ? "" : "--";
	const char *name = scanned->letter ? letter : scanned->row ? scanned->row->name : "";

	if (result == SCAN_WITHOUT_ARGUMENT)
		msg_misuse("option '%s%s' needs an argument", dashes, name);
	if (result == SCAN_WITH_ARGUMENT)
		msg_misuse("option '%s%s' takes no argument", dashes, name);
	if (scanned->letter)
		msg_misuse("unknown option '%s'", letter);
	const char *near = optable_nearest_in(known, count, scanned->word, scanned->length);
	if (near)
		msg_misuse("unknown option '--%.*s', did you mean '--%s'?", (int)scanned->length,
			   scanned->word, near);
	msg_misuse("unknown option '--%.*s'", (int)scanned->length, scanned->word);
}

static _Noreturn void misuse_verb(const char *word)
{
	struct option_row names[VERB_COUNT] = { 0 };
	for (size_t i = 0; i < VERB_COUNT; i++)
		strcpy(names[i].name, verbs[i]->name);
	const char *near = optable_nearest_in(names, VERB_COUNT, word, strlen(word));
	if (near)
		msg_misuse("unknown verb '%s', did you mean '%s'?", word, near);
	msg_misuse("unknown verb '%s'", word);
}

static const struct verb *find_verb(const char *word)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i]->name, word) == 0)
			return verbs[i];
	misuse_verb(word);
}

struct scan verb_scan(const struct verb *verb, char *const *words)
{
	return (struct scan){ .rows = verb->rows, .row_count = verb->row_count, .words = words };
}

bool verb_next(const struct verb *verb, struct scan *scan, struct scanned *scanned)
{
	enum scan_result result = scan_next(scan, scanned);

	if (result == SCAN_END && scan->words[scan->next])
		msg_misuse("%s takes no operand: '%s'", verb->name, scan->words[scan->next]);
	if (result == SCAN_END)
		return false;
	if (result != SCAN_OPTION)
		misuse_scan(verb->rows, verb->row_count, result, scanned);
	if (scanned->row->kind == OPTION_HELP)
		help_show_text(verb->help);
	return true;
}

int verb_finish(int status)
{
	/* fclose(3) because some file systems tell only there that nothing was written */
	if (!ferror(stdout) && fclose(stdout) == 0)
		return status;
	msg_warn_errno(errno, "standard output: cannot write");
	return STATUS_CORDON;
}

void ctl_run(int argc, char **argv)
{
	struct scan scan = { .rows = rows,
			     .row_count = sizeof(rows) / sizeof(rows[0]),
			     .words = argv + (argc > 0) };
	struct scanned scanned;
	enum scan_result result;

	msg_set_program("cordonctl");
	while ((result = scan_next(&scan, &scanned)) != SCAN_END) {
		if (result != SCAN_OPTION)
			misuse_scan(scan.rows, scan.row_count, result, &scanned);
		if (scanned.row->kind == OPTION_HELP)
			show_help();
		help_show_text("cordonctl (cordon) " PACKAGE_VERSION "\n");
	}
	if (!scan.words[scan.next])
		msg_misuse("missing verb");
	exit(find_verb(scan.words[scan.next])->run(scan.words + scan.next + 1));
}
