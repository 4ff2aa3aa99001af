/* SPDX-License-Identifier: MIT */
#include "step.h"

static struct step to(enum phase next, enum action action)
{
	return (struct step){ next, action };
}

static struct step step_running(enum event event, struct step_policy policy)
{
	switch (event) {
	case EVENT_TREE_GONE:
		return to(PHASE_DRAINING, ACTION_DRAIN);
	case EVENT_MAIN_GONE:
		switch (policy.leftovers) {
		case LEFTOVERS_KILL:
			return to(PHASE_ENDING, ACTION_BEGIN_LADDER);
		case LEFTOVERS_WAIT:
			return to(PHASE_WAITING, ACTION_NONE);
		case LEFTOVERS_LEAVE:
			return to(PHASE_DRAINING, ACTION_LEAVE);
		}
		break;
	case EVENT_ORPHANED:
		return to(PHASE_ENDING, ACTION_KILL);
	case EVENT_TIMEOUT:
		return policy.hook ? to(PHASE_HOOK, ACTION_RUN_HOOK)
				   : to(PHASE_ENDING, ACTION_BEGIN_LADDER);
	case EVENT_TERMINATED:
		return to(PHASE_ENDING, ACTION_BEGIN_LADDER);
	case EVENT_STREAMS_CLOSED: /* a command may close its output and go on */
	case EVENT_STUCK:
	case EVENT_HOOK_OVER:
	case EVENT_RUNG_DUE:
	case EVENT_DRAIN_OVER:
		break;
	}
	return to(PHASE_RUNNING, ACTION_NONE);
}

static struct step step_ending(enum event event, struct step_policy policy)
{
	switch (event) {
	case EVENT_TREE_GONE:
		return to(PHASE_DRAINING, ACTION_DRAIN);
	case EVENT_MAIN_GONE:
		if (policy.leftovers == LEFTOVERS_LEAVE)
			return to(PHASE_DRAINING, ACTION_LEAVE);
		return to(PHASE_ENDING, ACTION_END_REST);
	case EVENT_STUCK:
		return to(PHASE_DRAINING, ACTION_LEAVE);
	case EVENT_ORPHANED:
		return to(PHASE_ENDING, ACTION_KILL);
	case EVENT_TERMINATED:
		return to(PHASE_ENDING, ACTION_PASS_ON);
	case EVENT_RUNG_DUE:
		return to(PHASE_ENDING, ACTION_CLIMB);
	case EVENT_STREAMS_CLOSED:
	case EVENT_TIMEOUT:
	case EVENT_HOOK_OVER:
	case EVENT_DRAIN_OVER:
		break;
	}
	return to(PHASE_ENDING, ACTION_NONE);
}

/* Signals wait until the hook has looked; only being told to end does not. */
static struct step step_hook(enum event event)
{
	switch (event) {
	case EVENT_TREE_GONE:
		return to(PHASE_DRAINING, ACTION_DRAIN);
	case EVENT_ORPHANED:
		return to(PHASE_ENDING, ACTION_KILL);
	case EVENT_HOOK_OVER:
	case EVENT_TERMINATED:
		return to(PHASE_ENDING, ACTION_BEGIN_LADDER);
	case EVENT_MAIN_GONE:
	case EVENT_STREAMS_CLOSED:
	case EVENT_STUCK:
	case EVENT_TIMEOUT:
	case EVENT_RUNG_DUE:
	case EVENT_DRAIN_OVER:
		break;
	}
	return to(PHASE_HOOK, ACTION_NONE);
}

static struct step step_waiting(enum event event, struct step_policy policy)
{
	switch (event) {
	case EVENT_TREE_GONE:
		return to(PHASE_DRAINING, ACTION_DRAIN);
	case EVENT_ORPHANED:
		return to(PHASE_ENDING, ACTION_KILL);
	case EVENT_TIMEOUT:
		return policy.hook ? to(PHASE_HOOK, ACTION_RUN_HOOK)
				   : to(PHASE_ENDING, ACTION_BEGIN_LADDER);
	case EVENT_TERMINATED:
		return to(PHASE_ENDING, ACTION_BEGIN_LADDER);
	case EVENT_MAIN_GONE:
	case EVENT_STREAMS_CLOSED:
	case EVENT_STUCK:
	case EVENT_HOOK_OVER:
	case EVENT_RUNG_DUE:
	case EVENT_DRAIN_OVER:
		break;
	}
	return to(PHASE_WAITING, ACTION_NONE);
}

static struct step step_draining(enum event event)
{
	switch (event) {
	case EVENT_STREAMS_CLOSED:
		return to(PHASE_DONE, ACTION_NONE);
	case EVENT_ORPHANED:
	case EVENT_TERMINATED:
	case EVENT_DRAIN_OVER:
		return to(PHASE_DONE, ACTION_GIVE_UP_STREAMS);
	case EVENT_TREE_GONE:
	case EVENT_MAIN_GONE:
	case EVENT_STUCK:
	case EVENT_TIMEOUT:
	case EVENT_HOOK_OVER:
	case EVENT_RUNG_DUE:
		break;
	}
	return to(PHASE_DRAINING, ACTION_NONE);
}

struct step supervise_step(enum phase phase, enum event event, struct step_policy policy)
{
	switch (phase) {
	case PHASE_RUNNING:
		return step_running(event, policy);
	case PHASE_HOOK:
		return step_hook(event);
	case PHASE_ENDING:
		return step_ending(event, policy);
	case PHASE_WAITING:
		return step_waiting(event, policy);
	case PHASE_DRAINING:
		return step_draining(event);
	case PHASE_DONE:
		break;
	}
	return to(PHASE_DONE, ACTION_NONE);
}
