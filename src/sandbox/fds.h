/* SPDX-License-Identifier: MIT */
/*
 * Which of the descriptors that cordon was given the command gets: 0 to 2, and of those above
 * all of them, or with a sandbox only those of --keep-fd.
 */
#pragma once

#include "spec.h"

/*
 * In the child: close what is not to be kept, whoever opened it; so a step behind this one can
 * use no descriptor that was prepared but SPARED (-1: none), which is close-on-exec. Returns 0, or
 * -1 with errno.
 */
int fds_apply(const struct sandbox_spec *spec, int spared);
