/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#define PAUSE_MS 10 /* between two looks at them one by one */

static bool look_at_each(struct pollfd *slots, nfds_t count)
{
	bool ready = false;
	for (nfds_t i = 0; i < count; i++) {
		if (poll(&slots[i], 1, 0) <= 0)
			slots[i].revents = 0;
		ready |= slots[i].revents != 0;
	}
	return ready;
}

static void wait_for_each(struct pollfd *slots, nfds_t count, int timeout_ms)
{
	if (look_at_each(slots, count))
		return;
	poll(NULL, 0, timeout_ms >= 0 && timeout_ms < PAUSE_MS ? timeout_ms : PAUSE_MS);
	look_at_each(slots, count);
}

void slots_wait(struct pollfd *slots, nfds_t count, int timeout_ms)
{
	struct pollfd used[SLOTS_MAX];
	nfds_t slot[SLOTS_MAX], used_count = 0;
	assert(count <= SLOTS_MAX);
	for (nfds_t i = 0; i < count; i++) {
		slots[i].revents = 0;
		if (slots[i].fd < 0)
			continue;
		slot[used_count] = i;
		used[used_count++] = slots[i];
	}
	if (poll(used, used_count, timeout_ms) < 0)
		wait_for_each(used, used_count, timeout_ms);
	for (nfds_t i = 0; i < used_count; i++)
		slots[slot[i]].revents = used[i].revents;
}
