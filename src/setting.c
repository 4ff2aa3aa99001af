/* SPDX-License-Identifier: MIT */
/*
 * Messages about options: first where the option was written, then its name, then what is
 * wrong.
 */
#include "setting.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "outcome.h"

#define TEXT_SIZE 3072

__attribute__((format(printf, 2, 0))) static void format_text(char text[TEXT_SIZE],
							      const char *format, va_list args)
{
	if (vsnprintf(text, TEXT_SIZE, format, args) >= TEXT_SIZE)
		memcpy(text + TEXT_SIZE - 4, "...", 4);
}

/* ORIGIN, the option if there is one, and what is wrong. */
static _Noreturn void misuse(const struct origin *origin, const struct option_row *row,
			     const char *text)
{
	const char *name = row ? row->name : "", *colon = row ? ": " : "";

	if (origin->name && origin->line)
		msg_misuse("%s:%u: %s%s%s", origin->name, origin->line, name, colon, text);
	msg_misuse("%s%s%s%s%s%s", origin->name ? origin->name : "", origin->name ? ": " : "",
		   row ? "--" : "", name, colon, text);
}

void setting_misuse(const struct setting *setting, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	format_text(text, format, args);
	va_end(args);
	misuse(&setting->origin, setting->row, text);
}

void setting_misuse_at(const struct origin *origin, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	format_text(text, format, args);
	va_end(args);
	misuse(origin, NULL, text);
}

void setting_no_memory(void)
{
	msg_warn_errno(ENOMEM, "cannot read the options");
	exit(STATUS_CORDON);
}

char *setting_text(const struct setting *setting)
{
	char *text = NULL;
	const char *argument = setting->argument;

	if (asprintf(&text, "--%s%s%s", setting->row->name, argument ? "=" : "",
		     argument ? argument : "") < 0)
		setting_no_memory();
	return text;
}

void *setting_grow(void *array, size_t count, size_t size)
{
	array = reallocarray(array, count, size);
	if (!array)
		setting_no_memory();
	return array;
}

void setting_misuse_value(const struct setting *setting, const char *what)
{
	if (errno == ENOMEM)
		setting_no_memory();
	if (errno == ERANGE)
		setting_misuse(setting, "%s '%s' is out of range", what, setting->argument);
	setting_misuse(setting, "invalid %s '%s'", what, setting->argument);
}
