/* SPDX-License-Identifier: MIT */
/*
 * A diagnosis for people: a line a check, then the commands that would help. Nothing in it
 * depends on colour.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/diagnosis.h"
#include "msg.h"

/* On a terminal, unless the user says no (no-color.org) or it cannot (TERM). */
static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return !(no && *no) && term && *term && strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

static const char *colour_of(enum check_status status)
{
	switch (status) {
	case CHECK_OK:
		return "\033[32m";
	case CHECK_DEGRADED:
		return "\033[33m";
	case CHECK_MISSING:
		return "\033[31m";
	}
	return "";
}

static int name_width(const struct diagnosis *diagnosis)
{
	size_t width = 0;
	for (size_t i = 0; i < diagnosis->count; i++)
		if (strlen(diagnosis->check[i].name) > width)
			width = strlen(diagnosis->check[i].name);
	return (int)width;
}

static void show_checks(const struct diagnosis *diagnosis)
{
	bool colour = wants_colour();
	int width = name_width(diagnosis);
	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct check *check = &diagnosis->check[i];
		char detail[4 * sizeof(check->detail)];
		printf("%s%-8s%s  %-*s  %s\n", colour ? colour_of(check->status) : "",
		       diagnosis_status_name(check->status), colour ? "\033[m" : "", width,
		       check->name, msg_escape(detail, sizeof(detail), check->detail));
	}
}

/* Several checks may want the same. */
static bool is_first(const struct diagnosis *diagnosis, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(diagnosis->check[i].advice, diagnosis->check[index].advice) == 0)
			return false;
	return true;
}

static void show_advice(const struct diagnosis *diagnosis)
{
	bool begun = false;
	for (size_t i = 0; i < diagnosis->count; i++) {
		const char *advice = diagnosis->check[i].advice;
		char escaped[4 * sizeof(diagnosis->check[i].advice)];
		if (!advice[0] || !is_first(diagnosis, i))
			continue;
		if (!begun)
			printf("\nTo fix:\n");
		begun = true;
		printf("  %s\n", msg_escape(escaped, sizeof(escaped), advice));
	}
}

void diagnosis_show(const struct diagnosis *diagnosis)
{
	show_checks(diagnosis);
	show_advice(diagnosis);
}
