/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text where printf(3) may not be called, or is not worth its start-up.
 */
#pragma once

/*
 * Write VALUE in BASE (2 to 16) so that its last digit is the one before END. Returns where the
 * first one is. Async-signal-safe.
 */
char *digits_before(char *end, unsigned value, unsigned base);
