/* SPDX-License-Identifier: MIT */
/*
 * --help in 80 columns: the names of an option on the left, its text wrapped on the
 * right. Standard output has one buffer for all of it, so that it arrives in one write
 * and `cordon --help | head` is no error.
 */
#include "help.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "optable.h"
#include "outcome.h"

#define COLUMNS 80
#define TEXT_COLUMN 30
#define BUFFER_SIZE 16384

static _Noreturn void finish_stdout(void)
{
	/* fclose(3) because some file systems tell only there that nothing was written */
	if (ferror(stdout) || fclose(stdout) != 0) {
		if (errno != EPIPE) /* whoever has read enough does not want to hear of it */
			msg_warn_errno(errno, "standard output: cannot write");
		_Exit(STATUS_CORDON);
	}
	exit(0);
}

static void show_names(const struct option_row *row, char *out, size_t size)
{
	char alias[sizeof row->alias + 4] = "", argument[sizeof row->argument + 4] = "";

	if (row->alias[0])
		snprintf(alias, sizeof alias, ", --%s", row->alias);
	if (row->argument[0])
		snprintf(argument, sizeof argument, row->optional ? "[=%s]" : "=%s", row->argument);
	if (row->letter)
		snprintf(out, size, "  -%c, --%s%s%s", row->letter, row->name, alias, argument);
	else
		snprintf(out, size, "      --%s%s%s", row->name, alias, argument);
}

/* TEXT from TEXT_COLUMN on, broken between words; the cursor is at COLUMN. */
static void show_wrapped(const char *text, size_t column)
{
	if (column + 2 > TEXT_COLUMN) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", (int)(TEXT_COLUMN - column), "");
	column = TEXT_COLUMN;
	while (*text) {
		size_t length = strcspn(text, " ");
		if (column > TEXT_COLUMN) {
			if (column + 1 + length >= COLUMNS) {
				printf("\n%*s", TEXT_COLUMN, "");
				column = TEXT_COLUMN;
			} else {
				putchar(' ');
				column++;
			}
		}
		fwrite(text, 1, length, stdout);
		column += length;
		text += length + strspn(text + length, " ");
	}
	putchar('\n');
}

static void show_repeatable(void)
{
	size_t column = 0;

	for (const struct option_row *row = optable_rows; row < optable_rows + optable_count;
	     row++) {
		size_t length = strlen(row->name) + sizeof " --" - 1;
		if (!row->repeatable)
			continue;
		if (column + length >= COLUMNS) {
			putchar('\n');
			column = 0;
		}
		printf(" --%s", row->name);
		column += length;
	}
}

void help_show(void)
{
	char names[COLUMNS], buffer[BUFFER_SIZE]; /* used until finish_stdout() */
	int heading = -1;

	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	fputs("Usage: cordon [OPTION]... [--] COMMAND [ARG]...\n"
	      "Run COMMAND inside limits: contain all that it starts, relay every byte of its\n"
	      "output, and account for what happened.\n",
	      stdout);
	for (const struct option_row *row = optable_rows; row < optable_rows + optable_count;
	     row++) {
		if (row->heading != heading)
			printf("\n%s:\n", optable_heading(row->heading));
		heading = row->heading;
		show_names(row, names, sizeof names);
		fputs(names, stdout);
		show_wrapped(row->help, strlen(names));
	}
	fputs("\n"
	      "DURATION is a number with us, ms, s, m, h or d (default s), also as in 1m30s;\n"
	      "0 is off. SIGNAL is as in TERM, SIGTERM, 15 or RTMIN+1. Every option can be\n"
	      "preset in CORDON_OPTIONS. These can be repeated:\n",
	      stdout);
	show_repeatable();
	fputs("\n\n"
	      "Exit status:\n"
	      "  the command's own, or its signal raised again; else\n"
	      "  124  a limit of time ended it\n"
	      "  125  cordon failed, nothing was started\n"
	      "  126  the command cannot be executed\n"
	      "  127  the command was not found\n"
	      "  137  a limit of time ended it, and KILL was needed\n"
	      "\n"
	      "The manual is cordon(1).\n",
	      stdout);
	finish_stdout();
}

void help_show_version(void)
{
#if defined CORDON_STATIC
	static const char linked[] = "static";
#else
	static const char linked[] = "dynamic";
#endif
#if defined JANSSON_LINKED
	static const char json[] = "by libjansson, linked";
#elif defined HAVE_JANSSON
	static const char json[] = "by " JANSSON_SONAME ", loaded when one is wanted";
#else
	static const char json[] = "none";
#endif

	printf("cordon %s\n%s; JSON reports: %s\n", PACKAGE_VERSION, linked, json);
	finish_stdout();
}

void help_show_text(const char *text)
{
	fputs(text, stdout);
	finish_stdout();
}
