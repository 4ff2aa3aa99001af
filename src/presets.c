/* SPDX-License-Identifier: MIT */
/*
 * The syntax of a --config file:
 *
 *     # a comment, also behind a value if a blank is before it
 *     timeout = 5m
 *     title = "a # that belongs to the title"
 *     merge
 *     [nightly]
 *     timeout = 2h
 *
 * Quotes are around a whole value and nothing is special between them.
 */
#include "presets.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/*
 * Copy one word from *FROM to *TO, which may be the same place, without its quotes. Returns
 * NULL, or what is missing at its end.
 */
static const char *unquote_word(char **from, char **to)
{
	char *in = *from, *out = *to, quote = 0;

	for (; *in && (quote || !strchr(BLANKS "\n", *in)); in++) {
		if (quote ? *in == quote : (*in == '\'' || *in == '"')) {
			quote = quote ? 0 : *in;
			continue;
		}
		/* between double quotes a backslash is one unless it protects something */
		if (*in == '\\' &&
		    (!quote || (quote == '"' && in[1] && strchr("\"\\$`\n", in[1])))) {
			if (*++in == '\0')
				return "a backslash with nothing behind it";
			if (*in == '\n')
				continue;
		}
		*out++ = *in;
	}
	*from = in;
	*to = out;
	return quote == '"' ? "unterminated quote \"" : quote ? "unterminated quote '" : NULL;
}

char **presets_split(char *text, const char **problem)
{
	char **words = malloc((strlen(text) / 2 + 2) * sizeof *words);
	size_t count = 0;
	char *in = text, *out = text;

	*problem = NULL;
	if (!words)
		return NULL;
	for (;;) {
		in += strspn(in, BLANKS "\n");
		if (!*in)
			break;
		words[count++] = out;
		*problem = unquote_word(&in, &out);
		if (*problem) {
			free(words);
			return NULL;
		}
		/* the terminator may fall on the blank that ended the word: step over that first */
		if (*in)
			in++;
		*out++ = '\0';
	}
	words[count] = NULL;
	return words;
}

void presets_init(struct presets *presets, char *text, size_t size)
{
	*presets = (struct presets){ .next = text, .size = size };
}

__attribute__((format(printf, 2, 3))) static int fail(struct presets *presets, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(presets->problem, sizeof presets->problem, format, args);
	va_end(args);
	return -1;
}

/* Cut the first line off the text and check its bytes. NULL at the end, and for a PROBLEM. */
static char *take_line(struct presets *presets)
{
	char *start = presets->next;
	char *end = memchr(start, '\n', presets->size);
	size_t length = end ? (size_t)(end - start) : presets->size;

	if (presets->size == 0)
		return NULL;
	presets->next += length + (end != NULL);
	presets->size -= length + (end != NULL);
	presets->line++;
	if (length && end && start[length - 1] == '\r')
		length--;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)start[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			fail(presets, "control character 0x%02x", c);
			return NULL;
		}
	}
	start[length] = '\0';
	return start;
}

/* Blanks, or blanks and a comment: nothing that means something. */
static int is_empty(const char *text)
{
	text += strspn(text, BLANKS);
	return *text == '\0' || *text == '#';
}

/* "[name]"; the blanks around the name do not count. */
static int read_section(struct presets *presets, char *line)
{
	char *close = strchr(line, ']');

	if (!close)
		return fail(presets, "no ']' behind '%s'", line);
	if (!is_empty(close + 1))
		return fail(presets, "text behind the ']'");
	line += 1 + strspn(line + 1, BLANKS);
	while (close > line && strchr(BLANKS, close[-1]))
		close--;
	*close = '\0';
	if (*line == '\0')
		return fail(presets, "a profile without a name");
	presets->section = line;
	return 1;
}

/* The value that starts at TEXT, cut out of it and without its quotes. */
static int read_value(struct presets *presets, char *text, const char **value)
{
	text += strspn(text, BLANKS);
	if (*text == '"' || *text == '\'') {
		char *close = strchr(text + 1, *text);
		if (!close)
			return fail(presets, "unterminated quote %c", *text);
		if (!is_empty(close + 1))
			return fail(presets, "text behind the closing quote %c", *text);
		*close = '\0';
		*value = text + 1;
		return 0;
	}

	char *end = text;
	for (char *c = text; *c && !(*c == '#' && (c == text || strchr(BLANKS, c[-1]))); c++)
		if (!strchr(BLANKS, *c))
			end = c + 1;
	*end = '\0';
	*value = text;
	return 0;
}

static int read_preset(struct presets *presets, char *line, struct preset *preset)
{
	size_t length = strcspn(line, "=" BLANKS);
	char *rest = line + length + strspn(line + length, BLANKS);

	if (length == 0)
		return fail(presets, "no name before the '='");
	preset->name = line;
	if (*rest == '=') {
		if (read_value(presets, rest + 1, &preset->value) < 0)
			return -1;
	} else if (!is_empty(rest)) {
		return fail(presets, "no '=' behind '%.*s'", (int)length, line);
	}
	line[length] = '\0';
	return 1;
}

int presets_next(struct presets *presets, struct preset *preset)
{
	char *line;

	while ((line = take_line(presets))) {
		line += strspn(line, BLANKS);
		if (is_empty(line))
			continue;
		*preset = (struct preset){ .name = NULL };
		return *line == '[' ? read_section(presets, line)
				    : read_preset(presets, line, preset);
	}
	return presets->problem[0] ? -1 : 0;
}
