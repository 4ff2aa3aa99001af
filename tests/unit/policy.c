/* SPDX-License-Identifier: MIT */
/*
 * The text of a policy: what its lines mean, and what is said of one that means nothing.
 */
#include "sandbox/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/default_policy.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* A text that lives as long as the test needs it. */
struct given {
	struct policy policy;
	char *text;
	int result;
};

static void parse(struct given *given, const char *text)
{
	given->text = strdup(text);
	assert_non_null(given->text);
	given->result = policy_parse(&given->policy, given->text, strlen(text));
}

static void forget(struct given *given)
{
	policy_fini(&given->policy);
	free(given->text);
}

static void check_rule(const struct policy_rule *rule, const char *name, enum policy_action action,
		       int err)
{
	assert_string_equal(rule->name, name);
	assert_int_equal(rule->verdict.action, action);
	assert_int_equal(rule->verdict.err, err);
}

static void a_default_says_what_becomes_of_the_rest(void **state)
{
	static const struct {
		const char *text;
		struct policy_verdict verdict;
	} rows[] = {
		{ "default allow", { POLICY_ALLOW, 0 } },
		{ "default deny", { POLICY_DENY, EPERM } },
		{ "default deny ENOSYS\n", { POLICY_DENY, ENOSYS } },
		{ "default deny EACCES # why not", { POLICY_DENY, EACCES } },
		{ "default deny 38", { POLICY_DENY, 38 } },
		{ "default hide", { POLICY_HIDE, ENOSYS } },
		{ "default kill", { POLICY_KILL, 0 } },
		{ "# first\n\n \t\n\tdefault\tkill \r\n#last", { POLICY_KILL, 0 } },
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct given given;
		parse(&given, rows[i].text);
		if (given.result < 0)
			fail_msg("'%s': %s", rows[i].text, given.policy.problem);
		assert_int_equal(given.policy.otherwise.action, rows[i].verdict.action);
		assert_int_equal(given.policy.otherwise.err, rows[i].verdict.err);
		assert_int_equal(given.policy.rule_count, 0);
		forget(&given);
	}
}

static void a_line_may_name_many_calls(void **state)
{
	struct given given;
	(void)state;

	parse(&given, "default deny\n"
		      "allow read write mseal?\n"
		      "deny mount\n"
		      "deny socket bind EAFNOSUPPORT\n"
		      "hide clone3\n"
		      "kill ptrace # for good\n");
	assert_int_equal(given.result, 0);
	const struct policy_rule *rules = given.policy.rules;
	assert_int_equal(given.policy.rule_count, 8);
	check_rule(&rules[0], "read", POLICY_ALLOW, 0);
	check_rule(&rules[1], "write", POLICY_ALLOW, 0);
	check_rule(&rules[2], "mseal", POLICY_ALLOW, 0);
	check_rule(&rules[3], "mount", POLICY_DENY, EPERM);
	check_rule(&rules[4], "socket", POLICY_DENY, EAFNOSUPPORT);
	check_rule(&rules[5], "bind", POLICY_DENY, EAFNOSUPPORT);
	check_rule(&rules[6], "clone3", POLICY_HIDE, ENOSYS);
	check_rule(&rules[7], "ptrace", POLICY_KILL, 0);
	assert_false(rules[1].optional);
	assert_true(rules[2].optional);
	assert_int_equal(rules[7].line, 6);
	forget(&given);
}

static void conditions_look_at_arguments(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		uint64_t arguments[6];
		bool matches;
	} rows[] = {
		{"deny ioctl if arg1 == 0x5412", {0, 0x5412}, true},
		{"deny ioctl if arg1 == 21522", {0, 0x5412}, true},
		{"deny ioctl if arg1 == 0x5412", {0, 0x5413}, false},
		{"deny ioctl if arg1 == 0x5412", {0x5412}, false},
		/* the kernel looks at the low half */
		{"deny ioctl if arg1 == 0x5412", {0, 0xdeadbeef00005412}, true},
		{"deny ioctl if long1 == 0x5412", {0, 0xdeadbeef00005412}, false},
		{"deny ioctl if long1 == 0x5412", {0, 0x5412}, true},
		{"deny ioctl if long1 == 0xdeadbeef00005412", {0, 0xdeadbeef00005412}, true},
		{"deny ioctl if arg1 != 0x5412", {0, 0xdeadbeef00005412}, false},
		{"deny ioctl if arg1 != 0x5412", {0, 0x5411}, true},
		{"deny ioctl if long1 != 0x5412", {0, 0x100005412}, true},
		{"deny clone if arg0 & 0x7e020000 != 0", {0x10000011}, true},
		{"deny clone if arg0 & 0x7e020000 != 0", {0x11}, false},
		{"deny clone if arg0 & 0x10 == 0x10", {0x11}, true},
		{"deny clone if arg0 & 0x10 == 0x10", {0x1}, false},
		{"deny clone if long5 & 0x8000000000000000 == 0", {0, 0, 0, 0, 0, ~0ull}, false},
		{"deny a if arg0 == 1 and arg1 == 2", {1, 2}, true},
		{"deny a if arg0 == 1 and arg1 == 2", {1, 1}, false},
		{"deny a if arg0 == 1 and arg1 == 2", {2, 2}, false},
		{"deny a if arg0 & 1 == 1 and arg0 & 2 == 0", {1}, true},
		{"deny a if arg0 & 1 == 1 and arg0 & 2 == 0", {3}, false},
		{"deny a b EACCES if arg0 == 1 # no more", {1}, true},
	};
	/* clang-format on */
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct given given;
		char text[128];
		snprintf(text, sizeof(text), "%s\ndefault allow", rows[i].line);
		parse(&given, text);
		if (given.result < 0)
			fail_msg("'%s': %s", rows[i].line, given.policy.problem);
		const struct policy_rule *last = &given.policy.rules[given.policy.rule_count - 1];
		if (policy_matches(&given.policy, last, rows[i].arguments) != rows[i].matches)
			fail_msg("row %zu: '%s'", i, rows[i].line);
		forget(&given);
	}
}

static void a_mistake_is_named_with_its_line(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		unsigned line;
		const char *problem;
	} rows[] = {
		{"", 0, "there is no line 'default ...'"},
		{"allow read\n", 0, "there is no line 'default ...'"},
		{"default allow\nalow read\n", 2, "unknown action 'alow'"},
		{"default", 1, "no action after 'default'"},
		{"default refuse", 1, "unknown action 'refuse'"},
		{"default allow\n\ndefault deny", 3, "a second 'default'"},
		{"default allow read", 1, "unexpected 'read'"},
		{"default deny EPERM EPERM", 1, "unexpected 'EPERM'"},
		{"default deny ESOMETHING", 1, "unknown error 'ESOMETHING'"},
		{"default kill 9", 1, "unexpected '9'"},
		{"allow", 1, "no system call after 'allow'"},
		{"deny EPERM", 1, "no system call after 'deny'"},
		{"deny if arg0 == 1", 1, "no system call after 'deny'"},
		{"deny Mount", 1, "invalid name of a system call 'Mount'"},
		{"deny mount,umount2", 1, "invalid name of a system call 'mount,umount2'"},
		{"deny ?", 1, "invalid name of a system call '?'"},
		{"deny mount?x", 1, "invalid name of a system call 'mount?x'"},
		{"deny mount 0", 1, "unknown error '0'"},
		{"deny mount 4096", 1, "unknown error '4096'"},
		{"deny mount EPERM umount2", 1, "unexpected 'umount2'"},
		{"allow mount EPERM", 1, "an error without 'deny': 'EPERM'"},
		{"hide mount ENOSYS", 1, "an error without 'deny': 'ENOSYS'"},
		{"deny a if", 1, "the condition is incomplete"},
		{"deny a if arg0", 1, "the condition is incomplete"},
		{"deny a if arg0 &", 1, "the condition is incomplete"},
		{"deny a if arg0 & 1", 1, "the condition is incomplete"},
		{"deny a if arg0 ==", 1, "the condition is incomplete"},
		{"deny a if arg0 == # 1", 1, "the condition is incomplete"},
		{"deny a if arg6 == 1", 1, "not an argument, arg0 to arg5 or long0 to long5: 'arg6'"},
		{"deny a if arg01 == 1", 1,
		 "not an argument, arg0 to arg5 or long0 to long5: 'arg01'"},
		{"deny a if 0 == 1", 1, "not an argument, arg0 to arg5 or long0 to long5: '0'"},
		{"deny a if arg0 = 1", 1, "neither == nor !=: '='"},
		{"deny a if arg0 == -1", 1, "invalid value '-1'"},
		{"deny a if arg0 == 0x", 1, "invalid value '0x'"},
		{"deny a if arg0 == 1x", 1, "invalid value '1x'"},
		{"deny a if arg0 == 0x100000000", 1, "invalid value '0x100000000'"},
		{"deny a if long0 == 0x10000000000000000", 1, "invalid value '0x10000000000000000'"},
		{"deny a if arg0 & x == 1", 1, "invalid mask 'x'"},
		{"deny a if arg0 & 0x100000000 == 0", 1, "invalid mask '0x100000000'"},
		{"deny a if arg0 & 1 == 2", 1, "the mask leaves out a part of '2'"},
		{"deny a if arg0 == 1 or arg0 == 2", 1, "unexpected 'or'"},
		{"deny a if arg0 == 1 and", 1, "the condition is incomplete"},
		{"deny a if arg0 == 1 and arg0 == 1 and arg0 == 1 and arg0 == 1 and arg0 == 1 and "
		 "arg0 == 1 and arg0 == 1", 1, "too many conditions"},
	};
	/* clang-format on */
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct given given;
		parse(&given, rows[i].text);
		if (given.result == 0)
			fail_msg("'%s' is taken", rows[i].text);
		assert_string_equal(given.policy.problem, rows[i].problem);
		assert_int_equal(given.policy.line, rows[i].line);
		forget(&given);
	}
}

static void a_file_with_a_nul_is_no_text(void **state)
{
	char text[] = "default allow\0deny mount";
	struct policy policy;
	(void)state;

	assert_int_equal(policy_parse(&policy, text, sizeof(text) - 1), -1);
	assert_string_equal(policy.problem, "this is not text");
	policy_fini(&policy);
}

static void the_default_policy_is_one(void **state)
{
	struct given given;
	(void)state;

	assert_int_equal(strlen(default_policy), default_policy_size);
	parse(&given, default_policy);
	if (given.result < 0)
		fail_msg("%u: %s", given.policy.line, given.policy.problem);
	assert_int_equal(given.policy.otherwise.action, POLICY_DENY);
	assert_int_equal(given.policy.otherwise.err, ENOSYS);
	forget(&given);
}

static void errors_and_actions_have_names(void **state)
{
	char text[12];
	(void)state;

	assert_string_equal(policy_error_name(EPERM, text), "EPERM");
	assert_string_equal(policy_error_name(ENOSYS, text), "ENOSYS");
	assert_string_equal(policy_error_name(4095, text), "4095");
	assert_string_equal(policy_action_name(POLICY_ALLOW), "allow");
	assert_string_equal(policy_action_name(POLICY_KILL), "kill");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_default_says_what_becomes_of_the_rest),
		cmocka_unit_test(a_line_may_name_many_calls),
		cmocka_unit_test(conditions_look_at_arguments),
		cmocka_unit_test(a_mistake_is_named_with_its_line),
		cmocka_unit_test(a_file_with_a_nul_is_no_text),
		cmocka_unit_test(the_default_policy_is_one),
		cmocka_unit_test(errors_and_actions_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
