/* SPDX-License-Identifier: MIT */
/*
 * --no-net: a network namespace of the command's own. A new one has nothing but a loopback device,
 * and that is down.
 */
#pragma once

/* In the child, in its new namespace. Returns 0, or -1 with errno. */
int net_raise_loopback(void);
