/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a --config file: nothing is read or written outside of them, every string that
 * comes back is inside them, and a message never has more than one line.
 */
#include "presets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "optable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void require_inside(const char *text, size_t size, const char *string)
{
	require(string >= text && string + strlen(string) <= text + size);
	for (; *string; string++)
		require((unsigned char)*string >= 0x20 || *string == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct presets presets;
	struct preset preset;
	unsigned line = 0;
	int got;

	memcpy(text, data, size);
	text[size] = '\0';
	presets_init(&presets, text, size);
	while ((got = presets_next(&presets, &preset)) > 0) {
		require(presets.line > line);
		line = presets.line;
		if (presets.section)
			require_inside(text, size, presets.section);
		if (!preset.name) {
			require(presets.section && *presets.section);
			continue;
		}
		require_inside(text, size, preset.name);
		require(*preset.name && !strpbrk(preset.name, " \t="));
		if (preset.value)
			require_inside(text, size, preset.value);
		if (!optable_find(optable_rows, optable_count, preset.name, strlen(preset.name)))
			optable_nearest(preset.name, strlen(preset.name));
	}
	if (got < 0)
		require(*presets.problem && !strchr(presets.problem, '\n'));
	free(text);
	return 0;
}
