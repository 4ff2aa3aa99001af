/* SPDX-License-Identifier: MIT */
/*
 * Policies made into programs: the programs are run, for every number of a call and for arguments
 * on both sides of each condition, and compared with what the text says.
 */
#include "sandbox/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define X32_BIT 0x40000000u
#define NUMBERS 640 /* all that are looked at one by one */

static const struct filter_arch machine[] = {
	{ .token = AUDIT_ARCH_X86_64, .x32 = true },
	{ .token = AUDIT_ARCH_I386, .multiplexed = true },
};

/* A machine with the calls "c0" to "c499", numbered in a different way on each side of it. */
static int64_t number_of(void *context, uint32_t token, const char *name)
{
	(void)context;
	if (!strcmp(name, "only64"))
		return token == AUDIT_ARCH_X86_64 ? 600 : FILTER_ABSENT;
	if (!strcmp(name, "socket"))
		return token == AUDIT_ARCH_X86_64 ? 41 : FILTER_ABSENT;
	if (!strcmp(name, "shmat"))
		return token == AUDIT_ARCH_X86_64 ? 30 : FILTER_ABSENT;
	if (!strcmp(name, "socketcall"))
		return token == AUDIT_ARCH_I386 ? 102 : FILTER_ABSENT;
	if (*name != 'c')
		return FILTER_UNKNOWN;
	int number = atoi(name + 1);
	return token == AUDIT_ARCH_X86_64 ? number : (number * 7) % 500;
}

struct made {
	char *text;
	struct policy policy;
	struct filter filter;
	struct sock_fprog alone, listened;
};

static void make(struct made *made, const char *text)
{
	const struct policy_rule *unknown = NULL;

	*made = (struct made){ .text = strdup(text) };
	assert_non_null(made->text);
	if (policy_parse(&made->policy, made->text, strlen(text)) < 0)
		fail_msg("line %u: %s", made->policy.line, made->policy.problem);
	assert_int_equal(filter_init(&made->filter, &made->policy, machine, ARRAY_LENGTH(machine),
				     number_of, NULL, &unknown),
			 0);
	assert_int_equal(filter_compile(&made->filter, FILTER_ALONE, NULL, 0, &made->alone), 0);
	assert_int_equal(filter_compile(&made->filter, FILTER_LISTENED, NULL, 0, &made->listened),
			 0);
}

static void forget(struct made *made)
{
	free(made->alone.filter);
	free(made->listened.filter);
	filter_fini(&made->filter);
	policy_fini(&made->policy);
	free(made->text);
}

static uint32_t value_of(struct policy_verdict verdict, bool listened)
{
	bool violation = verdict.action == POLICY_DENY || verdict.action == POLICY_KILL;

	if (listened && violation)
		return SECCOMP_RET_USER_NOTIF;
	if (verdict.action == POLICY_ALLOW)
		return SECCOMP_RET_ALLOW;
	if (verdict.action == POLICY_KILL)
		return SECCOMP_RET_KILL_PROCESS;
	return SECCOMP_RET_ERRNO | (uint32_t)verdict.err;
}

static void check_call(const struct made *made, const struct seccomp_data *data,
		       struct policy_verdict expected)
{
	uint64_t arguments[6];
	memcpy(arguments, data->args, sizeof(arguments));
	struct policy_verdict decided =
		filter_decide(&made->filter, data->arch, (uint32_t)data->nr, arguments);

	if (bpf_run(&made->alone, data) != value_of(expected, false) ||
	    bpf_run(&made->listened, data) != value_of(expected, true) ||
	    decided.action != expected.action || decided.err != expected.err)
		fail_msg("arch %#x, call %d, %#llx: %#x, %#x, %d instead of %#x", data->arch,
			 data->nr, (unsigned long long)data->args[0], bpf_run(&made->alone, data),
			 bpf_run(&made->listened, data), decided.action, value_of(expected, false));
}

/* What the text says of a call that is not i386's socketcall or ipc, taken word for word. */
static struct policy_verdict say(const struct policy *policy, const struct seccomp_data *data)
{
	uint64_t arguments[6];

	memcpy(arguments, data->args, sizeof(arguments));
	if (data->arch == AUDIT_ARCH_X86_64 && (uint32_t)data->nr >= X32_BIT)
		return (struct policy_verdict){ POLICY_HIDE, ENOSYS };
	for (size_t i = policy->rule_count; i-- > 0;)
		if (number_of(NULL, data->arch, policy->rules[i].name) == (uint32_t)data->nr &&
		    policy_matches(policy, &policy->rules[i], arguments))
			return policy->rules[i].verdict;
	return policy->otherwise;
}

static void check_number(const struct made *made, uint32_t arch, uint32_t number)
{
	static const uint64_t first[] = { 0, 1, 2, 3, 0x100000001, 0xdeadbeef00005412, UINT32_MAX };
	static const uint64_t second[] = { 0, 1, 0x5412, 0xdeadbeef00005412 };

	for (size_t i = 0; i < ARRAY_LENGTH(first); i++)
		for (size_t j = 0; j < ARRAY_LENGTH(second); j++) {
			struct seccomp_data data = { .nr = (int)number,
						     .arch = arch,
						     .args = { first[i], second[j] } };
			check_call(made, &data, say(&made->policy, &data));
		}
}

static void check_all(const char *text)
{
	static const uint32_t beyond[] = { X32_BIT - 1, X32_BIT,    X32_BIT + 1, X32_BIT + 41,
					   0x7fffffff,  0x80000000, UINT32_MAX };
	struct made made;

	make(&made, text);
	for (size_t i = 0; i < ARRAY_LENGTH(machine); i++) {
		for (uint32_t number = 0; number < NUMBERS; number++)
			check_number(&made, machine[i].token, number);
		for (size_t k = 0; k < ARRAY_LENGTH(beyond); k++)
			check_number(&made, machine[i].token, beyond[k]);
	}
	forget(&made);
}

static void a_program_does_what_the_text_says(void **state)
{
	static const char *const texts[] = {
		"default allow",
		"default deny",
		"default kill",
		"default hide",
		"default deny ENOSYS\nallow c0 c1 c2 c4 c499 only64",
		"default allow\ndeny c0\nkill c1\nhide c2\ndeny c3 EACCES",
		/* the last line that matches decides */
		"default deny\nallow c5\ndeny c5",
		"default deny\ndeny c5\nallow c5",
		"default deny\nallow c5\ndeny c5 if arg1 == 0x5412\nkill c5 if arg1 == 1",
		"default deny\ndeny c5 if arg1 == 0x5412\nallow c5",
		"default allow\ndeny c5\nallow c5 if arg0 == 0\nallow c5 if arg0 == 0xffffffff",
		"default kill\nallow c7 if long1 == 0xdeadbeef00005412 and arg0 != 1",
		"default allow\ndeny c7 if long0 != 1\nhide c8 if long1 & 0x100000001 != 0",
		"default deny\nallow c1 if arg0 & 2 == 2 and arg0 & 1 == 0 and arg1 & 1 == 1",
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		check_all(texts[i]);
}

/* Policies of many lines, so that jumps are far and trees are deep. */
static void so_does_a_long_one(void **state)
{
	static const char *const actions[] = { "allow", "deny", "hide", "kill" };
	static const char *const conditions[] = { "", "if arg0 == 1", "if arg1 != 0x5412",
						  "if long1 == 0x5412 and arg0 & 3 != 0",
						  "if long0 != 0xdeadbeef00005412" };
	unsigned seed = 1;
	(void)state;

	for (int round = 0; round < 6; round++) {
		char text[32768];
		size_t length =
			(size_t)snprintf(text, sizeof(text), "default %s\n", actions[round % 4]);
		for (int i = 0; i < 180; i++) {
			seed = seed * 1103515245 + 12345;
			unsigned pick = seed >> 8;
			/* round 4: everything about a few calls */
			length += (size_t)snprintf(text + length, sizeof(text) - length,
						   "%s c%u %s\n", actions[pick % 4],
						   pick / 4 % (round == 4 ? 3 : 500),
						   conditions[pick / 2048 % 5]);
		}
		check_all(text);
	}
}

static void unknown_architectures_are_killed(void **state)
{
	struct seccomp_data data = { .nr = 0, .arch = AUDIT_ARCH_AARCH64 };
	struct made made;
	(void)state;

	make(&made, "default allow");
	check_call(&made, &data, (struct policy_verdict){ .action = POLICY_KILL });
	forget(&made);
}

static void check_i386(const struct made *made, uint32_t number, uint64_t argument,
		       enum policy_action action)
{
	struct seccomp_data data = { .nr = (int)number,
				     .arch = AUDIT_ARCH_I386,
				     .args = { argument } };
	struct policy_verdict expected = { action, action == POLICY_DENY ? EPERM : 0 };
	check_call(made, &data, expected);
}

static void calls_inside_of_calls_are_found(void **state)
{
	struct made made;
	(void)state;

	make(&made, "default deny\nallow socket socketcall shmat");
	check_i386(&made, 359, 0, POLICY_ALLOW);
	check_i386(&made, 102, 1, POLICY_ALLOW);
	check_i386(&made, 102, 0xffff00000001, POLICY_ALLOW); /* an int */
	check_i386(&made, 102, 2, POLICY_DENY);               /* bind */
	check_i386(&made, 102, 0, POLICY_DENY);
	check_i386(&made, 117, 21, POLICY_ALLOW);
	check_i386(&made, 117, 0x10000 + 21, POLICY_ALLOW); /* with a version */
	check_i386(&made, 117, 22, POLICY_DENY);
	forget(&made);

	make(&made, "default allow\ndeny socket\ndeny shmat if arg0 == 1");
	check_i386(&made, 359, 0, POLICY_DENY);
	check_i386(&made, 102, 1, POLICY_DENY);
	check_i386(&made, 102, 2, POLICY_ALLOW);
	check_i386(&made, 397, 1, POLICY_DENY);
	check_i386(&made, 397, 2, POLICY_ALLOW);
	check_i386(&made, 117, 21, POLICY_DENY); /* whatever its arguments are */
	forget(&made);

	make(&made, "default deny\nallow socket if arg0 == 1");
	check_i386(&made, 359, 1, POLICY_ALLOW);
	check_i386(&made, 359, 2, POLICY_DENY);
	check_i386(&made, 102, 1, POLICY_DENY);
	forget(&made);

	make(&made, "default allow\ndeny socketcall");
	check_i386(&made, 102, 1, POLICY_DENY);
	check_i386(&made, 359, 1, POLICY_ALLOW);
	forget(&made);
}

static uint32_t run(const struct sock_fprog *program, uint32_t arch, uint32_t number)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };
	return bpf_run(program, &data);
}

static void open_calls_are_let_through_and_then_taken_away(void **state)
{
	static const uint32_t open[] = { 9, 4, 600 };
	struct sock_fprog listened, closing;
	struct made made;
	(void)state;

	make(&made, "default deny EACCES\nallow c1 c4\nkill only64\n");
	assert_int_equal(filter_compile(&made.filter, FILTER_LISTENED, open, 3, &listened), 0);
	assert_int_equal(filter_compile(&made.filter, FILTER_CLOSING, open, 3, &closing), 0);
	for (uint32_t number = 0; number < NUMBERS; number++) {
		bool is_open = number == 4 || number == 9 || number == 600;
		bool allowed = number == 1 || number == 4;
		assert_int_equal(run(&listened, AUDIT_ARCH_X86_64, number),
				 is_open || allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_USER_NOTIF);
		assert_int_equal(run(&closing, AUDIT_ARCH_X86_64, number),
				 number == 9     ? SECCOMP_RET_ERRNO | EACCES
				 : number == 600 ? SECCOMP_RET_KILL_PROCESS
						 : SECCOMP_RET_ALLOW);
		/* nothing is launched there */
		assert_int_equal(run(&listened, AUDIT_ARCH_I386, number),
				 run(&made.listened, AUDIT_ARCH_I386, number));
		assert_int_equal(run(&closing, AUDIT_ARCH_I386, number), SECCOMP_RET_ALLOW);
	}
	free(listened.filter);
	free(closing.filter);
	forget(&made);
}

static void what_is_always_allowed_is_known(void **state)
{
	struct made made;
	(void)state;

	make(&made,
	     "default deny\nallow c1\nallow c2 if arg0 == 1\nallow c3\ndeny c3 if arg0 == 1\n"
	     "deny c4 if arg0 == 1\nallow c4");
	assert_false(filter_always_allows(&made.filter, 0));
	assert_true(filter_always_allows(&made.filter, 1));
	assert_false(filter_always_allows(&made.filter, 2));
	assert_false(filter_always_allows(&made.filter, 3));
	assert_true(filter_always_allows(&made.filter, 4));
	forget(&made);
	make(&made, "default allow\ndeny c1\nallow c2 if arg0 == 1");
	assert_true(filter_always_allows(&made.filter, 0));
	assert_false(filter_always_allows(&made.filter, 1));
	assert_true(filter_always_allows(&made.filter, 2));
	forget(&made);
}

static void unknown_names_are_named(void **state)
{
	char text[] = "default deny\nallow c1 nothing? nowhere\n";
	const struct policy_rule *unknown = NULL;
	struct policy policy;
	struct filter filter;
	(void)state;

	assert_int_equal(policy_parse(&policy, text, strlen(text)), 0);
	assert_int_equal(filter_init(&filter, &policy, machine, ARRAY_LENGTH(machine), number_of,
				     NULL, &unknown),
			 -1);
	assert_int_equal(errno, ENOENT);
	assert_non_null(unknown);
	assert_string_equal(unknown->name, "nowhere");
	assert_int_equal(unknown->line, 2);
	policy_fini(&policy);
}

/* A thousand conditions on a call are more than a program holds. */
static void a_policy_may_be_too_long(void **state)
{
	static char text[65536];
	size_t length = (size_t)snprintf(text, sizeof(text), "default deny\n");
	struct sock_fprog program;
	struct policy policy;
	struct filter filter;
	const struct policy_rule *unknown = NULL;
	(void)state;

	for (int i = 0; i < 1000; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "allow c1 if long0 == %d\n", i);
	assert_int_equal(policy_parse(&policy, text, strlen(text)), 0);
	assert_int_equal(filter_init(&filter, &policy, machine, 1, number_of, NULL, &unknown), 0);
	assert_int_equal(filter_compile(&filter, FILTER_ALONE, NULL, 0, &program), -1);
	assert_int_equal(errno, E2BIG);
	filter_fini(&filter);
	policy_fini(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_does_what_the_text_says),
		cmocka_unit_test(so_does_a_long_one),
		cmocka_unit_test(unknown_architectures_are_killed),
		cmocka_unit_test(calls_inside_of_calls_are_found),
		cmocka_unit_test(open_calls_are_let_through_and_then_taken_away),
		cmocka_unit_test(what_is_always_allowed_is_known),
		cmocka_unit_test(unknown_names_are_named),
		cmocka_unit_test(a_policy_may_be_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
