/* SPDX-License-Identifier: MIT */
/*
 * Nobody waits at a pipe that others share, whatever poll(2) has said before they came.
 */
#include "relay/end.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"

/* In place of the C library's: what it said is no longer true. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	(void)fds, (void)timeout_ms;
	return (int)count;
}

static void need_nowait(int fd)
{
	const struct iovec nothing = { "", 0 };
	if (pwritev2(fd, &nothing, 1, -1, RWF_NOWAIT) < 0)
		skip();
}

static void fill(int fd)
{
	char bytes[4096] = { 0 };
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	fcntl(fd, F_SETFL, 0);
}

static void a_shared_pipe_is_not_waited_for(void **state)
{
	(void)state;
	int fds[2];
	char byte = 0;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	_cleanup_close_ int in = fds[0], out = fds[1];
	need_nowait(out);
	struct end from = { .fd = in, .kind = END_NOWAIT }, to = { .fd = out, .kind = END_NOWAIT };

	alarm(10);
	assert_int_equal(end_read(&from, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	fill(out);
	assert_int_equal(end_write(&to, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	alarm(0);
	assert_int_equal(from.kind, END_NOWAIT);
	assert_int_equal(to.kind, END_NOWAIT);
}

/* A pipe with a name, or before Linux 6.4 any. */
static void a_pipe_that_does_not_know_of_that_is_used_all_the_same(void **state)
{
	(void)state;
	char name[] = "/tmp/cordon-end.XXXXXX", byte = 'x';
	assert_int_equal(close(mkstemp(name)), 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	_cleanup_close_ int fifo = open(name, O_RDWR | O_CLOEXEC);
	unlink(name);
	struct end from = { .fd = fifo, .kind = END_NOWAIT }, to = from;

	alarm(10);
	assert_int_equal(end_write(&to, &byte, 1), 1);
	byte = 0;
	assert_int_equal(end_read(&from, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	alarm(0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_pipe_is_not_waited_for),
		cmocka_unit_test(a_pipe_that_does_not_know_of_that_is_used_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
