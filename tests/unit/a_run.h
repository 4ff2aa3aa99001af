/* SPDX-License-Identifier: MIT */
/*
 * A run that has gone well, for the tests of the report to change and to look at.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "run.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define EXITED(code) ((code) << 8)
#define DIED(sig) (sig)
#define DUMPED(sig) ((sig) | 0x80)

/* A run that has gone well, for each test to change. */
struct fixture {
	struct spec spec;
	struct run run;
	char *command[8];
	char directory[32];
	char path[64]; /* a file in it that is not there yet */
};

static inline void put_arguments(struct fixture *f, const char *first, const char *second)
{
	f->command[0] = strdup(first);
	f->command[1] = second ? strdup(second) : NULL;
	f->spec.command = f->command;
}

static inline void drop_arguments(struct fixture *f)
{
	free(f->command[0]);
	free(f->command[1]);
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct run *run = &f->run;

	run->outcome.leftovers = run->leftovers;
	put_arguments(f, "make", "test");
	f->spec.timeout_ns = f->spec.cpu_time_ns = f->spec.idle_timeout_ns = NS_NEVER;
	f->spec.drain_ns = NS_PER_S;
	f->spec.tail_lines = 20;
	f->spec.output_limit = f->spec.line_limit = LIMIT_NONE;
	f->spec.run_id = "an-id";
	f->spec.verbosity = VERBOSITY_QUIET;
	ladder_default(&f->spec.ladder, TARGET_TREE, SIGTERM, 10 * NS_PER_S);
	run->spec = &f->spec;
	cgroup_init(&run->cgroup);
	usage_init(&run->usage);
	run->usage.reaped = 214;
	run->usage.user_us = 40000000;
	run->usage.system_us = 1123456;
	run->usage.max_rss_bytes = UINT64_C(412) << 20;
	run->outcome.reason = REASON_EXITED;
	run->outcome.pid = 4711;
	run->outcome.started_ns = 5 * NS_PER_S;
	run->outcome.ended_ns = run->outcome.started_ns + 12400 * NS_PER_MS;
	strcpy(f->directory, "/tmp/cordon-unit.XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof(f->path), "%s/report", f->directory);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < STREAM_COUNT; i++)
		free(f->run.relay.stream[i].tail.ring);
	unlink(f->path);
	assert_int_equal(rmdir(f->directory), 0);
	drop_arguments(f);
	free(f);
	return 0;
}

static inline void set_wall(struct fixture *f, int64_t ns)
{
	f->run.outcome.ended_ns = f->run.outcome.started_ns + ns;
}

static inline void fail_to_start(struct fixture *f)
{
	f->run.outcome.reason = REASON_NOT_STARTED;
	f->run.outcome.failure = (struct failure){ .step = "chdir",
						   .option = "--chdir=/x",
						   .what = "cannot enter",
						   .err = ENOENT,
						   .status = STATUS_CORDON };
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
