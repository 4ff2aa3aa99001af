/* SPDX-License-Identifier: MIT */
/*
 * When the CPU time of a tree is looked at.
 */
#include "cputime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"

/* With a process on each processor; but not all the time, as the end comes near. */
static void nothing_is_overrun_before_the_next_look(void **state)
{
	const int64_t processors = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	for (int64_t left_ns = 1; left_ns < 1000 * NS_PER_S; left_ns *= 3) {
		int64_t look_ns = cputime_next_look_ns(left_ns);
		if (look_ns != 5 * NS_PER_MS)
			assert_in_range(look_ns, 5 * NS_PER_MS, left_ns / processors);
		assert_true(look_ns >= left_ns / processors);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_overrun_before_the_next_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
