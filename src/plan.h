/* SPDX-License-Identifier: MIT */
/*
 * --dry-run: what would be done, mechanism by mechanism, in the order of the child's steps.
 */
#pragma once

#include "outcome.h"
#include "spec.h"

/* Print SPEC's plan to stdout and start nothing. Returns what cordon ends with. */
struct exit_status plan_print(const struct spec *spec);
