/* SPDX-License-Identifier: MIT */
/*
 * The life of a run: what follows on what. Whatever is not in the table changes nothing.
 */
#include "step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define PHASES (PHASE_DONE + 1)
#define EVENTS (EVENT_DRAIN_OVER + 1)
#define LEFTOVERS_MODES (LEFTOVERS_LEAVE + 1)
#define ANY (-1)

struct row {
	enum phase phase;
	enum event event;
	int leftovers, hook; /* or ANY */
	enum phase next;
	enum action action;
};

/* clang-format off */
static const struct row rows[] = {
	/* The main process lives. */
	{PHASE_RUNNING, EVENT_TREE_GONE, ANY, ANY, PHASE_DRAINING, ACTION_DRAIN},
	{PHASE_RUNNING, EVENT_MAIN_GONE, LEFTOVERS_KILL, ANY, PHASE_ENDING, ACTION_BEGIN_LADDER},
	{PHASE_RUNNING, EVENT_MAIN_GONE, LEFTOVERS_WAIT, ANY, PHASE_WAITING, ACTION_NONE},
	{PHASE_RUNNING, EVENT_MAIN_GONE, LEFTOVERS_LEAVE, ANY, PHASE_DRAINING, ACTION_LEAVE},
	{PHASE_RUNNING, EVENT_ORPHANED, ANY, ANY, PHASE_ENDING, ACTION_KILL},
	{PHASE_RUNNING, EVENT_TERMINATED, ANY, ANY, PHASE_ENDING, ACTION_BEGIN_LADDER},
	{PHASE_RUNNING, EVENT_TIMEOUT, ANY, false, PHASE_ENDING, ACTION_BEGIN_LADDER},
	{PHASE_RUNNING, EVENT_TIMEOUT, ANY, true, PHASE_HOOK, ACTION_RUN_HOOK},

	/* The hook looks at it; a signal to cordon does not wait for that. */
	{PHASE_HOOK, EVENT_TREE_GONE, ANY, ANY, PHASE_DRAINING, ACTION_DRAIN},
	{PHASE_HOOK, EVENT_ORPHANED, ANY, ANY, PHASE_ENDING, ACTION_KILL},
	{PHASE_HOOK, EVENT_TERMINATED, ANY, ANY, PHASE_ENDING, ACTION_BEGIN_LADDER},
	{PHASE_HOOK, EVENT_HOOK_OVER, ANY, ANY, PHASE_ENDING, ACTION_BEGIN_LADDER},

	/* The ladder: no second one is begun, whatever happens. */
	{PHASE_ENDING, EVENT_TREE_GONE, ANY, ANY, PHASE_DRAINING, ACTION_DRAIN},
	{PHASE_ENDING, EVENT_MAIN_GONE, LEFTOVERS_KILL, ANY, PHASE_ENDING, ACTION_END_REST},
	{PHASE_ENDING, EVENT_MAIN_GONE, LEFTOVERS_WAIT, ANY, PHASE_ENDING, ACTION_END_REST},
	{PHASE_ENDING, EVENT_MAIN_GONE, LEFTOVERS_LEAVE, ANY, PHASE_DRAINING, ACTION_LEAVE},
	{PHASE_ENDING, EVENT_ORPHANED, ANY, ANY, PHASE_ENDING, ACTION_KILL},
	{PHASE_ENDING, EVENT_TERMINATED, ANY, ANY, PHASE_ENDING, ACTION_PASS_ON},
	{PHASE_ENDING, EVENT_STUCK, ANY, ANY, PHASE_DRAINING, ACTION_LEAVE},
	{PHASE_ENDING, EVENT_RUNG_DUE, ANY, ANY, PHASE_ENDING, ACTION_CLIMB},

	/* Leftovers have their time, but the limit is one for them, too. */
	{PHASE_WAITING, EVENT_TREE_GONE, ANY, ANY, PHASE_DRAINING, ACTION_DRAIN},
	{PHASE_WAITING, EVENT_ORPHANED, ANY, ANY, PHASE_ENDING, ACTION_KILL},
	{PHASE_WAITING, EVENT_TERMINATED, ANY, ANY, PHASE_ENDING, ACTION_BEGIN_LADDER},
	{PHASE_WAITING, EVENT_TIMEOUT, ANY, false, PHASE_ENDING, ACTION_BEGIN_LADDER},
	{PHASE_WAITING, EVENT_TIMEOUT, ANY, true, PHASE_HOOK, ACTION_RUN_HOOK},

	/* Only output is left, and no limit can make a timeout of the run any more. */
	{PHASE_DRAINING, EVENT_STREAMS_CLOSED, ANY, ANY, PHASE_DONE, ACTION_NONE},
	{PHASE_DRAINING, EVENT_ORPHANED, ANY, ANY, PHASE_DONE, ACTION_GIVE_UP_STREAMS},
	{PHASE_DRAINING, EVENT_TERMINATED, ANY, ANY, PHASE_DONE, ACTION_GIVE_UP_STREAMS},
	{PHASE_DRAINING, EVENT_DRAIN_OVER, ANY, ANY, PHASE_DONE, ACTION_GIVE_UP_STREAMS},
};
/* clang-format on */

static const struct row *find_row(int phase, int event, int leftovers, int hook)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if ((int)rows[i].phase == phase && (int)rows[i].event == event &&
		    (rows[i].leftovers == ANY || rows[i].leftovers == leftovers) &&
		    (rows[i].hook == ANY || rows[i].hook == hook))
			return &rows[i];
	return NULL;
}

static void check(int phase, int event, int leftovers, int hook)
{
	const struct step_policy policy = { .leftovers = (enum leftovers_mode)leftovers,
					    .hook = hook };
	struct step got = supervise_step((enum phase)phase, (enum event)event, policy);
	const struct row *row = find_row(phase, event, leftovers, hook);
	int next = row ? (int)row->next : phase;
	int action = row ? (int)row->action : ACTION_NONE;

	if ((int)got.next != next || (int)got.action != action)
		fail_msg("phase %d, event %d, leftovers %d, hook %d: phase %d, action %d", phase,
			 event, leftovers, hook, (int)got.next, (int)got.action);
}

static void every_event_in_every_phase_is_decided(void **state)
{
	(void)state;
	for (int phase = 0; phase < PHASES; phase++)
		for (int event = 0; event < EVENTS; event++)
			for (int leftovers = 0; leftovers < LEFTOVERS_MODES; leftovers++)
				for (int hook = 0; hook <= 1; hook++)
					check(phase, event, leftovers, hook);
}

static enum phase next(enum phase phase, int event, int leftovers)
{
	const struct step_policy policy = { .leftovers = (enum leftovers_mode)leftovers };
	return supervise_step(phase, (enum event)event, policy).next;
}

static void nothing_comes_back_from_draining(void **state)
{
	(void)state;
	for (int event = 0; event < EVENTS; event++)
		for (int leftovers = 0; leftovers < LEFTOVERS_MODES; leftovers++) {
			assert_true(next(PHASE_DRAINING, event, leftovers) >= PHASE_DRAINING);
			assert_int_equal(next(PHASE_DONE, event, leftovers), PHASE_DONE);
		}
}

static void a_run_whose_tree_is_gone_and_output_over_has_ended(void **state)
{
	(void)state;
	for (int phase = 0; phase < PHASE_DRAINING; phase++) {
		enum phase gone = next((enum phase)phase, EVENT_TREE_GONE, LEFTOVERS_KILL);
		assert_int_equal(next(gone, EVENT_STREAMS_CLOSED, LEFTOVERS_KILL), PHASE_DONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_in_every_phase_is_decided),
		cmocka_unit_test(nothing_comes_back_from_draining),
		cmocka_unit_test(a_run_whose_tree_is_gone_and_output_over_has_ended),
	};
	return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
