/* SPDX-License-Identifier: MIT */
/*
 * cordon: run a command inside limits, relay its output, account for what it cost.
 *
 * The way of a run through the files, each with one purpose:
 *
 *   argv --options--> struct spec --spawn--> the child --supervise--> struct outcome --report-->
 *
 *   inherited   the world as cordon was given it
 *   options     the table of options, argv to struct spec      (help, presets, timeout)
 *   parse       text to numbers                                (ladder, rlimits, env, privs)
 *   spec        what to run: defaults, and the check that it makes sense
 *   plan        --dry-run: the spec in words
 *   run         one run from the spec to the exit status
 *   front       the process that the caller sees, before the supervisor
 *   report      the account, one file a format                 (report/)
 *   relay       the three streams                              (relay/, holder)
 *   sandbox     what keeps the command in, one file a mechanism (sandbox/)
 *   cgroup      the only file that knows cgroupfs
 *   spawn       the parent's half of a launch
 *   child       the child's half, the steps up to exec
 *   supervise   the loop                                       (step, slots, escalate, reap,
 *                                                              jobcontrol, leftovers, tree)
 *   account     what it cost: struct usage
 *   outcome     how it ended, and the exit status that means
 *   ctl         cordonctl, the second name                     (ctl/)
 *   msg         the only writer of diagnostics
 */
#include <string.h>

#include "ctl/ctl.h"
#include "inherited.h"
#include "msg.h"
#include "options.h"
#include "outcome.h"
#include "plan.h"
#include "run.h"
#include "spec.h"
#include "timeout.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

int main(int argc, char *argv[])
{
	struct inherited inherited;
	struct spec spec;
	const char *name = argc > 0 && argv[0] ? base_name(argv[0]) : "";
	inherited_init(&inherited);
	if (strcmp(name, "cordonctl") == 0)
		ctl_run(argc, argv);
	spec_init(&spec);
	if (strcmp(name, "timeout") == 0)
		timeout_parse(&spec, argc, argv);
	else
		options_parse(&spec, argc, argv);

	if (spec.dry_run)
		outcome_exit(plan_print(&spec));
	run_command(&spec, &inherited);
}
