/* SPDX-License-Identifier: MIT */
/*
 * Slots are waited for whatever poll(2) has to say to their number.
 */
#include "slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"

#define SLOTS 16

struct fixture {
	struct pollfd slots[SLOTS];
	int pipe[2];
	struct rlimit given;
};

static int set_up(void **state)
{
	static struct fixture f;
	assert_int_equal(pipe(f.pipe), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &f.given), 0);
	for (int i = 0; i < SLOTS; i++)
		f.slots[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	f.slots[SLOTS - 1].fd = f.pipe[0];
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &f->given), 0);
	close(f->pipe[0]);
	close(f->pipe[1]);
	return 0;
}

/* As few descriptors as may be open: poll(2) fails with EINVAL for more. */
static void allow(const struct fixture *f, rlim_t count)
{
	const struct rlimit few = { .rlim_cur = count, .rlim_max = f->given.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(poll((struct pollfd *)f->slots, SLOTS, 0), -1);
}

/* Fewer than are in use. */
static void allow_few(struct fixture *f)
{
	for (int i = 0; i < SLOTS - 1; i++)
		f->slots[i].fd = f->pipe[1]; /* never readable */
	allow(f, SLOTS / 2);
}

static void check_ready(struct fixture *f)
{
	assert_int_equal(write(f->pipe[1], "x", 1), 1);
	slots_wait(f->slots, SLOTS, -1);
	for (int i = 0; i < SLOTS; i++)
		assert_int_equal(f->slots[i].revents, i == SLOTS - 1 ? POLLIN : 0);
}

static void check_not_ready(struct fixture *f, int timeout_ms)
{
	int64_t began_ns = clock_now_ns();
	for (int i = 0; i < SLOTS; i++)
		f->slots[i].revents = POLLERR;
	slots_wait(f->slots, SLOTS, timeout_ms);
	for (int i = 0; i < SLOTS; i++)
		assert_int_equal(f->slots[i].revents, 0);
	assert_true(clock_now_ns() - began_ns >= timeout_ms * NS_PER_MS);
}

static void what_is_ready_is_found(void **state)
{
	check_ready(*state);
}

static void slots_that_are_not_in_use_do_not_count(void **state)
{
	struct fixture *f = *state;
	int64_t began_ns = clock_now_ns();
	allow(f, 1);
	slots_wait(f->slots, SLOTS, 50);
	assert_true(clock_now_ns() - began_ns >= 50 * NS_PER_MS);
	check_ready(f);
}

static void what_is_ready_is_found_with_few_descriptors(void **state)
{
	allow_few(*state);
	check_ready(*state);
}

static void the_wait_ends_at_its_time(void **state)
{
	check_not_ready(*state, 0);
	check_not_ready(*state, 5);
	allow_few(*state);
	check_not_ready(*state, 0);
	check_not_ready(*state, 5);
}

static void waiting_with_few_descriptors_is_no_busy_loop(void **state)
{
	struct fixture *f = *state;
	int64_t began_ns = clock_now_ns();
	allow_few(f);
	slots_wait(f->slots, SLOTS, -1);
	assert_true(clock_now_ns() - began_ns >= 5 * NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_ready_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slots_that_are_not_in_use_do_not_count, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_ready_is_found_with_few_descriptors, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_wait_ends_at_its_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waiting_with_few_descriptors_is_no_busy_loop,
						set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
