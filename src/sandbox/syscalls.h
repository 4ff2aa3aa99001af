/* SPDX-License-Identifier: MIT */
/*
 * The system calls' names, which libseccomp knows for every architecture. It is loaded with
 * dlopen(3) once a run asks for a filter, as libjansson is; a static cordon has it inside.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct syscalls;

/* Ready to look up names, or NULL with the reason in WHY (SIZE bytes). */
struct syscalls *syscalls_new(char *why, size_t size);

/* NULL is harmless. */
void syscalls_free(struct syscalls *syscalls);

/* A filter_resolve; the context is a struct syscalls. */
int64_t syscalls_number(void *syscalls, uint32_t token, const char *name);

/* The name of NUMBER under the architecture TOKEN, to be freed; NULL if it is not known. */
char *syscalls_name(const struct syscalls *syscalls, uint32_t token, uint32_t number);
