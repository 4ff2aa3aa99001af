/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics: format, escape, one write(2). Nothing here allocates, and what is too
 * long for the buffer is cut visibly rather than written in two pieces.
 */
#include "msg.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "outcome.h"

#define LINE_SIZE 4096 /* PIPE_BUF: what a pipe that is ready takes at once */
#define STUCK_MS 1000
#define ELLIPSIS "..."

/*
 * The one mutable variable of the program at file scope: set once, first thing in main,
 * and wanted by every caller that has something to say.
 */
static const char *program = "cordon";

void msg_set_program(const char *name)
{
	program = name;
}

const char *msg_program(void)
{
	return program;
}

/* Characters that move text about on a terminal or look like the end of a line. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Bytes of the UTF-8 character at S (RFC 3629), or 0 if there is none. */
static size_t utf8_length(const unsigned char *s, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (length == 0 || s[0] > 0xf4)
		return 0;
	*code = length == 1 ? s[0] : s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < smallest[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/*
 * The visible form of the character at *TEXT into PIECE; its length. *TEXT moves on by
 * one character, or by one byte if that has to be escaped.
 */
static size_t escape_one(const char **text, char piece[8])
{
	const unsigned char *s = (const unsigned char *)*text;
	uint32_t code = 0;
	size_t length = utf8_length(s, &code);

	if (length && !is_control(code)) {
		memcpy(piece, s, length);
		*text += length;
		return length;
	}
	*text += 1;
	piece[0] = '\\';
	piece[1] = *s == '\n' ? 'n' : *s == '\t' ? 't' : *s == '\r' ? 'r' : 'x';
	if (piece[1] != 'x')
		return 2;
	piece[2] = "0123456789abcdef"[*s >> 4];
	piece[3] = "0123456789abcdef"[*s & 15];
	return 4;
}

char *msg_escape(char *out, size_t size, const char *text)
{
	size_t used = 0, cut = 0; /* CUT: the last place where the ellipsis still fits */
	char piece[8];

	if (size == 0)
		return out;
	while (*text) {
		size_t length = escape_one(&text, piece);
		if (used + sizeof ELLIPSIS <= size)
			cut = used;
		if (used + length >= size) {
			used = cut;
			if (used + sizeof ELLIPSIS <= size) {
				memcpy(out + used, ELLIPSIS, sizeof ELLIPSIS - 1);
				used += sizeof ELLIPSIS - 1;
			}
			break;
		}
		memcpy(out + used, piece, length);
		used += length;
	}
	out[used] = '\0';
	return out;
}

const char *msg_errno_text(int err)
{
	return strerror(err);
}

/*
 * All of it, whatever interrupts; where stderr does not take it, nobody can be told. One that
 * takes nothing for a second (a full pipe, a terminal stopped by Ctrl-S) must not hold up a run
 * whose limits are under way.
 */
static void write_stderr(const char *text, size_t length)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (length > 0) {
		if (poll(&pollfd, 1, STUCK_MS) == 0)
			return;
		ssize_t n = write(STDERR_FILENO, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

/* A terminal in raw mode, --pty's, does not go back to the first column by itself. */
static const char *line_end(void)
{
	struct termios mode;

	return tcgetattr(STDERR_FILENO, &mode) < 0 || (mode.c_oflag & OPOST) ? "\n" : "\r\n";
}

/* "PROGRAM: " and the message, escaped, and TAIL as it is, which is never cut off. */
__attribute__((format(printf, 1, 0))) static void write_line(const char *format, va_list args,
							     const char *tail)
{
	char raw[LINE_SIZE], line[LINE_SIZE];
	int saved = errno;
	int wanted = vsnprintf(raw, sizeof raw, format, args);

	if (wanted < 0)
		raw[0] = '\0';
	else if ((size_t)wanted >= sizeof raw)
		memcpy(raw + sizeof raw - sizeof ELLIPSIS, ELLIPSIS, sizeof ELLIPSIS);

	size_t head = (size_t)snprintf(line, LINE_SIZE / 4, "%s: ", program);
	msg_escape(line + head, sizeof line - head - strlen(tail) - 3, raw);
	size_t length = head + strlen(line + head);
	length += (size_t)snprintf(line + length, sizeof line - length, "%s%s", tail, line_end());
	write_stderr(line, length);
	errno = saved;
}

void msg_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(format, args, "");
	va_end(args);
}

void msg_warn_errno(int err, const char *format, ...)
{
	char tail[256];
	va_list args;

	snprintf(tail, sizeof tail, ": %s", msg_errno_text(err));
	va_start(args, format);
	write_line(format, args, tail);
	va_end(args);
}

void msg_hint(void)
{
	char line[256];
	int length =
		snprintf(line, sizeof line, "Try '%s --help' for more information.\n", program);

	write_stderr(line, (size_t)length);
	exit(STATUS_CORDON);
}

void msg_misuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(format, args, "");
	va_end(args);
	msg_hint();
}
