/* SPDX-License-Identifier: MIT */
/*
 * Why the command was denied something: the kernel does not tell, but what the command has written
 * often does, together with the rules. Where there is more than one reason it could be, nothing is
 * said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec.h"

/*
 * TEXT, SIZE bytes, are the last lines that the command wrote. Puts into OUT (OUT_SIZE bytes) which
 * rule of SPEC most likely led to one of them, the last if there are several; false if none is
 * known to. Looks at files, as they are now.
 */
bool explain_output(const struct spec *spec, const char *text, size_t size, char *out,
		    size_t out_size);

/* The same of a program that could not be executed: PATH, with a slash in it. */
bool explain_exec(const struct spec *spec, const char *path, char *out, size_t out_size);
