/* SPDX-License-Identifier: MIT */
/*
 * What the doctor finds: a list of checks, and for what can be fixed the one command that does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum check_status { CHECK_OK, CHECK_DEGRADED, CHECK_MISSING };

struct check {
	const char *name; /* for programs; never changed */
	bool needed;      /* by every run */
	enum check_status status;
	char detail[1024];
	char advice[2048]; /* a command for a shell; "" if none would help */
};

#define CHECKS_MAX 48

struct diagnosis {
	size_t count;
	struct check check[CHECKS_MAX];
};

/* "ok", "degraded", "missing". */
const char *diagnosis_status_name(enum check_status status);

/* Another check, and what it has found; advice may follow. */
struct check *diagnosis_add(struct diagnosis *diagnosis, const char *name, enum check_status status,
			    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The check of that name; one that is missing, without a name, if it was not made yet. */
const struct check *diagnosis_find(const struct diagnosis *diagnosis, const char *name);

/*
 * If there is no /proc, NAME cannot be checked, which is added. For the checks that read there,
 * after the one of /proc itself.
 */
bool diagnosis_lacks_proc(struct diagnosis *diagnosis, const char *name);

/* A command that whoever asks can run. */
void check_advise(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One that takes the superuser. None is given where the superuser could not do it either. */
void check_advise_admin(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * PARAMETER is to be on the kernel's command line: that is added to the detail, and where there is
 * a boot loader that can be told, a command that does.
 */
void check_advise_boot(struct check *check, const char *parameter);

/* The name of a package by the program that installs it; NULL where there is none. */
struct package {
	const char *apt, *dnf, *zypper, *pacman, *apk;
};

/* Installs PACKAGE. */
void check_advise_package(struct check *check, const struct package *package);

/* ---- the checks, by what they look at; each adds its own ---- */

void check_kernel(struct diagnosis *diagnosis);
void check_cgroup(struct diagnosis *diagnosis);
void check_systemd(struct diagnosis *diagnosis);
void check_sandbox(struct diagnosis *diagnosis);
void check_limits(struct diagnosis *diagnosis);
void check_report(struct diagnosis *diagnosis);

/* ---- what is made of them, on standard output ---- */

void diagnosis_show(const struct diagnosis *diagnosis);

/* 0, or -1 with a message written. */
int diagnosis_show_json(const struct diagnosis *diagnosis);
