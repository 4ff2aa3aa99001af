/* SPDX-License-Identifier: MIT */
/*
 * The scanner keeps no state but where it is, so that one line can be scanned twice.
 */
#include "scan.h"

#include <string.h>

/* The row of a long option; *RESULT says why there is none. */
static const struct option_row *find_long(const struct scan *scan, const char *name, size_t length,
					  enum scan_result *result)
{
	const struct option_row *found = optable_find(scan->rows, scan->row_count, name, length);
	int candidates = 0;

	if (found)
		return found;
	for (size_t i = 0; scan->abbreviate && i < scan->row_count; i++) {
		if (strncmp(scan->rows[i].name, name, length) != 0)
			continue;
		found = &scan->rows[i];
		candidates++;
	}
	*result = candidates > 1 ? SCAN_AMBIGUOUS : SCAN_UNKNOWN;
	return candidates == 1 ? found : NULL;
}

static enum scan_result scan_long(struct scan *scan, const char *word, struct scanned *scanned)
{
	enum scan_result result = SCAN_UNKNOWN;
	size_t length = (size_t)(strchrnul(word, '=') - word);
	const struct option_row *row = find_long(scan, word, length, &result);

	*scanned = (struct scanned){ .row = row, .word = word, .length = length };
	if (!row)
		return result;
	if (word[length] == '=')
		scanned->argument = word + length + 1;
	if (!row->argument[0])
		return scanned->argument ? SCAN_WITH_ARGUMENT : SCAN_OPTION;
	if (!scanned->argument && !row->optional) {
		if (!scan->words[scan->next])
			return SCAN_WITHOUT_ARGUMENT;
		scanned->argument = scan->words[scan->next++];
	}
	return SCAN_OPTION;
}

static enum scan_result scan_short(struct scan *scan, struct scanned *scanned)
{
	char letter = *scan->bundle++;
	const char *rest = scan->bundle;
	const struct option_row *row = optable_letter(scan->rows, scan->row_count, letter);

	*scanned = (struct scanned){ .row = row, .letter = letter };
	if (!*rest)
		scan->bundle = NULL;
	if (!row)
		return SCAN_UNKNOWN;
	if (!row->argument[0] || row->optional)
		return SCAN_OPTION;
	scan->bundle = NULL;
	scanned->argument = *rest ? rest : scan->words[scan->next];
	if (!scanned->argument)
		return SCAN_WITHOUT_ARGUMENT;
	if (!*rest)
		scan->next++;
	return SCAN_OPTION;
}

enum scan_result scan_next(struct scan *scan, struct scanned *scanned)
{
	if (scan->bundle)
		return scan_short(scan, scanned);

	const char *word = scan->words[scan->next];
	if (!word || word[0] != '-' || word[1] == '\0')
		return SCAN_END;
	scan->next++;
	if (word[1] != '-') {
		scan->bundle = word + 1;
		return scan_short(scan, scanned);
	}
	if (word[2] == '\0')
		return SCAN_END;
	return scan_long(scan, word + 2, scanned);
}
