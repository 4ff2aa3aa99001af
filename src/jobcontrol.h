/* SPDX-License-Identifier: MIT */
/*
 * Job control as if cordon were not there: when the terminal stops the command, cordon stops with
 * it, so that the shell sees a stopped job; and what cordon writes for a command in the background
 * stops both if the terminal is not for the background to write to (stty tostop).
 */
#pragma once

#include "supervise.h"

/* Are cordon and the command in one process group? */
bool jobcontrol_shares_group(const struct supervisor *supervisor);

/* From now on the terminal is asked before it is written to, where it has to be. */
void jobcontrol_start(struct supervisor *supervisor);

/* The command was stopped by SIG. */
void jobcontrol_follow(struct supervisor *supervisor, int sig);

/* Output is there that the terminal would have stopped the command for. */
void jobcontrol_stop_writer(struct supervisor *supervisor);

/* What is typed is the shell's for now. */
void jobcontrol_await_keys(struct supervisor *supervisor);

/* BAR_NS is due: the terminal may be for cordon to read or to write to by now. */
void jobcontrol_look(struct supervisor *supervisor);
