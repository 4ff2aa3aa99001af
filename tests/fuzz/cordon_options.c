/* SPDX-License-Identifier: MIT */
/*
 * Any text as CORDON_OPTIONS: split into words inside it, and those scanned as options to
 * the end.
 */
#include "presets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void scan_words(char **words, int count)
{
	struct scan scan = { .rows = optable_rows, .row_count = optable_count, .words = words };
	struct scanned scanned;
	enum scan_result result;

	while ((result = scan_next(&scan, &scanned)) != SCAN_END) {
		require(scan.next <= count);
		require((scanned.row != NULL) == (result != SCAN_UNKNOWN));
		require(result != SCAN_AMBIGUOUS);
		if (result == SCAN_OPTION && !scanned.row->optional)
			require((scanned.argument != NULL) == (scanned.row->argument[0] != '\0'));
		if (result == SCAN_UNKNOWN && !scanned.letter)
			optable_nearest(scanned.word, scanned.length);
	}
	require(scan.next <= count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const char *problem = NULL;
	int count = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	char **words = presets_split(text, &problem);
	require((words == NULL) == (problem != NULL));
	for (; words && words[count]; count++)
		require(words[count] >= text && words[count] + strlen(words[count]) <= text + size);
	if (words)
		scan_words(words, count);
	free(words);
	free(text);
	return 0;
}
