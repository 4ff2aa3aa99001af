/* SPDX-License-Identifier: MIT */
/*
 * Reaping: how the main process ended, what everybody has used, and whether somebody is left.
 */
#pragma once

#include "supervise.h"

/*
 * Reap whoever has ended. true with *EVENT if that was the main process (EVENT_MAIN_GONE), or if
 * nobody is left (EVENT_TREE_GONE). The process of --on-timeout is no part of the run: its end makes
 * HOOK_NS due.
 */
bool reap(struct supervisor *supervisor, enum event *event);
