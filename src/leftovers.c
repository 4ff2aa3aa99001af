/* SPDX-License-Identifier: MIT */
#include "leftovers.h"

#include <string.h>

#include "process.h"

void leftovers_note(struct outcome *outcome, struct tree *tree, enum leftover_action action)
{
	tree_scan(tree);
	for (size_t i = 0; i < tree->count; i++) {
		struct process process;
		pid_t pid = tree->member[i].pid;
		if (process_read(pid, &process) < 0 || process.dead)
			continue;
		if (outcome->leftover_count < LEFTOVERS_MAX) {
			struct leftover *leftover = &outcome->leftovers[outcome->leftover_count];
			leftover->pid = pid;
			leftover->action = action;
			memcpy(leftover->command, process.command, sizeof(process.command));
		}
		outcome->leftover_count++;
	}
}

void leftovers_change(struct outcome *outcome, enum leftover_action action)
{
	for (unsigned i = 0; i < outcome->leftover_count && i < LEFTOVERS_MAX; i++)
		outcome->leftovers[i].action = action;
}

void leftovers_leave(struct outcome *outcome, struct tree *tree)
{
	if (outcome->leftover_count)
		leftovers_change(outcome, LEFTOVER_LEFT);
	else
		leftovers_note(outcome, tree, LEFTOVER_LEFT); /* of a run that was being ended */
}
