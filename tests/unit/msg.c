/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics: what arrives on stderr, byte by byte, and that it is one write.
 */
#include "msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* stderr as a socket that keeps the boundaries of what is written to it. */
struct capture {
	int saved, fd;
};

static void capture_start(struct capture *capture)
{
	int pair[2];

	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), errno);
	capture->saved = dup(STDERR_FILENO);
	capture->fd = pair[0];
	dup2(pair[1], STDERR_FILENO);
	close(pair[1]);
}

static void capture_end(struct capture *capture)
{
	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
}

/* The next write into TEXT; its length, 0 at the end. */
static size_t capture_next(struct capture *capture, char *text, size_t size)
{
	ssize_t n = recv(capture->fd, text, size - 1, 0);

	assert_return_code(n, errno);
	text[n] = '\0';
	return (size_t)n;
}

static void control_characters_and_broken_text_are_escaped(void **state)
{
	static const char right_to_left[] = { (char)0xe2, (char)0x80, (char)0xae, '\0' };
	/* clang-format off */
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "plain 'text' \\n", "plain 'text' \\n" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\rd" },
		{ "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\x80", "\\x80" },
		{ "\xc3", "\\xc3" },
		{ "\xc3(", "\\xc3(" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xc0\xaf", "\\xc0\\xaf" },                 /* '/' in too many bytes */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },        /* a surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
		{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
		{ "\xc2\x85\xc2\x9b", "\\xc2\\x85\\xc2\\x9b" }, /* C1: next line, CSI */
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },        /* line separator */
		{ right_to_left, "\\xe2\\x80\\xae" },
		{ "\xc2\xa0", "\xc2\xa0" },
	};
	/* clang-format on */
	char out[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(msg_escape(out, sizeof out, rows[i].text), rows[i].expected);
}

static void text_that_does_not_fit_ends_in_dots(void **state)
{
	/* clang-format off */
	static const struct {
		size_t size;
		const char *text, *expected;
	} rows[] = {
		{ 7, "abcdef", "abcdef" },
		{ 6, "abcdef", "ab..." },
		{ 6, "ab\ncd", "ab..." },   /* never half of an escape */
		{ 8, "\n\n\n\n", "\\n\\n..." },
		{ 6, "\xc3\xbc\xc3\xbc\xc3\xbc", "\xc3\xbc..." },
		{ 5, "abcdef", "a..." },
		{ 4, "abcdef", "..." },
		{ 3, "abcdef", "" },
		{ 1, "abcdef", "" },
		{ 1, "", "" },
	};
	/* clang-format on */
	char out[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		memset(out, '#', sizeof out);
		assert_ptr_equal(msg_escape(out, rows[i].size, rows[i].text), out);
		assert_string_equal(out, rows[i].expected);
		assert_int_equal(out[rows[i].size], '#');
	}
	out[0] = '#';
	msg_escape(out, 0, "abc");
	assert_int_equal(out[0], '#');
}

static void a_warning_is_one_line_in_one_write(void **state)
{
	struct capture capture;
	char text[8192];

	(void)state;
	capture_start(&capture);
	errno = EXDEV;
	msg_warn("%s is '%s', %d", "this", "a\nb", 7);
	assert_int_equal(errno, EXDEV);
	msg_warn_errno(ENOENT, "%s", "x\x1b");
	assert_int_equal(errno, EXDEV);
	capture_end(&capture);

	capture_next(&capture, text, sizeof text);
	assert_string_equal(text, "cordon: this is 'a\\nb', 7\n");
	capture_next(&capture, text, sizeof text);
	assert_string_equal(text, "cordon: x\\x1b: No such file or directory\n");
	assert_int_equal(capture_next(&capture, text, sizeof text), 0);
	close(capture.fd);
}

/* What is said of it comes behind it: the reason must not be what is cut off. */
static void a_warning_that_is_too_long_keeps_its_reason(void **state)
{
	static const char tail[] = "...: Permission denied\n";
	struct capture capture;
	char text[8192], *name = malloc(100000);
	size_t length;

	(void)state;
	memset(name, '\x01', 99999);
	name[99999] = '\0';
	capture_start(&capture);
	msg_warn_errno(EACCES, "%s", name);
	msg_warn("%.4200s", name);
	capture_end(&capture);
	free(name);

	length = capture_next(&capture, text, sizeof text);
	assert_true(length <= 4096);
	assert_true(length > 4000);
	assert_string_equal(text + length - strlen(tail), tail);
	length = capture_next(&capture, text, sizeof text);
	assert_string_equal(text + length - 4, "...\n");
	assert_int_equal(capture_next(&capture, text, sizeof text), 0);
	close(capture.fd);
}

static void the_name_of_the_program_can_be_another(void **state)
{
	struct capture capture;
	char text[256];

	(void)state;
	msg_set_program("timeout");
	assert_string_equal(msg_program(), "timeout");
	capture_start(&capture);
	msg_warn("x");
	capture_end(&capture);
	msg_set_program("cordon");
	capture_next(&capture, text, sizeof text);
	assert_string_equal(text, "timeout: x\n");
	close(capture.fd);
}

static void a_misuse_is_a_line_and_a_hint_and_the_end(void **state)
{
	struct capture capture;
	char text[256];
	int status;

	(void)state;
	capture_start(&capture);
	pid_t pid = fork();
	if (pid == 0)
		msg_misuse("unknown option '%s'", "--x\n");
	capture_end(&capture);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 125);
	capture_next(&capture, text, sizeof text);
	assert_string_equal(text, "cordon: unknown option '--x\\n'\n");
	capture_next(&capture, text, sizeof text);
	assert_string_equal(text, "Try 'cordon --help' for more information.\n");
	assert_int_equal(capture_next(&capture, text, sizeof text), 0);
	close(capture.fd);
}

static void nobody_to_tell_is_no_reason_to_stop(void **state)
{
	int saved = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);
	errno = 0;
	msg_warn("lost");
	assert_int_equal(errno, 0);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
}

static void every_errno_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(msg_errno_text(ENOENT), "No such file or directory");
	assert_string_equal(msg_errno_text(EFBIG), "File too large");
	assert_non_null(strstr(msg_errno_text(99999), "99999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_and_broken_text_are_escaped),
		cmocka_unit_test(text_that_does_not_fit_ends_in_dots),
		cmocka_unit_test(a_warning_is_one_line_in_one_write),
		cmocka_unit_test(a_warning_that_is_too_long_keeps_its_reason),
		cmocka_unit_test(the_name_of_the_program_can_be_another),
		cmocka_unit_test(a_misuse_is_a_line_and_a_hint_and_the_end),
		cmocka_unit_test(nobody_to_tell_is_no_reason_to_stop),
		cmocka_unit_test(every_errno_has_a_text),
	};
	return cmocka_run_group_tests_name("msg", tests, NULL, NULL);
}
