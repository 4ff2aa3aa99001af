/* SPDX-License-Identifier: MIT */
#include "ctl/quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_plain(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_@%+=:,./-";
	return *word && word[strspn(word, plain)] == '\0';
}

char *quote_word(char *out, size_t size, const char *word)
{
	size_t used = 0;

	if (is_plain(word)) {
		snprintf(out, size, "%s", word);
		return out;
	}
	if (size < sizeof("''")) {
		out[0] = '\0';
		return out;
	}
	out[used++] = '\'';
	for (const char *c = word; *c; c++) {
		const char *piece = *c == '\'' ? "'\\''" : (char[]){ *c, '\0' };
		if (used + strlen(piece) + sizeof("'") > size)
			break;
		used += strlen(strcpy(out + used, piece));
	}
	strcpy(out + used, "'");
	return out;
}
