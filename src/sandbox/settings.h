/* SPDX-License-Identifier: MIT */
/*
 * What the options of the sandbox do to the spec, and what they mean together.
 */
#pragma once

#include "setting.h"
#include "spec.h"

/* Carry out one option of a kind that is the sandbox's own; msg_misuse() if it makes no sense. */
void sandbox_setting(struct spec *spec, const struct setting *setting);

/*
 * Complete the sandbox of SPEC: what its options imply. Contradictions, and what cannot be so on
 * this host, end in msg_misuse(). To be called before cordon has descriptors of its own.
 */
void sandbox_check(struct spec *spec);

void sandbox_spec_fini(struct sandbox_spec *spec);
