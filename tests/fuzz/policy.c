/* SPDX-License-Identifier: MIT */
/*
 * A policy's text: what is refused says why, on a line that there is; what is accepted becomes
 * programs that the kernel would load and that agree with the text, on every number that it has.
 */
#include "sandbox/policy.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/bpf.h"
#include "sandbox/filter.h"

static const struct filter_arch machine[] = {
	{ .token = AUDIT_ARCH_X86_64, .x32 = true },
	{ .token = AUDIT_ARCH_I386, .multiplexed = true },
};

/* Every name is known, one of 64 numbers, but those on "_". */
static int64_t number_of(void *context, uint32_t token, const char *name)
{
	uint32_t number = 0;

	(void)context;
	if (*name == '_')
		return FILTER_UNKNOWN;
	for (; *name; name++)
		number = number * 31 + (unsigned char)*name;
	return (number ^ token) % 64;
}

static uint32_t answer_to(struct policy_verdict verdict)
{
	switch (verdict.action) {
	case POLICY_ALLOW:
		return SECCOMP_RET_ALLOW;
	case POLICY_DENY:
	case POLICY_HIDE:
		assert(verdict.err > 0 && verdict.err <= 4095);
		return SECCOMP_RET_ERRNO | (uint32_t)verdict.err;
	case POLICY_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	}
	abort();
}

static void check_call(const struct filter *filter, const struct sock_fprog *program,
		       struct seccomp_data data)
{
	uint64_t arguments[6];

	memcpy(arguments, data.args, sizeof(arguments));
	assert(bpf_run(program, &data) ==
	       answer_to(filter_decide(filter, data.arch, (uint32_t)data.nr, arguments)));
}

/* Numbers near those of the rules, arguments near those of the conditions. */
static void check_program(const struct policy *policy, const struct filter *filter,
			  const struct sock_fprog *program)
{
	for (size_t i = 0; i < 2; i++) {
		struct seccomp_data data = { .arch = machine[i].token };
		for (data.nr = 0; data.nr < 130; data.nr++)
			check_call(filter, program, data);
		data.nr = -1;
		check_call(filter, program, data);
	}
	for (size_t i = 0; i < policy->condition_count && i < 64; i++) {
		const struct policy_condition *condition = &policy->conditions[i];
		struct seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
		for (data.nr = 0; data.nr < 64; data.nr++) {
			data.args[condition->argument] = condition->value;
			check_call(filter, program, data);
			data.args[condition->argument] ^= UINT64_C(1) << (i % 64);
			check_call(filter, program, data);
			data.args[condition->argument] = ~condition->mask | condition->value;
			check_call(filter, program, data);
		}
	}
}

static void check_filter(const struct policy *policy)
{
	const struct policy_rule *unknown = NULL;
	struct sock_fprog program;
	struct filter filter;

	if (filter_init(&filter, policy, machine, 2, number_of, NULL, &unknown) < 0) {
		assert(errno == ENOENT && unknown && !unknown->optional && *unknown->name == '_');
		return;
	}
	if (filter_compile(&filter, FILTER_ALONE, NULL, 0, &program) == 0) {
		assert(program.len > 0 && program.len <= BPF_MAXINSNS);
		check_program(policy, &filter, &program);
		free(program.filter);
	} else {
		assert(errno == E2BIG);
	}
	filter_fini(&filter);
}

static unsigned count_lines(const char *text, size_t size)
{
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct policy policy;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	unsigned lines = count_lines(text, size);
	if (policy_parse(&policy, text, size) == 0)
		check_filter(&policy);
	else
		assert(*policy.problem && policy.line <= lines);
	policy_fini(&policy);
	free(text);
	return 0;
}
