/* SPDX-License-Identifier: MIT */
/*
 * The table itself, constant data only, and looking things up in it.
 */
#include "optable.h"

#include <string.h>

#include "spec.h"

/* Where the option's value is stored. */
#define FIELD(member) \
	.offset = offsetof(struct spec, member), .size = sizeof(((struct spec *)0)->member)
/* What says that there is one, where no value of its own does. */
#define GIVEN(member) .given = offsetof(struct spec, member)

/* clang-format off */
const struct option_row optable_rows[] = {
	/* Time */
	{ .heading = HEADING_TIME, .name = "timeout", .letter = 't', .argument = "DURATION",
	  .kind = OPTION_DURATION, FIELD(timeout_ns), .values = "<duration>",
	  .help = "wall-clock limit, such as 90, 1m30s, 250ms (default: none)" },
	{ .heading = HEADING_TIME, .name = "signal", .letter = 's', .argument = "SIGNAL",
	  .kind = OPTION_SIGNAL, FIELD(first_signal), .values = "<signal>",
	  .rivals = RIVALS_LADDER, .side = 1,
	  .help = "first signal when a limit is hit (default TERM)" },
	{ .heading = HEADING_TIME, .name = "kill-after", .letter = 'k', .argument = "DURATION",
	  .kind = OPTION_DURATION, FIELD(kill_after_ns), .values = "<duration>",
	  .rivals = RIVALS_LADDER, .side = 1,
	  .help = "KILL this long after the first signal (default 10s; 0: never)" },
	{ .heading = HEADING_TIME, .name = "escalate", .argument = "LIST",
	  .kind = OPTION_ESCALATE, FIELD(ladder_given), .values = "<escalation>",
	  .rivals = RIVALS_LADDER, .side = 2,
	  .help = "the whole ladder of signals: [main@|tree@]SIGNAL[:DURATION],... "
		  "as in main@INT:2s,TERM:5s,KILL" },

	{ .heading = HEADING_TIME, .name = "cpu-time", .argument = "DURATION",
	  .kind = OPTION_DURATION, FIELD(cpu_time_ns), .values = "<duration>",
	  .help = "limit on the CPU time, user and system, of all processes together" },
	{ .heading = HEADING_TIME, .name = "idle-timeout", .argument = "DURATION",
	  .kind = OPTION_DURATION, FIELD(idle_timeout_ns), .values = "<duration>",
	  .help = "limit on the time without a byte of output" },
	{ .heading = HEADING_TIME, .name = "on-timeout", .argument = "COMMAND",
	  .kind = OPTION_NAME, FIELD(on_timeout), .values = "<command>",
	  .help = "run by sh -c before a limit's first signal, for 30s at most; "
		  "CORDON_PID and CORDON_REASON are set" },

	/* Where and as whom */
	{ .heading = HEADING_WHERE, .name = "chdir", .alias = "cwd", .letter = 'C', .argument = "DIR",
	  .kind = OPTION_NAME, FIELD(chdir), .values = "<dir>",
	  .help = "working directory, inside the new root if there is one" },
	{ .heading = HEADING_WHERE, .name = "chroot", .argument = "DIR",
	  .kind = OPTION_NAME, FIELD(chroot), .values = "<dir>",
	  .help = "new root directory" },
	{ .heading = HEADING_WHERE, .name = "env", .alias = "setenv", .letter = 'E',
	  .argument = "NAME[=VALUE]", .kind = OPTION_ENV, .repeatable = true, .values = "<variable>",
	  .help = "set a variable; NAME alone keeps it under --clear-env" },
	{ .heading = HEADING_WHERE, .name = "env-file", .argument = "FILE",
	  .kind = OPTION_ENV_FILE, .repeatable = true, .values = "<file>",
	  .help = "set variables from NAME=VALUE lines, or records that end in NUL" },
	{ .heading = HEADING_WHERE, .name = "clear-env", .letter = 'i',
	  .kind = OPTION_CLEAR_ENV,
	  .help = "start from an empty environment" },
	{ .heading = HEADING_WHERE, .name = "unset-env", .argument = "NAME",
	  .kind = OPTION_UNSET_ENV, .repeatable = true, .values = "<variable>",
	  .help = "remove a variable" },
	{ .heading = HEADING_WHERE, .name = "argv0", .argument = "NAME",
	  .kind = OPTION_TEXT, FIELD(argv0),
	  .help = "what the command gets as its own name" },
	{ .heading = HEADING_WHERE, .name = "shell",
	  .kind = OPTION_FLAG, .value = true, FIELD(shell), .rivals = RIVALS_LAUNCHER, .side = 1,
	  .help = "COMMAND is a text for sh -c, ARGs are its $1, $2, ..." },
	{ .heading = HEADING_WHERE, .name = "interpreter", .argument = "PROGRAM",
	  .kind = OPTION_NAME, FIELD(interpreter), .values = "<command>",
	  .rivals = RIVALS_LAUNCHER, .side = 2,
	  .help = "COMMAND is a script for PROGRAM" },
	{ .heading = HEADING_WHERE, .name = "user", .letter = 'u', .argument = "USER[:GROUP]",
	  .kind = OPTION_USER, .values = "<user>",
	  .help = "run as this user: names, or numbers as +UID:+GID" },
	{ .heading = HEADING_WHERE, .name = "groups", .argument = "LIST",
	  .kind = OPTION_GROUPS, .values = "<group>",
	  .help = "supplementary groups (default with --user: those of the user "
		  "database; empty: none)" },
	{ .heading = HEADING_WHERE, .name = "umask", .argument = "MODE",
	  .kind = OPTION_UMASK, FIELD(umask), GIVEN(set_umask), .values = "<mode>",
	  .help = "file mode creation mask, octal or as in u=rwx,g=rx,o=" },
	{ .heading = HEADING_WHERE, .name = "nice", .argument = "N",
	  .kind = OPTION_INTEGER, FIELD(nice), GIVEN(set_nice), .min = -39, .max = 39,
	  .values = "<number>",
	  .help = "add N to the niceness" },
	{ .heading = HEADING_WHERE, .name = "oom-score-adj", .argument = "N",
	  .kind = OPTION_INTEGER, FIELD(oom_score_adj), GIVEN(set_oom_score_adj),
	  .min = -1000, .max = 1000, .values = "<number>",
	  .help = "-1000 to 1000: more makes it the out-of-memory killer's choice" },
	{ .heading = HEADING_WHERE, .name = "cores", .argument = "LIST",
	  .kind = OPTION_CORES, FIELD(cores_text), .values = "<cores>",
	  .help = "processors to run on, as in 0,2-5,8-14:2" },
	{ .heading = HEADING_WHERE, .name = "rlimit", .argument = "NAME=SOFT[:HARD]",
	  .kind = OPTION_RLIMIT, .repeatable = true, .values = "<rlimit>",
	  .help = "resource limit of each process by prlimit(1)'s names, as in nofile=256" },

	/* Containment */
	{ .heading = HEADING_CONTAINMENT, .name = "cgroup", .argument = "auto|none|NAME",
	  .kind = OPTION_CGROUP, FIELD(cgroup), .values = "auto none <cgroup>",
	  .rivals = RIVALS_CGROUP, .side = 1,
	  .help = "cgroup of the run (default auto: one if it can be had)" },
	{ .heading = HEADING_CONTAINMENT, .name = "require-cgroup",
	  .kind = OPTION_FLAG, .value = true, FIELD(require_cgroup), .rivals = RIVALS_CGROUP, .side = 2,
	  .help = "no cgroup, no run" },
	{ .heading = HEADING_CONTAINMENT, .name = "memory", .letter = 'm', .argument = "SIZE",
	  .kind = OPTION_TREE_SIZE, .file = "memory.max", .values = "<size>",
	  .help = "memory of all processes together, as in 512M" },
	{ .heading = HEADING_CONTAINMENT, .name = "memory-high", .argument = "SIZE",
	  .kind = OPTION_TREE_SIZE, .file = "memory.high", .values = "<size>",
	  .help = "memory above which they are slowed down and made to give back" },
	{ .heading = HEADING_CONTAINMENT, .name = "swap", .argument = "SIZE",
	  .kind = OPTION_TREE_SIZE, .file = "memory.swap.max", .values = "<size>",
	  .help = "swap space of all processes together" },
	{ .heading = HEADING_CONTAINMENT, .name = "pids", .argument = "N",
	  .kind = OPTION_TREE_COUNT, .file = "pids.max", .values = "<number>",
	  .help = "number of processes and threads" },
	{ .heading = HEADING_CONTAINMENT, .name = "cpus", .argument = "N.N",
	  .kind = OPTION_TREE_CPUS, .file = "cpu.max", .values = "<number>",
	  .help = "processors' worth of CPU time, as in 1.5" },
	{ .heading = HEADING_CONTAINMENT, .name = "cpu-weight", .argument = "N",
	  .kind = OPTION_TREE_WEIGHT, .file = "cpu.weight", .values = "<number>",
	  .help = "share of the CPU against others, 1 to 10000 (kernel's default 100)" },
	{ .heading = HEADING_CONTAINMENT, .name = "io-weight", .argument = "N",
	  .kind = OPTION_TREE_WEIGHT, .file = "io.weight", .values = "<number>",
	  .help = "share of the disks against others, 1 to 10000 (kernel's default 100)" },
	{ .heading = HEADING_CONTAINMENT, .name = "cgroup-set", .argument = "FILE=VALUE",
	  .kind = OPTION_TREE_SET, .repeatable = true, .values = "<cgroup-file>",
	  .help = "write VALUE to any other file of the run's cgroup" },
	{ .heading = HEADING_CONTAINMENT, .name = "best-effort",
	  .kind = OPTION_FLAG, .value = true, FIELD(best_effort),
	  .help = "a limit that cannot be enforced is a warning, and the run goes on" },
	{ .heading = HEADING_CONTAINMENT, .name = "leftovers", .argument = "ACTION",
	  .kind = OPTION_WORD, FIELD(leftovers), .values = "kill wait leave",
	  .help = "processes that outlive the command: kill, wait or leave (default kill)" },
	{ .heading = HEADING_CONTAINMENT, .name = "fail-on-leftovers",
	  .kind = OPTION_FLAG, .value = true, FIELD(fail_on_leftovers),
	  .help = "exit with 1 if a successful command left any" },
	{ .heading = HEADING_CONTAINMENT, .name = "foreground", .letter = 'f',
	  .kind = OPTION_FLAG, .value = GROUP_STAY, FIELD(group), .rivals = RIVALS_GROUP, .side = 1,
	  .help = "stay in cordon's process group (default with a terminal)" },
	{ .heading = HEADING_CONTAINMENT, .name = "new-group",
	  .kind = OPTION_FLAG, .value = GROUP_NEW, FIELD(group), .rivals = RIVALS_GROUP, .side = 2,
	  .help = "a process group of its own (default without a terminal)" },
	{ .heading = HEADING_CONTAINMENT, .name = "new-session",
	  .kind = OPTION_FLAG, .value = GROUP_SESSION, FIELD(group), .rivals = RIVALS_GROUP, .side = 3,
	  .help = "a session of its own" },
	{ .heading = HEADING_CONTAINMENT, .name = "no-die-with-parent",
	  .kind = OPTION_FLAG, .value = false, FIELD(die_with_parent),
	  .help = "let the command live on if cordon is killed" },

	/* Sandbox */
	{ .heading = HEADING_SANDBOX, .name = "sandbox", .argument = "PROFILE",
	  .kind = OPTION_SANDBOX, FIELD(sandbox.profile), .values = "ci",
	  .help = "ci: read and execute all, write only to the working directory and a private "
		  "/tmp, no network" },
	{ .heading = HEADING_SANDBOX, .name = "private-tmp",
	  .kind = OPTION_FLAG, .value = true, FIELD(sandbox.private_tmp),
	  .help = "a new, empty /tmp, /var/tmp and /dev/shm that nobody else sees and that go with the run" },
	{ .heading = HEADING_SANDBOX, .name = "hide", .argument = "PATH",
	  .kind = OPTION_HIDE, .repeatable = true, .values = "<path>",
	  .help = "an empty directory or file in the place of this one" },
	{ .heading = HEADING_SANDBOX, .name = "pid-ns",
	  .kind = OPTION_FLAG, .value = true, FIELD(sandbox.pid_ns),
	  .help = "processes outside of the run can be neither seen nor signalled" },
	{ .heading = HEADING_SANDBOX, .name = "no-net",
	  .kind = OPTION_FLAG, .value = true, FIELD(sandbox.no_net),
	  .help = "no network but a loopback device of the command's own" },
	{ .heading = HEADING_SANDBOX, .name = "cap-drop", .argument = "LIST|all",
	  .kind = OPTION_CAP_DROP, .values = "all <capability>",
	  .help = "take these capabilities from the command and all that it starts" },
	{ .heading = HEADING_SANDBOX, .name = "cap-keep", .argument = "LIST",
	  .kind = OPTION_CAP_KEEP, .values = "<capability>",
	  .help = "take all but these, which it keeps as another user too" },
	{ .heading = HEADING_SANDBOX, .name = "no-new-privs",
	  .kind = OPTION_FLAG, .value = true, FIELD(sandbox.no_new_privs),
	  .help = "nothing that is executed can give more rights, such as set-user-ID programs" },
	{ .heading = HEADING_SANDBOX, .name = "read", .argument = "PATH",
	  .kind = OPTION_READ, .repeatable = true, .values = "<file>",
	  .help = "allow to read PATH and all beneath it, and deny access to other files" },
	{ .heading = HEADING_SANDBOX, .name = "write", .argument = "PATH",
	  .kind = OPTION_WRITE, .repeatable = true, .values = "<file>",
	  .help = "likewise to read, change, create and remove" },
	{ .heading = HEADING_SANDBOX, .name = "exec", .argument = "PATH",
	  .kind = OPTION_EXEC, .repeatable = true, .values = "<file>",
	  .help = "likewise to read and execute" },
	{ .heading = HEADING_SANDBOX, .name = "bind-port", .argument = "N",
	  .kind = OPTION_BIND_PORT, .repeatable = true, .values = "<number>",
	  .help = "allow to bind to this TCP port (0: one of the kernel's choice), and deny others" },
	{ .heading = HEADING_SANDBOX, .name = "connect-port", .argument = "N",
	  .kind = OPTION_CONNECT_PORT, .repeatable = true, .values = "<number>",
	  .help = "allow to connect to this TCP port, and deny others" },
	{ .heading = HEADING_SANDBOX, .name = "seccomp", .argument = "default|FILE",
	  .kind = OPTION_SECCOMP, FIELD(sandbox.seccomp), .values = "default <file>",
	  .help = "filter of system calls: a policy that suits most programs, or your own" },
	{ .heading = HEADING_SANDBOX, .name = "explain-denied",
	  .kind = OPTION_FLAG, .value = true, FIELD(sandbox.explain_denied),
	  .help = "when the command fails, say which rule most likely denied it something" },
	{ .heading = HEADING_SANDBOX, .name = "close-fds",
	  .kind = OPTION_FLAG, .value = true, FIELD(sandbox.close_fds),
	  .help = "close inherited descriptors above 2 (so does every option of the sandbox)" },
	{ .heading = HEADING_SANDBOX, .name = "keep-fd", .argument = "N",
	  .kind = OPTION_KEEP_FD, .repeatable = true, .values = "<number>",
	  .help = "but not this one" },

	/* Standard input and output */
	{ .heading = HEADING_STDIO, .name = "stdin", .argument = "FROM",
	  .kind = OPTION_STREAM, FIELD(in), .values = "inherit null relay <file>",
	  .help = "inherit, null, relay or a FILE (default inherit)" },
	{ .heading = HEADING_STDIO, .name = "stdout", .argument = "TO",
	  .kind = OPTION_STREAM, FIELD(out), .values = "auto inherit relay null <file>",
	  .help = "auto, inherit, relay, null or a FILE (default auto: a terminal is "
		  "inherited, all else relayed)" },
	{ .heading = HEADING_STDIO, .name = "stderr", .argument = "TO",
	  .kind = OPTION_STREAM, FIELD(err), .values = "auto inherit relay null <file>",
	  .rivals = RIVALS_STDERR, .side = 1,
	  .help = "likewise" },
	{ .heading = HEADING_STDIO, .name = "append",
	  .kind = OPTION_FLAG, .value = true, FIELD(append),
	  .help = "add to the FILEs of --stdout, --stderr and --log" },
	{ .heading = HEADING_STDIO, .name = "merge",
	  .kind = OPTION_FLAG, .value = true, FIELD(merge), .rivals = RIVALS_STDERR, .side = 2,
	  .help = "send standard error where standard output goes" },
	{ .heading = HEADING_STDIO, .name = "pty",
	  .kind = OPTION_FLAG, .value = true, FIELD(pty), .rivals = RIVALS_GROUP, .side = 2,
	  .help = "give the command a terminal of its own" },
	{ .heading = HEADING_STDIO, .name = "pty-size", .argument = "COLUMNSxROWS",
	  .kind = OPTION_SCREEN_SIZE, FIELD(pty_size), .values = "<screen-size>",
	  .help = "the size of that terminal, as in 80x24 (default: that of cordon's own)" },
	{ .heading = HEADING_STDIO, .name = "drain", .argument = "DURATION",
	  .kind = OPTION_DRAIN, FIELD(drain_ns), .values = "<duration>",
	  .help = "how long to wait for one more byte from a pipe that is still held "
		  "when the run is over (default 1s)" },
	{ .heading = HEADING_STDIO, .name = "tail", .argument = "LINES",
	  .kind = OPTION_INTEGER, FIELD(tail_lines), .min = 0, .max = 32000, .values = "<number>",
	  .help = "last lines of each stream in the report (default 20)" },
	{ .heading = HEADING_STDIO, .name = "log", .argument = "FILE",
	  .kind = OPTION_NAME, FIELD(log), .values = "<file>",
	  .help = "copy both streams to FILE, each line with its time and its stream" },
	{ .heading = HEADING_STDIO, .name = "log-optional",
	  .kind = OPTION_FLAG, .value = true, FIELD(log_optional),
	  .help = "run without the log if it cannot be opened" },
	{ .heading = HEADING_STDIO, .name = "timestamps", .argument = "abs|rel", .optional = true,
	  .kind = OPTION_WORD, FIELD(timestamps_as), GIVEN(timestamps), .values = "abs rel",
	  .help = "put the time before each relayed line: the time of day, or seconds since "
		  "the start" },
	{ .heading = HEADING_STDIO, .name = "prefix", .argument = "TEXT",
	  .kind = OPTION_TEXT, FIELD(prefix),
	  .help = "put TEXT before each relayed line" },
	{ .heading = HEADING_STDIO, .name = "output-limit", .argument = "SIZE",
	  .kind = OPTION_SIZE, FIELD(output_limit), .values = "<size>",
	  .help = "end the run after this much output on both streams together" },
	{ .heading = HEADING_STDIO, .name = "line-limit", .argument = "LINES",
	  .kind = OPTION_COUNT, FIELD(line_limit), .values = "<number>",
	  .help = "likewise after so many lines" },
	{ .heading = HEADING_STDIO, .name = "packets",
	  .kind = OPTION_FLAG, .value = true, FIELD(packets),
	  .help = "relay each write of up to 4 KiB by itself, and log it as one record" },

	/* Report */
	{ .heading = HEADING_REPORT, .name = "quiet", .letter = 'q',
	  .kind = OPTION_FLAG, .value = VERBOSITY_QUIET, FIELD(verbosity),
	  .rivals = RIVALS_VERBOSITY, .side = 1,
	  .help = "no summary on standard error" },
	{ .heading = HEADING_REPORT, .name = "verbose", .letter = 'v',
	  .kind = OPTION_FLAG, .value = VERBOSITY_VERBOSE, FIELD(verbosity),
	  .rivals = RIVALS_VERBOSITY, .side = 2,
	  .help = "the full summary, and each signal that is sent" },
	{ .heading = HEADING_REPORT, .name = "report", .argument = "[FORMAT:]FILE",
	  .kind = OPTION_REPORT, .repeatable = true, .values = "human: json: jsonl: <file>",
	  .help = "write a report: human, json or jsonl (default: by FILE's suffix); - is "
		  "standard error, fd:N a descriptor" },
	{ .heading = HEADING_REPORT, .name = "json", .letter = 'j', .argument = "FILE", .optional = true,
	  .kind = OPTION_JSON, .repeatable = true, .values = "<file>",
	  .help = "the same as --report=json:FILE (default -)" },
	{ .heading = HEADING_REPORT, .name = "title", .argument = "TEXT",
	  .kind = OPTION_TEXT, FIELD(title),
	  .help = "title of the report" },
	{ .heading = HEADING_REPORT, .name = "tag", .argument = "KEY=VALUE",
	  .kind = OPTION_TAG, .repeatable = true,
	  .help = "put a tag into the report" },
	{ .heading = HEADING_REPORT, .name = "run-id", .argument = "ID",
	  .kind = OPTION_RUN_ID, FIELD(run_id),
	  .help = "id of the run in the report (default: a random UUID)" },
	{ .heading = HEADING_REPORT, .name = "export-run-id",
	  .kind = OPTION_FLAG, .value = true, FIELD(export_run_id),
	  .help = "give it to the command as CORDON_RUN_ID" },
	{ .heading = HEADING_REPORT, .name = "progress", .argument = "WHEN", .optional = true,
	  .kind = OPTION_WORD, FIELD(progress), .values = "auto always never",
	  .help = "a live line on standard error: auto, always or never (default never; "
		  "alone: auto)" },

	/* Exit status */
	{ .heading = HEADING_STATUS, .name = "preserve-status", .letter = 'p',
	  .kind = OPTION_FLAG, .value = true, FIELD(preserve_status),
	  .help = "the command's own status even on a timeout" },
	{ .heading = HEADING_STATUS, .name = "signal-exit", .argument = "HOW",
	  .kind = OPTION_WORD, FIELD(signal_exit), .values = "raise code",
	  .help = "for a command that a signal ended: raise the same signal, or code "
		  "128+N (default raise)" },
	{ .heading = HEADING_STATUS, .name = "ok", .argument = "CODE",
	  .kind = OPTION_OK, FIELD(ok), .repeatable = true, .values = "<number>",
	  .help = "treat the command's exit code CODE as 0" },

	/* Other */
	{ .heading = HEADING_OTHER, .name = "dry-run",
	  .kind = OPTION_FLAG, .value = true, FIELD(dry_run),
	  .help = "print what would be done and start nothing" },
	{ .heading = HEADING_OTHER, .name = "config", .argument = "FILE",
	  .kind = OPTION_CONFIG, .values = "<file>",
	  .help = "preset options from 'name = value' lines" },
	{ .heading = HEADING_OTHER, .name = "profile", .argument = "NAME",
	  .kind = OPTION_PROFILE,
	  .help = "take the [NAME] section of that file too" },
	{ .heading = HEADING_OTHER, .name = "help", .letter = 'h',
	  .kind = OPTION_HELP, .help = "show this help" },
	{ .heading = HEADING_OTHER, .name = "version", .letter = 'V',
	  .kind = OPTION_VERSION, .help = "show the version" },
};
/* clang-format on */

const size_t optable_count = sizeof optable_rows / sizeof optable_rows[0];

const struct option_row *optable_find(const struct option_row *rows, size_t count, const char *name,
				      size_t length)
{
	if (length == 0)
		return NULL;
	for (const struct option_row *row = rows; row < rows + count; row++)
		if ((!strncmp(row->name, name, length) && row->name[length] == '\0') ||
		    (length < sizeof row->alias && !strncmp(row->alias, name, length) &&
		     row->alias[length] == '\0'))
			return row;
	return NULL;
}

const struct option_row *optable_letter(const struct option_row *rows, size_t count, char letter)
{
	for (const struct option_row *row = rows; row < rows + count; row++)
		if (row->letter && row->letter == letter)
			return row;
	return NULL;
}

/*
 * Slips between A (N bytes) and the string B, where one is a byte too many, too few,
 * changed, or swapped with its neighbour (optimal string alignment). At most 3 is
 * told apart from "more".
 */
static size_t count_slips(const char *a, size_t n, const char *b)
{
	size_t rows[3][sizeof optable_rows[0].name + 1];
	size_t m = strlen(b);

	if (n > m + 2 || m > n + 2)
		return 3;
	for (size_t i = 0; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			if (i == 0) {
				row[j] = j;
				continue;
			}
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < best)
				best = above2[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

const char *optable_nearest_in(const struct option_row *rows, size_t count, const char *name,
			       size_t length)
{
	const char *nearest = NULL, *beginning = NULL;
	size_t fewest = length < 5 ? 2 : 3; /* a short name is near to too many others */
	int beginnings = 0;

	if (length < 2)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *names[] = { rows[i].name, rows[i].alias };
		for (size_t k = 0; k < 2 && names[k][0]; k++) {
			size_t slips = count_slips(name, length, names[k]);
			if (slips < fewest) {
				fewest = slips;
				nearest = names[k];
			}
			if (length < strlen(names[k]) && !strncmp(names[k], name, length)) {
				beginning = names[k];
				beginnings++;
			}
		}
	}
	return beginnings == 1 ? beginning : nearest;
}

const char *optable_nearest(const char *name, size_t length)
{
	return optable_nearest_in(optable_rows, optable_count, name, length);
}

const char *optable_heading(enum option_heading heading)
{
	static const char headings[HEADING_COUNT][28] = {
		[HEADING_TIME] = "Time",
		[HEADING_WHERE] = "Where and as whom",
		[HEADING_CONTAINMENT] = "Containment",
		[HEADING_SANDBOX] = "Sandbox",
		[HEADING_STDIO] = "Standard input and output",
		[HEADING_REPORT] = "Report",
		[HEADING_STATUS] = "Exit status",
		[HEADING_OTHER] = "Other",
	};

	return headings[heading];
}

int optable_word(const struct option_row *row, const char *word)
{
	size_t length = strlen(word);
	const char *value = row->values;

	for (int index = 0; *value && *value != '<'; index++) {
		size_t n = strcspn(value, " ");
		if (n == length && !memcmp(value, word, n))
			return index;
		value += n + strspn(value + n, " ");
	}
	return -1;
}
