/* SPDX-License-Identifier: MIT */
/*
 * A policy of --seccomp as text: which system calls there are for the command, and what becomes
 * of the others. Only the text: what the names mean on a machine is filter.h's.
 *
 *     default deny ENOSYS
 *     allow read write close mseal?
 *     deny ioctl EPERM if arg1 == 0x5412
 *
 * The last line that matches a call decides; "default" is for calls that none matches.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No FILE is larger. */
#define POLICY_FILE_LIMIT (1024 * 1024)

#define POLICY_CONDITIONS_MAX 6 /* of a line; a call has as many arguments */

enum policy_action {
	POLICY_ALLOW,
	POLICY_DENY, /* the call fails with ERR, and that is a violation */
	POLICY_HIDE, /* the call fails with ENOSYS, as on a kernel that lacks it */
	POLICY_KILL  /* the process is killed by SIGSYS, and that is a violation */
};

struct policy_verdict {
	enum policy_action action;
	int err; /* POLICY_DENY, POLICY_HIDE */
};

/* What has to be true of an argument: (ARGUMENT & MASK) == VALUE, or not. */
struct policy_condition {
	unsigned argument; /* 0 to 5 */
	bool differs;      /* != */
	uint64_t mask, value;
};

struct policy_rule {
	const char *name; /* of a system call; inside the text */
	bool optional;    /* no matter if nobody knows that name */
	unsigned line;
	struct policy_verdict verdict;
	size_t condition, condition_count; /* which of the policy's, all of them true */
};

struct policy {
	struct policy_verdict otherwise; /* the line "default" */
	struct policy_rule *rules;       /* owned, in the order of the text */
	size_t rule_count;
	struct policy_condition *conditions; /* owned */
	size_t condition_count;

	unsigned line;     /* that was read last; 0: the text as a whole */
	char problem[160]; /* what is wrong there */
};

/*
 * Read TEXT, SIZE bytes with a NUL behind them, which is changed in place and has to stay.
 * Returns 0, or -1 with LINE and PROBLEM filled. Either way policy_fini() is to follow.
 */
int policy_parse(struct policy *policy, char *text, size_t size);

void policy_fini(struct policy *policy);

/* Does RULE want what the six ARGUMENTS are? */
bool policy_matches(const struct policy *policy, const struct policy_rule *rule,
		    const uint64_t *arguments);

/* "EPERM" for ERR, or its digits. Static storage or TEXT (12 bytes). */
const char *policy_error_name(int err, char *text);

/* "allow", "deny", "hide", "kill". */
const char *policy_action_name(enum policy_action action);
