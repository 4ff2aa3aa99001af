/* SPDX-License-Identifier: MIT */
/*
 * What each option does to the spec. Whatever is wrong with a value ends here, in
 * one line that names the option and where it came from.
 */
#pragma once

#include <stddef.h>

#include "deferred.h"
#include "optable.h"
#include "setting.h"
#include "spec.h"

/* Settings on their way into SPEC. */
struct settings {
	struct spec *spec;
	struct deferred deferred;
	size_t first_report; /* of the source that is being read, see settings_begin() */
};

/* The reports from here on come from another source, and may replace those before. */
void settings_begin(struct settings *settings);

/* Carry out one option, or see to it that deferred_finish() will. */
void settings_apply(struct settings *settings, const struct setting *setting);

/* Back to the default, as if it had not been given. */
void settings_reset(struct settings *settings, const struct option_row *row);
