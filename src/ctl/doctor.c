/* SPDX-License-Identifier: MIT */
/*
 * The verb doctor: what this host allows, what is missing, and what would help.
 */
#include "ctl/diagnosis.h"
#include "ctl/verb.h"
#include "outcome.h"

static const char help[] =
	"Usage: cordonctl doctor [--json]\n"
	"Say what this host allows the user who asks, what is missing, and for what can\n"
	"be fixed the command that does it. Nothing is changed.\n"
	"\n"
	"      --json   one JSON object instead of a table\n"
	"  -h, --help   show this help\n"
	"\n"
	"Exit status:\n"
	"  0    there is all that every run needs\n"
	"  1    something of it is missing: the kernel, /proc or a cgroup\n"
	"  125  a mistake in the command line, or nothing could be said\n";

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "json" },
	{ .name = "help", .letter = 'h', .kind = OPTION_HELP },
};
/* clang-format on */

static void examine(struct diagnosis *diagnosis)
{
	check_kernel(diagnosis);
	check_systemd(diagnosis);
	check_cgroup(diagnosis); /* what it advises depends on those two */
	check_sandbox(diagnosis);
	check_limits(diagnosis);
	check_report(diagnosis);
}

static int verdict(const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++)
		if (diagnosis->check[i].needed && diagnosis->check[i].status == CHECK_MISSING)
			return VERB_FAILED;
	return VERB_DONE;
}

static int run(char *const *words)
{
	struct scan scan = verb_scan(&verb_doctor, words);
	struct scanned scanned;
	struct diagnosis diagnosis = { .count = 0 };
	bool json = false;

	while (verb_next(&verb_doctor, &scan, &scanned))
		json = true;
	examine(&diagnosis);
	if (!json)
		diagnosis_show(&diagnosis);
	else if (diagnosis_show_json(&diagnosis) < 0)
		return STATUS_CORDON;
	return verb_finish(verdict(&diagnosis));
}

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "say what this host allows, what is missing, what would help",
	.help = help,
	.rows = rows,
	.row_count = sizeof(rows) / sizeof(rows[0]),
	.run = run,
};
