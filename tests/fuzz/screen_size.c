/* SPDX-License-Identifier: MIT */
/*
 * Sizes of a terminal: what is accepted is exactly two numbers in their range.
 */
#include "parse.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), plain[32];
	struct screen_size screen = { 7, 9 }, again;

	assert(text);
	errno = 0;
	if (parse_screen_size(text, &screen) == 0) {
		char *x;
		assert(strtoul(text, &x, 10) == screen.columns && *x == 'x');
		assert(strtoul(x + 1, NULL, 10) == screen.rows);
		assert(strspn(text, "0123456789x") == strlen(text));
		assert(screen.columns > 0 && screen.rows > 0);
		snprintf(plain, sizeof(plain), "%dx%d", screen.columns, screen.rows);
		assert(parse_screen_size(plain, &again) == 0);
		assert(again.columns == screen.columns && again.rows == screen.rows);
	} else {
		assert(errno == EINVAL || errno == ERANGE);
		assert(screen.columns == 7 && screen.rows == 9);
	}
	free(text);
	return 0;
}
