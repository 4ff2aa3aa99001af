/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_between(unsigned char byte, unsigned low, unsigned high)
{
	return low <= byte && byte <= high;
}

/*
 * How many bytes the UTF-8 sequence at the start of BYTES has; 0 if that is none. The second
 * byte's range is what keeps out overlong forms, surrogates and what is past U+10FFFF (RFC
 * 3629, section 4).
 */
static size_t sequence_length(const unsigned char *bytes, size_t size)
{
	unsigned low = 0x80, high = 0xbf;
	size_t length;

	if (is_between(bytes[0], 0x01, 0x7f))
		return 1;
	if (is_between(bytes[0], 0xc2, 0xdf)) {
		length = 2;
	} else if (is_between(bytes[0], 0xe0, 0xef)) {
		length = 3;
		low = bytes[0] == 0xe0 ? 0xa0 : low;
		high = bytes[0] == 0xed ? 0x9f : high;
	} else if (is_between(bytes[0], 0xf0, 0xf4)) {
		length = 4;
		low = bytes[0] == 0xf0 ? 0x90 : low;
		high = bytes[0] == 0xf4 ? 0x8f : high;
	} else {
		return 0;
	}
	if (size < length || !is_between(bytes[1], low, high))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (!is_between(bytes[i], 0x80, 0xbf))
			return 0;
	return length;
}

/* Upper-case digits too: a decoder that is lax about case must not be misled either. */
static bool looks_escaped(const unsigned char *bytes, size_t size)
{
	return size >= 4 && bytes[0] == '\\' && bytes[1] == 'x' && isxdigit(bytes[2]) &&
	       isxdigit(bytes[3]);
}

char *bytes_escape(const char *data, size_t size)
{
	const unsigned char *in = (const unsigned char *)data;
	char *text = malloc(4 * size + 1);
	if (!text)
		return NULL;
	char *out = text;
	while (size > 0) {
		size_t length = looks_escaped(in, size) ? 0 : sequence_length(in, size);
		if (length > 0)
			out = mempcpy(out, in, length);
		else
			out += sprintf(out, "\\x%02x", *in);
		length += length == 0;
		in += length;
		size -= length;
	}
	*out = '\0';
	return text;
}
