/* SPDX-License-Identifier: MIT */
/*
 * What to run and under which limits: the product of the command line, const
 * afterwards. Strings are borrowed from argv, from CORDON_OPTIONS or from a
 * configuration file (options.c keeps those alive). The defaults are in spec_init()
 * and nowhere else.
 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "env.h"
#include "ladder.h"
#include "parse.h"
#include "privs.h"
#include "relay/limit.h"
#include "rlimits.h"
#include "sandbox/policy.h"

enum group_mode {
	GROUP_AUTO,        /* stay with a controlling terminal, else a new group */
	GROUP_STAY,        /* --foreground: cordon's own group */
	GROUP_NEW,         /* --new-group: setpgid(2) */
	GROUP_SESSION,     /* --new-session: setsid(2) */
	GROUP_LIKE_TIMEOUT /* timeout(1): cordon makes itself a group, the command stays in it */
};

enum leftovers_mode { LEFTOVERS_KILL, LEFTOVERS_WAIT, LEFTOVERS_LEAVE };

enum cgroup_mode { CGROUP_AUTO, CGROUP_NONE, CGROUP_NAMED };

enum stdio_mode {
	STDIO_AUTO,    /* a terminal: inherit, anything else: relay; relay_resolve() */
	STDIO_INHERIT, /* the command gets cordon's own descriptor */
	STDIO_RELAY,   /* through a pipe and the poll loop */
	STDIO_PTY,     /* what AUTO comes to for a terminal that has to be seen: through one more */
	STDIO_NULL,    /* /dev/null */
	STDIO_FILE     /* PATH; opened by cordon, in cordon's root and directory */
};

struct stdio_spec {
	enum stdio_mode mode;
	const char *path; /* STDIO_FILE */
};

enum timestamps { TIMESTAMPS_ABS, TIMESTAMPS_REL };

enum verbosity { VERBOSITY_QUIET, VERBOSITY_NORMAL, VERBOSITY_VERBOSE };

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

enum signal_exit { SIGNAL_EXIT_RAISE, SIGNAL_EXIT_CODE };

enum report_format { REPORT_HUMAN, REPORT_JSON, REPORT_JSONL };

struct report_spec {
	enum report_format format;
	const char *path;   /* NULL: the descriptor FD */
	int fd;             /* 2 for "-", N for "fd:N" */
	const char *option; /* what the user wrote, for messages: "--report=json:x" */
};

#define TREE_LIMITS_MAX 64 /* a run has: one bit each in struct cgroup */

/* A limit on the whole tree: VALUE goes to FILE of the run's cgroup. */
struct tree_limit {
	const char *file, *value;
	const char *option; /* what the user wrote, for messages: "--memory=1G" */
};

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

/* --read, --write, --exec: PATH and all beneath it. */
struct path_rule {
	enum access access;
	const char *path;
	const char *option; /* what the user wrote, for messages: "--read=/usr" */
	bool may_lack;      /* it is no mistake if it is not there: a profile's */
};

/* --bind-port, --connect-port. */
struct port_rule {
	bool bind;
	uint16_t port;
	const char *option;
};

/* What the command is kept from: the options under "Sandbox". */
struct sandbox_spec {
	const char *profile; /* --sandbox, whose options are among those below; NULL: not given */
	bool private_tmp;
	bool pid_ns;
	bool no_net;
	const char **hide; /* owned array; absolute, or as they are in the new root */
	size_t hide_count;
	uint64_t cap_drop, cap_keep;               /* a bit each */
	const char *cap_drop_text, *cap_keep_text; /* as written; NULL: not given */
	bool no_new_privs;                         /* --no-new-privs; rules imply it */
	struct path_rule *paths;                   /* owned; none: files are not restricted */
	size_t path_count;
	struct port_rule *ports; /* owned; none: TCP ports are not restricted */
	size_t port_count;
	const char *seccomp;  /* --seccomp's argument, NULL: not given */
	struct policy policy; /* what it says; owned */
	bool explain_denied;
	bool close_fds; /* --close-fds; implied by the others here but --keep-fd */
	int *keep_fds;  /* owned, ascending; above 2 */
	size_t keep_fd_count;
};

struct tag {
	const char *key; /* borrowed, KEY_LENGTH bytes */
	size_t key_length;
	const char *value;
};

struct spec {
	/* the command */
	char *const *argv;    /* what will be executed; COMMAND, or an array that is kept */
	char *const *command; /* what the user wrote, NULL-terminated, for messages and reports */
	const char *argv0;
	const char *interpreter;
	bool shell;

	/* time */
	int64_t timeout_ns;
	int first_signal;      /* --signal */
	int64_t kill_after_ns; /* --kill-after */
	int64_t cpu_time_ns;
	int64_t idle_timeout_ns;
	const char *on_timeout;
	struct ladder ladder; /* --escalate, or made of the two above by spec_check() */
	bool ladder_given;

	/* where and as whom */
	const char *chdir;
	const char *chroot;
	struct env env; /* complete: what execve(2) will be given */
	struct privs privs;
	const char *user; /* as written, for messages: "-u"'s argument */
	const char *groups;
	struct rlimits limits;
	mode_t umask;
	bool set_umask;
	int nice;
	bool set_nice;
	int oom_score_adj;
	bool set_oom_score_adj;
	cpu_set_t cores;
	const char *cores_text; /* NULL: not given */

	/* containment */
	enum cgroup_mode cgroup;
	const char *cgroup_name; /* CGROUP_NAMED */
	bool require_cgroup;
	struct tree_limit *tree_limits; /* owned */
	size_t tree_limit_count;
	bool best_effort;
	enum leftovers_mode leftovers;
	bool fail_on_leftovers;
	enum group_mode group;
	bool die_with_parent;

	struct sandbox_spec sandbox;

	/* stdio */
	struct stdio_spec in, out, err;
	bool append, merge;
	bool pty;
	struct screen_size pty_size; /* 0: as cordon's own terminal has it */
	int64_t drain_ns;
	unsigned tail_lines;
	const char *log;
	bool log_optional;
	bool timestamps;
	enum timestamps timestamps_as;
	const char *prefix;
	uint64_t output_limit, line_limit; /* over both streams; LIMIT_NONE: none */
	bool packets;

	/* report */
	enum verbosity verbosity;
	enum progress_mode progress; /* not AUTO any more after spec_check() */
	struct report_spec *reports; /* owned */
	size_t report_count;
	const char *title;
	struct tag *tags; /* owned */
	size_t tag_count;
	const char *run_id;
	bool export_run_id;

	/* exit status */
	bool preserve_status;
	enum signal_exit signal_exit;
	bool ok[256]; /* --ok: these exit codes count as 0 */

	/* other */
	bool dry_run;
	bool timeout_mode; /* called as timeout(1): its messages, its 128+n */

	void **kept; /* owned: memory that strings above are borrowed from */
	size_t kept_count;
};

/* Every default. */
void spec_init(struct spec *spec);

/*
 * Check that the whole makes sense and complete it: ladder, argv under --shell and
 * --interpreter. Contradictions and missing things end in msg_misuse(). Looks at the world
 * as far as that can be done without changing it (a report's directory, for example).
 */
void spec_check(struct spec *spec);

/*
 * An option that has cordon see all that the command writes to stdout and stderr, wherever they
 * lead: "--log". NULL: there is none.
 */
const char *spec_watcher(const struct spec *spec);

/*
 * Make MEMORY, from malloc(3), live as long as SPEC. Returns 0, or -1 with errno ENOMEM
 * and MEMORY freed.
 */
int spec_keep(struct spec *spec, void *memory);

void spec_fini(struct spec *spec);
