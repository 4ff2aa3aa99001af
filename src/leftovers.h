/* SPDX-License-Identifier: MIT */
/*
 * Who outlives the command, and what became of them: the outcome's list.
 */
#pragma once

#include "outcome.h"
#include "tree.h"

/* Note everybody who is alive in TREE, for ACTION to happen to them. */
void leftovers_note(struct outcome *outcome, struct tree *tree, enum leftover_action action);

/* What was meant for them did not come about, but ACTION. */
void leftovers_change(struct outcome *outcome, enum leftover_action action);

/* They are left: those that are noted, or whoever there is if nobody is. */
void leftovers_leave(struct outcome *outcome, struct tree *tree);
