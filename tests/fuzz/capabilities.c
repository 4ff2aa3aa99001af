/* SPDX-License-Identifier: MIT */
/*
 * Lists of capabilities: what is accepted names some, and the same again by the name of each; "all"
 * is a word for itself. What is refused says why, and leaves the mask alone.
 */
#include "sandbox/caps.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

static bool accepts(const char *text, bool all, uint64_t *mask)
{
	char why[256] = "";
	*mask = UNTOUCHED;
	if (caps_parse(text, all, mask, why, sizeof(why)) == 0)
		return true;
	assert(why[0] && *mask == UNTOUCHED);
	return false;
}

/* Each of the capabilities has a name that stands for it alone. */
static void check_mask(uint64_t mask)
{
	assert(mask != 0);
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		char name[64], longer[80];
		uint64_t again;
		caps_name(rest, name, sizeof(name));
		assert(accepts(name, false, &again) && again == (rest & -rest));
		snprintf(longer, sizeof(longer), "CAP_%s", name);
		assert(accepts(longer, true, &again) && again == (rest & -rest));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	uint64_t mask, with_all;

	assert(text);
	bool accepted = accepts(text, false, &mask);
	if (accepted)
		check_mask(mask);
	bool is_all = strcmp(text, "all") == 0;
	assert(accepts(text, true, &with_all) == (accepted || is_all));
	assert(is_all ? with_all == UINT64_MAX : with_all == mask);
	free(text);
	return 0;
}
