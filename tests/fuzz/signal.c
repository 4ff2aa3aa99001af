/* SPDX-License-Identifier: MIT */
/*
 * Signals: through the name and back, in any case, with SIG and without.
 */
#include "parse.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNTOUCHED (-0x5a5a)

static bool accepts(const char *text, int *sig)
{
	*sig = UNTOUCHED;
	errno = 0;
	if (parse_signal(text, sig) == 0)
		return true;
	assert(errno == EINVAL || errno == ERANGE);
	assert(*sig == UNTOUCHED);
	return false;
}

/* What was accepted is a signal that can be used, and its names lead back to it. */
static void check_signal(int sig)
{
	char text[32];
	sigset_t set;
	int again;

	assert(sig >= 1 && sig <= SIGRTMAX);
	assert(sigemptyset(&set) == 0 && sigaddset(&set, sig) == 0);

	const char *name = parse_signal_name(sig);
	assert(accepts(name, &again) && again == sig);
	snprintf(text, sizeof(text), "sig%s", name);
	assert(accepts(text, &again) && again == sig);
	snprintf(text, sizeof(text), "%d", sig);
	assert(accepts(text, &again) && again == sig);
}

static void swap_case(char *text)
{
	for (; *text; text++)
		*text = (char)(islower((unsigned char)*text) ? toupper((unsigned char)*text)
							     : tolower((unsigned char)*text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *longer = malloc(size + 4);
	int sig, again;

	assert(text && longer);
	bool accepted = accepts(text, &sig);
	int err = errno;
	if (accepted)
		check_signal(sig);

	/* SIG before a name that has none changes nothing; before another it is refused. */
	sprintf(longer, "SIG%s", text);
	bool prefixed = strncasecmp(text, "sig", 3) == 0 || isdigit((unsigned char)*text);
	assert(accepts(longer, &again) == (accepted && !prefixed));
	assert(again == (accepted && !prefixed ? sig : UNTOUCHED));

	swap_case(text);
	assert(accepts(text, &again) == accepted && again == sig);
	assert(accepted || errno == err);
	free(longer);
	free(text);
	return 0;
}
