/* SPDX-License-Identifier: MIT */
/*
 * cordon by the name of timeout: the command line of POSIX.1-2024's timeout utility and
 * of GNU coreutils', with the latter's messages.
 */
#pragma once

#include "spec.h"

/*
 * Fill and check SPEC (initialised by spec_init()) from "timeout [OPTION]... DURATION
 * COMMAND [ARG]...". CORDON_OPTIONS does not count here. Does not return for --help,
 * --version (status 0) or any misuse (one line, one hint, status 125). What SPEC borrows
 * lives until the process ends.
 */
void timeout_parse(struct spec *spec, int argc, char **argv);
