/* SPDX-License-Identifier: MIT */
/*
 * Long options may be abbreviated here, as getopt_long(3) lets them be, and scripts rely
 * on the wording of its messages as little as on anything: both are kept.
 */
#include "timeout.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "help.h"
#include "msg.h"
#include "outcome.h"
#include "parse.h"
#include "scan.h"

static const char usage[] =
	"Usage: timeout [OPTION]... DURATION COMMAND [ARG]...\n"
	"Start COMMAND, and end it with a signal if it still runs after DURATION.\n"
	"\n"
	"  -f, --foreground          leave COMMAND in the foreground, able to read the\n"
	"                            terminal; its children are not timed out then\n"
	"  -k, --kill-after=DURATION send KILL this long after the first signal\n"
	"  -p, --preserve-status     exit with COMMAND's status even when it timed out\n"
	"  -s, --signal=SIGNAL       the first signal, a name or a number (default TERM)\n"
	"  -v, --verbose             say on standard error which signal is sent\n"
	"      --help                show this help\n"
	"      --version             show the version\n"
	"\n"
	"DURATION is a number with s (default), m, h or d; 0 is no limit.\n"
	"\n"
	"Exit status:\n"
	"  124  COMMAND timed out, without --preserve-status\n"
	"  125  timeout itself failed\n"
	"  126  COMMAND cannot be executed\n"
	"  127  COMMAND was not found\n"
	"  137  COMMAND, or timeout, was sent KILL\n"
	"  else COMMAND's own\n"
	"\n"
	"This timeout is cordon: the manual is cordon(1).\n";

/* clang-format off */
static const struct option_row rows[] = { /* in the order in which ambiguous ones are named */
	{ .name = "kill-after", .letter = 'k', .argument = "DURATION" },
	{ .name = "signal", .letter = 's', .argument = "SIGNAL" },
	{ .name = "verbose", .letter = 'v' },
	{ .name = "foreground", .letter = 'f' },
	{ .name = "preserve-status", .letter = 'p' },
	{ .name = "help", .kind = OPTION_HELP },
	{ .name = "version", .kind = OPTION_VERSION },
};
/* clang-format on */
#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* Several options begin with what was written: name them all. */
static _Noreturn void misuse_ambiguous(const struct scanned *scanned)
{
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < ROW_COUNT; i++)
		if (!strncmp(rows[i].name, scanned->word, scanned->length))
			used += (size_t)snprintf(names + used, sizeof names - used, " '--%s'",
						 rows[i].name);
	msg_misuse("option '--%s' is ambiguous; possibilities:%s", scanned->word, names);
}

static _Noreturn void misuse_scan(enum scan_result result, const struct scanned *scanned)
{
	if (result == SCAN_AMBIGUOUS)
		misuse_ambiguous(scanned);
	if (result == SCAN_WITH_ARGUMENT)
		msg_misuse("option '--%s' doesn't allow an argument", scanned->row->name);
	if (result == SCAN_WITHOUT_ARGUMENT && scanned->letter)
		msg_misuse("option requires an argument -- '%c'", scanned->letter);
	if (result == SCAN_WITHOUT_ARGUMENT)
		msg_misuse("option '--%s' requires an argument", scanned->row->name);
	if (scanned->letter)
		msg_misuse("invalid option -- '%c'", scanned->letter);
	msg_misuse("unrecognized option '--%s'", scanned->word);
}

static int64_t read_duration(const char *text)
{
	int64_t ns;

	if (parse_timeout_duration(text, &ns) < 0)
		msg_misuse("invalid time interval '%s'", text);
	return ns;
}

/*
 * A name, a number (also as in SIG15), or a status as a shell or wait(2) shows it, such as 143. 0
 * and EXIT are no signal at all, and still the command is not to run on uncounted.
 */
static int read_signal(const char *text)
{
	char number[16];
	const char *name = text;
	int64_t status;
	int sig = 0;

	if (parse_integer(text, 0, INT_MAX, &status) == 0) {
		snprintf(number, sizeof number, "%d",
			 (int)(status & (status >= 0xff ? 0xff : 0x7f)));
		name = number;
	} else if (!strncasecmp(text, "SIG", 3) &&
		   (isdigit((unsigned char)text[3]) || !strcasecmp(text + 3, "EXIT"))) {
		name = text + 3;
	}
	if (strcmp(name, "0") != 0 && strcasecmp(name, "EXIT") != 0 && parse_signal(name, &sig) < 0)
		msg_misuse("'%s': invalid signal", text);
	return sig;
}

static void apply(struct spec *spec, const struct scanned *scanned)
{
	switch (scanned->row->letter) {
	case 'f':
		spec->group = GROUP_STAY;
		break;
	case 'k':
		spec->kill_after_ns = read_duration(scanned->argument);
		break;
	case 'p':
		spec->preserve_status = true;
		break;
	case 's':
		spec->first_signal = read_signal(scanned->argument);
		break;
	case 'v':
		spec->verbosity = VERBOSITY_VERBOSE;
		break;
	default:
		if (scanned->row->kind == OPTION_HELP)
			help_show_text(usage);
		help_show_text("timeout (cordon) " PACKAGE_VERSION "\n");
	}
}

/* What timeout(1) does not do: relay, contain, report, take the command along when it dies. */
static void set_defaults(struct spec *spec)
{
	spec->timeout_mode = true;
	spec->kill_after_ns = NS_NEVER;
	spec->cgroup = CGROUP_NONE;
	spec->leftovers = LEFTOVERS_LEAVE;
	spec->group = GROUP_LIKE_TIMEOUT;
	spec->die_with_parent = false;
	spec->in.mode = spec->out.mode = spec->err.mode = STDIO_INHERIT;
	spec->verbosity = VERBOSITY_QUIET;
}

void timeout_parse(struct spec *spec, int argc, char **argv)
{
	struct scan scan = {
		.rows = rows, .row_count = ROW_COUNT, .abbreviate = true, .words = argv + (argc > 0)
	};
	struct scanned scanned;
	enum scan_result result;

	msg_set_program("timeout");
	set_defaults(spec);
	while ((result = scan_next(&scan, &scanned)) != SCAN_END) {
		if (result != SCAN_OPTION)
			misuse_scan(result, &scanned);
		apply(spec, &scanned);
	}
	spec->command = scan.words + scan.next;
	if (!spec->command[0] || !spec->command[1])
		msg_hint();
	spec->timeout_ns = read_duration(spec->command[0]);
	spec->command++;
	if (env_start(&spec->env, environ, false) < 0) {
		msg_warn_errno(ENOMEM, "cannot copy the environment");
		exit(STATUS_CORDON);
	}
	spec_check(spec);
}
