/* SPDX-License-Identifier: MIT */
/*
 * One pass over the text, a line at a time, a word at a time. Nothing here knows a system call.
 */
#include "sandbox/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define LOW_HALF UINT64_C(0xffffffff)

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

static const char action_names[][6] = {
	[POLICY_ALLOW] = "allow",
	[POLICY_DENY] = "deny",
	[POLICY_HIDE] = "hide",
	[POLICY_KILL] = "kill",
};
#define ACTIONS (sizeof(action_names) / sizeof(action_names[0]))

/* Those that a program may expect of a call that it is not to make; others by number. */
static const struct {
	char name[16];
	int err;
} errors[] = {
	{ "EPERM", EPERM },
	{ "ENOSYS", ENOSYS },
	{ "EACCES", EACCES },
	{ "EINVAL", EINVAL },
	{ "ENOENT", ENOENT },
	{ "EBADF", EBADF },
	{ "EAGAIN", EAGAIN },
	{ "ENOMEM", ENOMEM },
	{ "EFAULT", EFAULT },
	{ "EBUSY", EBUSY },
	{ "EEXIST", EEXIST },
	{ "ENODEV", ENODEV },
	{ "ENOTTY", ENOTTY },
	{ "EROFS", EROFS },
	{ "ENOTSUP", ENOTSUP },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EAFNOSUPPORT", EAFNOSUPPORT },
	{ "EPROTONOSUPPORT", EPROTONOSUPPORT },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL },
	{ "ENETUNREACH", ENETUNREACH },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ETIMEDOUT", ETIMEDOUT },
};

#define ERROR_MAX 4095 /* what the kernel takes for an error number */

/* ---- words ---- */

static int fail(struct policy *policy, const char *what, const char *word)
{
	if (word)
		snprintf(policy->problem, sizeof(policy->problem), "%s '%.60s'", what, word);
	else
		snprintf(policy->problem, sizeof(policy->problem), "%s", what);
	return -1;
}

/* The next word of the line, with a NUL behind it, or NULL; a comment ends the line. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t length = strcspn(word, " \t");

	if (length == 0 || *word == '#')
		return NULL;
	*rest = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* A decimal number, or a hexadecimal one behind 0x. */
static int parse_number(const char *word, uint64_t max, uint64_t *number)
{
	bool hex = word[0] == '0' && word[1] == 'x';
	const char *digits = hex ? word + 2 : word;
	size_t length = strlen(digits);

	if (length == 0 || length > 20 ||
	    digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")] != '\0')
		return -1;
	errno = 0;
	unsigned long long value = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno || value > max)
		return -1;
	*number = value;
	return 0;
}

static int parse_error(const char *word, int *err)
{
	int64_t number;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(word, errors[i].name) == 0) {
			*err = errors[i].err;
			return 0;
		}
	if (parse_integer(word, 1, ERROR_MAX, &number) < 0)
		return -1;
	*err = (int)number;
	return 0;
}

static bool is_error_word(const char *word)
{
	return *word == 'E' || (*word >= '0' && *word <= '9');
}

static int find_action(const char *word, struct policy_verdict *verdict)
{
	static const int first_errors[] = {
		[POLICY_ALLOW] = 0, [POLICY_DENY] = EPERM, [POLICY_HIDE] = ENOSYS, [POLICY_KILL] = 0
	};
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(word, action_names[i]) == 0) {
			verdict->action = (enum policy_action)i;
			verdict->err = first_errors[i];
			return 0;
		}
	return -1;
}

/* ---- lines ---- */

static int parse_default(struct policy *policy, char *rest, bool *given)
{
	char *word = next_word(&rest);

	if (*given)
		return fail(policy, "a second 'default'", NULL);
	if (!word)
		return fail(policy, "no action after 'default'", NULL);
	if (find_action(word, &policy->otherwise) < 0)
		return fail(policy, "unknown action", word);
	*given = true;
	word = next_word(&rest);
	if (word && policy->otherwise.action == POLICY_DENY && is_error_word(word)) {
		if (parse_error(word, &policy->otherwise.err) < 0)
			return fail(policy, "unknown error", word);
		word = next_word(&rest);
	}
	return word ? fail(policy, "unexpected", word) : 0;
}

static void *grow(void *array, size_t count, size_t size)
{
	/* doubled each time that it is full */
	return count & (count - 1) ? array : reallocarray(array, count ? 2 * count : 1, size);
}

static int add_condition(struct policy *policy, struct policy_condition condition)
{
	void *grown =
		grow(policy->conditions, policy->condition_count, sizeof(*policy->conditions));
	if (!grown)
		return fail(policy, "too little memory", NULL);
	policy->conditions = grown;
	policy->conditions[policy->condition_count++] = condition;
	return 0;
}

static int add_rule(struct policy *policy, char *name, struct policy_rule rule)
{
	size_t length = strspn(name, name_letters);

	rule.name = name;
	rule.optional = name[length] == '?' && name[length + 1] == '\0';
	if (length == 0 || (name[length] && !rule.optional))
		return fail(policy, "invalid name of a system call", name);
	name[length] = '\0';
	void *grown = grow(policy->rules, policy->rule_count, sizeof(*policy->rules));
	if (!grown)
		return fail(policy, "too little memory", NULL);
	policy->rules = grown;
	policy->rules[policy->rule_count++] = rule;
	return 0;
}

/* "arg1", of which the low half counts, or "long1", all of it. */
static int parse_argument(const char *word, struct policy_condition *condition)
{
	bool whole = strncmp(word, "long", 4) == 0;
	const char *digit = word + (whole ? 4 : 3);

	if ((!whole && strncmp(word, "arg", 3) != 0) || *digit < '0' || *digit > '5' ||
	    digit[1] != '\0')
		return -1;
	condition->argument = (unsigned)(*digit - '0');
	condition->mask = whole ? UINT64_MAX : LOW_HALF;
	return 0;
}

/* The word that has to come next, or a problem. */
static char *need_word(struct policy *policy, char **rest)
{
	char *word = next_word(rest);

	if (!word)
		fail(policy, "the condition is incomplete", NULL);
	return word;
}

/* "ARGUMENT [& MASK] ==|!= VALUE" */
static int parse_condition(struct policy *policy, char **rest)
{
	struct policy_condition condition = { .differs = false };
	char *word = need_word(policy, rest);

	if (!word)
		return -1;
	if (parse_argument(word, &condition) < 0)
		return fail(policy, "not an argument, arg0 to arg5 or long0 to long5:", word);
	uint64_t max = condition.mask;
	word = need_word(policy, rest);
	if (word && strcmp(word, "&") == 0) {
		word = need_word(policy, rest);
		if (word && parse_number(word, max, &condition.mask) < 0)
			return fail(policy, "invalid mask", word);
		word = word ? need_word(policy, rest) : NULL;
	}
	if (!word)
		return -1;
	condition.differs = strcmp(word, "!=") == 0;
	if (!condition.differs && strcmp(word, "==") != 0)
		return fail(policy, "neither == nor !=:", word);
	word = need_word(policy, rest);
	if (!word)
		return -1;
	if (parse_number(word, max, &condition.value) < 0)
		return fail(policy, "invalid value", word);
	if (condition.value & ~condition.mask)
		return fail(policy, "the mask leaves out a part of", word);
	return add_condition(policy, condition);
}

/* What follows "if". */
static int parse_conditions(struct policy *policy, struct policy_rule *rule, char *rest)
{
	char *word;

	do {
		if (rule->condition_count++ == POLICY_CONDITIONS_MAX)
			return fail(policy, "too many conditions", NULL);
		if (parse_condition(policy, &rest) < 0)
			return -1;
		word = next_word(&rest);
	} while (word && strcmp(word, "and") == 0);
	return word ? fail(policy, "unexpected", word) : 0;
}

/* "NAME... [ERROR] [if CONDITION [and CONDITION]...]" behind an action. */
static int parse_rule(struct policy *policy, struct policy_verdict verdict, char *rest)
{
	size_t first = policy->rule_count;
	struct policy_rule rule = { .line = policy->line,
				    .verdict = verdict,
				    .condition = policy->condition_count };
	char *word = next_word(&rest);

	for (; word && !is_error_word(word) && strcmp(word, "if") != 0; word = next_word(&rest))
		if (add_rule(policy, word, rule) < 0)
			return -1;
	if (policy->rule_count == first)
		return fail(policy, "no system call after", action_names[verdict.action]);
	if (word && is_error_word(word)) {
		if (verdict.action != POLICY_DENY)
			return fail(policy, "an error without 'deny':", word);
		if (parse_error(word, &rule.verdict.err) < 0)
			return fail(policy, "unknown error", word);
		word = next_word(&rest);
	}
	if (word && strcmp(word, "if") != 0)
		return fail(policy, "unexpected", word);
	if (word && parse_conditions(policy, &rule, rest) < 0)
		return -1;
	for (size_t i = first; i < policy->rule_count; i++) {
		policy->rules[i].verdict = rule.verdict;
		policy->rules[i].condition_count = rule.condition_count;
	}
	return 0;
}

static int parse_line(struct policy *policy, char *line, bool *given)
{
	struct policy_verdict verdict;
	char *word = next_word(&line);

	if (!word)
		return 0;
	if (strcmp(word, "default") == 0)
		return parse_default(policy, line, given);
	if (find_action(word, &verdict) < 0)
		return fail(policy, "unknown action", word);
	return parse_rule(policy, verdict, line);
}

int policy_parse(struct policy *policy, char *text, size_t size)
{
	bool given = false;

	*policy = (struct policy){ .line = 0 };
	if (memchr(text, '\0', size))
		return fail(policy, "this is not text", NULL);
	for (char *line; (line = strsep(&text, "\n"));) {
		policy->line++;
		size_t length = strlen(line);
		if (length && line[length - 1] == '\r')
			line[length - 1] = '\0';
		if (parse_line(policy, line, &given) < 0)
			return -1;
	}
	policy->line = 0;
	return given ? 0 : fail(policy, "there is no line 'default ...'", NULL);
}

void policy_fini(struct policy *policy)
{
	free(policy->rules);
	free(policy->conditions);
	*policy = (struct policy){ .line = 0 };
}

bool policy_matches(const struct policy *policy, const struct policy_rule *rule,
		    const uint64_t *arguments)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct policy_condition *condition = &policy->conditions[rule->condition + i];
		bool same = (arguments[condition->argument] & condition->mask) == condition->value;
		if (same == condition->differs)
			return false;
	}
	return true;
}

const char *policy_error_name(int err, char *text)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].err == err)
			return errors[i].name;
	snprintf(text, 12, "%d", err);
	return text;
}

const char *policy_action_name(enum policy_action action)
{
	return action_names[action];
}
