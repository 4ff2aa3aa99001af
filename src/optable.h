/* SPDX-License-Identifier: MIT */
/*
 * The one table of options. The scanner, what an option does to the spec, --help and
 * the tests of the man page and the completions all read it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The groups of --help, in its order. */
enum option_heading {
	HEADING_TIME,
	HEADING_WHERE,
	HEADING_CONTAINMENT,
	HEADING_SANDBOX,
	HEADING_STDIO,
	HEADING_REPORT,
	HEADING_STATUS,
	HEADING_OTHER,
	HEADING_COUNT
};

/* What settings_apply() makes of the argument. */
enum option_kind {
	OPTION_FLAG,     /* stores VALUE at OFFSET: a bool, or an enum */
	OPTION_WORD,     /* one of VALUES: its index is stored as an enum; none: the first */
	OPTION_TEXT,     /* any text */
	OPTION_NAME,     /* any text but the empty one */
	OPTION_DURATION, /* 0 is never */
	OPTION_DRAIN,    /* a duration, where 0 is no time at all */
	OPTION_SIGNAL,
	OPTION_INTEGER, /* MIN to MAX, stored as an int */
	OPTION_SIZE,    /* bytes, at least 1 */
	OPTION_COUNT,   /* at least 1, stored as 64 bits */
	OPTION_STREAM,  /* a word of VALUES or a file, to a struct stdio_spec */
	OPTION_SCREEN_SIZE,
	OPTION_ESCALATE,
	OPTION_ENV,
	OPTION_ENV_FILE,
	OPTION_UNSET_ENV,
	OPTION_CLEAR_ENV,
	OPTION_USER,
	OPTION_GROUPS,
	OPTION_UMASK,
	OPTION_CORES,
	OPTION_RLIMIT,
	OPTION_CGROUP,
	OPTION_TREE_SIZE, /* limits on the tree: to FILE of the run's cgroup */
	OPTION_TREE_COUNT,
	OPTION_TREE_CPUS,
	OPTION_TREE_WEIGHT,
	OPTION_TREE_SET,
	OPTION_SANDBOX, /* a list of other options: profile.h */
	OPTION_HIDE,    /* of the sandbox, from here on: sandbox_setting() */
	OPTION_CAP_DROP,
	OPTION_CAP_KEEP,
	OPTION_READ,
	OPTION_WRITE,
	OPTION_EXEC,
	OPTION_BIND_PORT,
	OPTION_CONNECT_PORT,
	OPTION_KEEP_FD,
	OPTION_SECCOMP,
	OPTION_REPORT,
	OPTION_JSON,
	OPTION_TAG,
	OPTION_RUN_ID,
	OPTION_OK,
	/* not part of a spec: what follows is for the command line, options.c */
	OPTION_CONFIG,
	OPTION_PROFILE,
	OPTION_HELP,
	OPTION_VERSION
};

/* Options of one group but of different sides contradict each other. */
enum option_rivals {
	RIVALS_NONE,
	RIVALS_GROUP,
	RIVALS_VERBOSITY,
	RIVALS_LADDER,
	RIVALS_LAUNCHER,
	RIVALS_STDERR,
	RIVALS_CGROUP,
	RIVALS_COUNT
};

/*
 * One option. Texts are arrays rather than pointers, so that the table needs no
 * relocation at start and its pages stay shared.
 */
struct option_row {
	char name[20];
	char alias[8]; /* a second long name, or "" */
	char letter;   /* of the short form, or 0 */
	bool optional; /* the argument, which is then given only by '=' */
	bool repeatable;
	uint8_t heading;   /* enum option_heading */
	uint8_t kind;      /* enum option_kind */
	uint8_t rivals;    /* enum option_rivals */
	uint8_t side;      /* among them */
	uint8_t value;     /* OPTION_FLAG: what is stored */
	uint16_t offset;   /* of the option's field in struct spec */
	uint16_t size;     /* of that field; 0: none */
	uint16_t given;    /* of a bool that says that there is a value; 0: none */
	int16_t min, max;  /* OPTION_INTEGER */
	char argument[24]; /* as --help shows it; "" for a flag */
	char file[16];     /* OPTION_TREE_*: the cgroup's interface file */
	char values[56];   /* known values, separated by blanks; <kind> for those of a kind */
	char help[112];
};

/* Every option, sorted by heading. */
extern const struct option_row optable_rows[];
extern const size_t optable_count;

/* The row with this long name or alias, LENGTH bytes of NAME, or NULL. */
const struct option_row *optable_find(const struct option_row *rows, size_t count, const char *name,
				      size_t length);

/* The row of a short option, or NULL. */
const struct option_row *optable_letter(const struct option_row *rows, size_t count, char letter);

/*
 * The long name that a user who wrote LENGTH bytes of NAME obviously meant: the only one
 * that it is the beginning of, or the nearest by one or two slips of the keyboard. NULL
 * if there is none.
 */
const char *optable_nearest(const char *name, size_t length);

/* The same in another table. */
const char *optable_nearest_in(const struct option_row *rows, size_t count, const char *name,
			       size_t length);

/* The heading's text. */
const char *optable_heading(enum option_heading heading);

/* Index of WORD among the words of ROW's values, or -1. */
int optable_word(const struct option_row *row, const char *word);
