/* SPDX-License-Identifier: MIT */
/*
 * Climbing the kill ladder: who is sent what, and the record of it.
 */
#pragma once

#include "supervise.h"

/*
 * The first signal, because of EVENT: the ladder's first rung, or in its place the signal
 * that cordon itself was sent. NOW_NS is the time for the record and for the next rung.
 */
void escalate_begin(struct supervisor *supervisor, enum event event, int64_t now_ns);

/* KILL to the tree at once, whatever the ladder says. */
void escalate_kill(struct supervisor *supervisor, int64_t now_ns);

/* The next rung, if there is one. */
void escalate_climb(struct supervisor *supervisor, int64_t now_ns);

/*
 * The main process is gone. A ladder that is for it alone would never end: whoever else is left
 * is killed, once the time after its last signal is over.
 */
void escalate_end_rest(struct supervisor *supervisor, int64_t now_ns);

/* A further signal that cordon was sent: to everyone; the ladder goes on as it was. */
void escalate_pass_on(struct supervisor *supervisor, int sig, int64_t now_ns);

/*
 * KILL once more, for whoever was born during the last pass. Returns false if nobody who is left
 * can be signalled, or (after a second) be found.
 */
bool escalate_kill_again(struct supervisor *supervisor, int64_t now_ns);
