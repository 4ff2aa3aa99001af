/* SPDX-License-Identifier: MIT */
/*
 * A filter's program carried out as the kernel would (net/core/filter.c, seccomp's subset of it),
 * for the tests. What the kernel would not load fails an assertion.
 */
#pragma once

#include <assert.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline uint32_t bpf_load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;
	assert(offset % sizeof(word) == 0 && offset + sizeof(word) <= sizeof(*data));
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

/* What PROGRAM returns for DATA. */
static inline uint32_t bpf_run(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0;; at++) {
		assert(at < program->len);
		const struct sock_filter *insn = &program->filter[at];
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = bpf_load(data, insn->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= insn->k;
			break;
		case BPF_JMP | BPF_JA:
			at += insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= insn->k ? insn->jt : insn->jf;
			break;
		case BPF_RET | BPF_K:
			return insn->k;
		default:
			abort(); /* no instruction of ours */
		}
	}
}
