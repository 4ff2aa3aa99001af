/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/* The policy of --seccomp=default as text, and its length. */
extern const char default_policy[];
extern const size_t default_policy_size;
