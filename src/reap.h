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

/* Have SIGNAL_FD made, or changed. Returns 0, or -1 with errno. */
int reap_listen(struct supervisor *supervisor, bool to_children);

/*
 * COUNT processes of the cgroup have been sent KILL at once. If they are many, SIGCHLD is not listened
 * to until all are dead, for whoever reaps holds up those who are dying: until reap_look(), when
 * WATCH says that there is something to see, or reap_now(), if it takes too long.
 */
void reap_later(struct supervisor *supervisor, size_t count);
void reap_look(struct supervisor *supervisor);
void reap_now(struct supervisor *supervisor);
