/* SPDX-License-Identifier: MIT */
/*
 * cordon by the name of cordonctl: looking after the host that runs are to find.
 */
#pragma once

/*
 * "cordonctl VERB [OPTION]...". Does not return: the status is the verb's, 0 after --help and
 * --version, and 125 after any misuse (one line, one hint).
 */
void ctl_run(int argc, char **argv) __attribute__((noreturn));
