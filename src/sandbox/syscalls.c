/* SPDX-License-Identifier: MIT */
#include "sandbox/syscalls.h"

#include <stdio.h>
#include <stdlib.h>

#include "sandbox/filter.h"

#ifndef HAVE_SECCOMP
struct syscalls *syscalls_new(char *why, size_t size)
{
	snprintf(why, size, "this cordon was built without libseccomp");
	return NULL;
}

int64_t syscalls_number(void *syscalls, uint32_t token, const char *name)
{
	(void)syscalls, (void)token, (void)name;
	return FILTER_UNKNOWN;
}

char *syscalls_name(const struct syscalls *syscalls, uint32_t token, uint32_t number)
{
	(void)syscalls, (void)token, (void)number;
	return NULL;
}
#else
#include <seccomp.h>

/* clang-format off */
#define SECCOMP_FUNCTIONS(X) \
	X(seccomp_syscall_resolve_name_arch) \
	X(seccomp_syscall_resolve_num_arch)
/* clang-format on */

struct syscalls {
#define SECCOMP_MEMBER(name) typeof(name) *(name);
	SECCOMP_FUNCTIONS(SECCOMP_MEMBER)
#undef SECCOMP_MEMBER
};

#ifdef SECCOMP_LINKED
static int fill(struct syscalls *syscalls, char *why, size_t size)
{
	(void)why, (void)size; /* nothing can be missing from a linked library */
#define SECCOMP_ENTRY(name) .name = name,
	*syscalls = (struct syscalls){ SECCOMP_FUNCTIONS(SECCOMP_ENTRY) };
#undef SECCOMP_ENTRY
	return 0;
}
#else
#include "library.h"

static const struct library_function functions[] = {
#define SECCOMP_ENTRY(name) { #name, offsetof(struct syscalls, name) },
	SECCOMP_FUNCTIONS(SECCOMP_ENTRY)
#undef SECCOMP_ENTRY
};

static int fill(struct syscalls *syscalls, char *why, size_t size)
{
	return library_load(SECCOMP_SONAME, functions, sizeof(functions) / sizeof(functions[0]),
			    syscalls, why, size);
}
#endif

struct syscalls *syscalls_new(char *why, size_t size)
{
	struct syscalls *syscalls = calloc(1, sizeof(*syscalls));
	if (!syscalls) {
		snprintf(why, size, "cannot load libseccomp: out of memory");
		return NULL;
	}
	if (fill(syscalls, why, size) < 0) {
		free(syscalls);
		return NULL;
	}
	return syscalls;
}

/* Numbers below 0 are the library's own: for calls of other architectures than this. */
int64_t syscalls_number(void *context, uint32_t token, const char *name)
{
	const struct syscalls *syscalls = context;
	int number = syscalls->seccomp_syscall_resolve_name_arch(token, name);

	if (number == __NR_SCMP_ERROR)
		return FILTER_UNKNOWN;
	return number < 0 ? FILTER_ABSENT : number;
}

char *syscalls_name(const struct syscalls *syscalls, uint32_t token, uint32_t number)
{
	return syscalls->seccomp_syscall_resolve_num_arch(token, (int)number);
}
#endif

void syscalls_free(struct syscalls *syscalls)
{
	free(syscalls);
}
