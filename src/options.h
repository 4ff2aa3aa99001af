/* SPDX-License-Identifier: MIT */
/*
 * argv to struct spec, by the table of options (optable.h).
 */
#pragma once

#include "spec.h"

/*
 * Fill and check SPEC (initialised by spec_init()) from, in this order and the later
 * winning, the --config file, CORDON_OPTIONS and ARGV. Does not return for --help, --version
 * (status 0) or any misuse (one line, one hint, status 125). What SPEC borrows lives
 * until the process ends.
 */
void options_parse(struct spec *spec, int argc, char **argv);
