/* SPDX-License-Identifier: MIT */
/*
 * Words as a shell has to be given them, so that a command that is shown can be copied.
 */
#pragma once

#include <stddef.h>

/*
 * WORD into OUT (SIZE bytes, always terminated): as it is where no shell would see anything
 * special in it, else in single quotes. What does not fit is cut off. Returns OUT.
 */
char *quote_word(char *out, size_t size, const char *word);
