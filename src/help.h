/* SPDX-License-Identifier: MIT */
/*
 * What cordon says on standard output instead of running something. Each writes, and ends
 * the process: with status 0, or with 125 and a message if it could not be written.
 */
#pragma once

/* --help, made from the table of options. */
void help_show(void) __attribute__((noreturn));

/* --version: name, version, how it was built. */
void help_show_version(void) __attribute__((noreturn));

/* A text that is already there. */
void help_show_text(const char *text) __attribute__((noreturn));
