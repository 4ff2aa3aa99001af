/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers: what is accepted, what it means, what is refused and with which errno.
 */
#include "parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "clock.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define US NS_PER_US
#define MS NS_PER_MS
#define S NS_PER_S
#define UNTOUCHED 0x5a5a5a5a5a5a5a5a

/* The result of a row: errno of a failure, or 0 and the value. */
struct result {
	int err;
	int64_t value;
};

/* Fail, naming the TEXT of the row, unless GOT and EXPECTED are the same. */
static void check_row(const char *text, struct result got, struct result expected)
{
	if (got.err != expected.err)
		fail_msg("'%s': errno %d, expected %d", text, got.err, expected.err);
	if (got.value != expected.value)
		fail_msg("'%s': %lld, expected %lld", text, (long long)got.value,
			 (long long)expected.value);
}

static struct result refused(int err)
{
	return (struct result){ err, UNTOUCHED };
}

static struct result is(int64_t value)
{
	return (struct result){ 0, value };
}

static void integers_are_decimal_and_within_their_range(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int64_t min, max;
		int err;
		int64_t value;
	} rows[] = {
		{"0", 0, 10, 0, 0},
		{"10", 0, 10, 0, 10},
		{"007", 0, 10, 0, 7},
		{"00000000000000000000000000000000000007", 0, 10, 0, 7},
		{"11", 0, 10, ERANGE, 0},
		{"4", 5, 10, ERANGE, 0},
		{"-1", -5, 5, 0, -1},
		{"+5", -5, 5, 0, 5},
		{"-0", -5, 5, 0, 0},
		{"-6", -5, 5, ERANGE, 0},
		{"6", -5, 5, ERANGE, 0},
		{"9223372036854775807", 0, INT64_MAX, 0, INT64_MAX},
		{"9223372036854775808", 0, INT64_MAX, ERANGE, 0},
		{"99999999999999999999999999", 0, INT64_MAX, ERANGE, 0},
		{"18446744073709551617", 0, INT64_MAX, ERANGE, 0}, /* 2^64 + 1 */
		{"-9223372036854775808", INT64_MIN, 0, 0, INT64_MIN},
		{"-9223372036854775809", INT64_MIN, 0, ERANGE, 0},
		{"99999999999999999999999999x", 0, INT64_MAX, EINVAL, 0},
		{"", 0, 10, EINVAL, 0},
		{"-", -5, 5, EINVAL, 0},
		{"+", -5, 5, EINVAL, 0},
		{"+5", 0, 10, EINVAL, 0},
		{"-0", 0, 10, EINVAL, 0},
		{"--1", -5, 5, EINVAL, 0},
		{"+-1", -5, 5, EINVAL, 0},
		{" 1", 0, 10, EINVAL, 0},
		{"1 ", 0, 10, EINVAL, 0},
		{"1\n", 0, 10, EINVAL, 0},
		{"- 1", -5, 5, EINVAL, 0},
		{"0x1", 0, 10, EINVAL, 0},
		{"1.0", 0, 10, EINVAL, 0},
		{"1e1", 0, 10, EINVAL, 0},
		{"one", 0, 10, EINVAL, 0},
		{"\xd9\xa1", 0, 10, EINVAL, 0}, /* a digit elsewhere */
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t value = UNTOUCHED;
		int rc = parse_integer(rows[i].text, rows[i].min, rows[i].max, &value);
		struct result expected = rows[i].err ? refused(rows[i].err) : is(rows[i].value);
		check_row(rows[i].text, (struct result){ rc ? errno : 0, value }, expected);
	}
}

struct duration_row {
	const char *text;
	int64_t ns;
};

static void check_durations(int (*parse)(const char *, int64_t *), const struct duration_row *rows,
			    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t ns = UNTOUCHED;
		int rc = parse(rows[i].text, &ns);
		check_row(rows[i].text, (struct result){ rc ? errno : 0, ns }, is(rows[i].ns));
	}
}

static void check_no_durations(int (*parse)(const char *, int64_t *), const char *const *texts,
			       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t ns = UNTOUCHED;
		int rc = parse(texts[i], &ns);
		check_row(texts[i], (struct result){ rc ? errno : 0, ns }, refused(EINVAL));
	}
}

static void durations_have_units_and_fractions(void **state)
{
	/* clang-format off */
	static const struct duration_row rows[] = {
		{"1", S},
		{"10", 10 * S},
		{"007", 7 * S},
		{"1s", S},
		{"1us", US},
		{"1ms", MS},
		{"1m", 60 * S},
		{"1h", 3600 * S},
		{"1d", 86400 * S},
		{"1.5", 1500 * MS},
		{".5", 500 * MS},
		{"5.", 5 * S},
		{"5.s", 5 * S},
		{".5m", 30 * S},
		{"0.1", 100 * MS},
		{"0.3", 300 * MS},
		{"1.1", 1100 * MS},
		{"1.000000001", S + 1},
		{"0.000000001d", 86400},
		{"1e3", 1000 * S},
		{"1e3ms", S},
		{"1E3", 1000 * S},
		{"1e+3", 1000 * S},
		{"1e-3", MS},
		{"1.5e1m", 900 * S},
		{".5e1", 5 * S},
		{"5.e0", 5 * S},
		{"125e-3s", 125 * MS},
		{"0.00000000000000000001e20", S},
		{"100000000000000000000e-20", S},
		{"1234567890123456.789us", INT64_C(1234567890123456789)},
		{"9223372036.854775806", INT64_MAX - 1},
		{"106751d", INT64_C(106751) * 86400 * S},
	};
	/* clang-format on */
	(void)state;
	check_durations(parse_duration, rows, ARRAY_LENGTH(rows));
}

static void durations_add_up_when_each_part_has_its_unit(void **state)
{
	/* clang-format off */
	static const struct duration_row rows[] = {
		{"1m30s", 90 * S},
		{"1h30m10.5s", 5410 * S + 500 * MS},
		{"1d1h1m1s1ms1us", 90061 * S + MS + US},
		{"1.5m.5s", 90 * S + 500 * MS},
		{"1m1ms", 60 * S + MS},
		{"1ms1m", 60 * S + MS},
		{"1s1s", 2 * S},
		{"0m1s", S},
		{"1e1m30s", 630 * S},
		{"1m1e1s", 70 * S},
		{"0m0.0000000001s", 1},
	};
	/* clang-format on */
	(void)state;
	check_durations(parse_duration, rows, ARRAY_LENGTH(rows));
}

static void durations_of_zero_and_infinity_mean_never(void **state)
{
	/* clang-format off */
	static const struct duration_row rows[] = {
		{"0", NS_NEVER}, {"0s", NS_NEVER}, {"0.0", NS_NEVER}, {"00.000d", NS_NEVER},
		{".0", NS_NEVER}, {"0.", NS_NEVER}, {"0e5", NS_NEVER}, {"0e-5", NS_NEVER},
		{"0e99999999999999999999999", NS_NEVER}, {"0m0s", NS_NEVER}, {"infinity", NS_NEVER},
	};
	/* clang-format on */
	(void)state;
	check_durations(parse_duration, rows, ARRAY_LENGTH(rows));
}

static void durations_never_become_zero_nor_overflow(void **state)
{
	/* clang-format off */
	static const struct duration_row rows[] = {
		{"1e-9", 1},
		{"1e-10", 1},
		{"1e-100", 1},
		{"1e-5000", 1},
		{"1e-99999999999999999999999999", 1},
		{"0.0000000000000000000000000000000000000000000000000001", 1},
		{"0.0004us", 1},
		{"9223372036.854775807", NS_NEVER},
		{"9223372036.854775808", NS_NEVER},
		{"18446744073.709551616", NS_NEVER}, /* 2^64 ns */
		{"18446744074", NS_NEVER},
		{"9223372036854775807us", NS_NEVER},
		{"9223372036854775808d", NS_NEVER},
		{"99999999999999999999999999999999999999", NS_NEVER},
		{"106752d", NS_NEVER},
		{"1e19", NS_NEVER},
		{"1e100", NS_NEVER},
		{"1e99999999999999999999999999", NS_NEVER},
		{"1e99999999999999999999999999d", NS_NEVER},
		{"106751d106751d", NS_NEVER},
		{"106751d1d1d1d", NS_NEVER},
		{"1e99d1s", NS_NEVER},
	};
	/* clang-format on */
	(void)state;
	check_durations(parse_duration, rows, ARRAY_LENGTH(rows));
}

static void durations_are_rounded_to_the_nearest_nanosecond(void **state)
{
	/* clang-format off */
	static const struct duration_row rows[] = {
		{"1.0000000004", S},
		{"1.0000000005", S + 1},
		{"1.00000000049999999999999999999999999999999999", S},
		{"1.00000000050000000000000000000000000000000001", S + 1},
		{"0.0014us", 1},
		{"0.0015us", 2},
		{"0.99999999999", S},
		{"0.9999999994", S - 1},
	};
	/* clang-format on */
	(void)state;
	check_durations(parse_duration, rows, ARRAY_LENGTH(rows));
}

static void durations_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"", " ", "s", ".", ".s", "1e", "1e+", "1es",
		"e5", "1 s", " 1", "1 ", "1s ", "1\n", "-1", "-0",
		"+1", "--1", "nan", "NaN", "inf", "INFINITY", "Infinity",
		"infinitys", "1infinity", "0x10", "0x1p3", "1,5", "1,000", "1'000", "1_000",
		"1m30", "1m30s5", "1s2", "1.2.3", "1..2", "1ss", "1sm", "1x",
		"1S", "1M", "1H", "1D", "1MS", "1ns", "1u", "1w",
		"1y", "1min", "1sec", "1e1.5", "1e1e1", "1m-30s", "1m+30s", "1m 30s",
		"1m,30s", "five", "5five", "1s\xc2\xa0", "\xef\xbc\x91", "1:30", "1/2", "1e 5",
		"1m.s", "1mm", "0x", "0b1", "1h1", "9e9e9",
	};
	/* clang-format on */
	(void)state;
	check_no_durations(parse_duration, texts, ARRAY_LENGTH(texts));
}

static void durations_may_be_very_long_texts(void **state)
{
	enum { LENGTH = 1 << 20 };
	/* clang-format off */
	static const struct {
		const char *start; /* then as often as fits */
		char digit;
		const char *end;
		int64_t ns;
	} rows[] = {
		{"", '0', "1s", S},
		{"0.", '0', "1s", 1},
		{"", '9', "", NS_NEVER},
		{"1.", '9', "", 2 * S},
		{"1", '0', "e-1048575", S}, /* 2^20 - 1 zeros */
	};
	/* clang-format on */
	char *text = malloc(LENGTH + 16);
	(void)state;

	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t ns = UNTOUCHED;
		memset(text, rows[i].digit, LENGTH);
		memcpy(text, rows[i].start, strlen(rows[i].start));
		memcpy(text + LENGTH, rows[i].end, strlen(rows[i].end) + 1);
		int rc = parse_duration(text, &ns);
		check_row(rows[i].end, (struct result){ rc ? errno : 0, ns }, is(rows[i].ns));
	}
	free(text);
}

static void timeout_durations_are_what_strtod_takes_and_a_suffix(void **state)
{
	/* clang-format off */
	static const struct duration_row rows[] = {
		{"1", S}, {"1s", S}, {"2m", 120 * S}, {"1h", 3600 * S},
		{"1d", 86400 * S}, {"1.5", 1500 * MS}, {".5s", 500 * MS}, {"5.s", 5 * S},
		{"0.1", 100 * MS}, {"0.3", 300 * MS}, {"1.1", 1100 * MS}, {"+5", 5 * S},
		{" 5", 5 * S}, {"\t\n +5s", 5 * S}, {"1e3", 1000 * S}, {"1E-3", MS},
		{"1e-3m", 60 * MS}, {"0x10", 16 * S}, {"0X10", 16 * S}, {"0x1d", 29 * S},
		{"0x1p3", 8 * S}, {"0x1p3d", 691200 * S}, {"0x.8", 500 * MS},
		{"0x1p-2s", 250 * MS}, {"007", 7 * S},
		{"0", NS_NEVER}, {"0s", NS_NEVER}, {"0.0", NS_NEVER}, {"-0", NS_NEVER},
		{"-0.0d", NS_NEVER}, {"0e99999", NS_NEVER}, {"0x0p9999", NS_NEVER},
		{"inf", NS_NEVER}, {"INF", NS_NEVER}, {"infs", NS_NEVER}, {"+inf", NS_NEVER},
		{"infinity", NS_NEVER}, {"Infinityd", NS_NEVER},
		{"1e-100", 1}, {"1e-400", 1}, {"1e-5000", 1}, {"0x1p-20000", 1},
		{"1e-10", 1}, {"1e-99999999999999999999", 1}, {"1.7e-9", 2}, {"2.2e-9", 2},
		{"9223372036854775808d", NS_NEVER}, {"1e9999", NS_NEVER},
		{"1e999999999999999999999d", NS_NEVER}, {"9223372037", NS_NEVER},
		{"106752d", NS_NEVER}, {"106751d", INT64_C(106751) * 86400 * S},
	};
	/* clang-format on */
	(void)state;
	check_durations(parse_timeout_duration, rows, ARRAY_LENGTH(rows));
}

static void timeout_durations_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"", " ", "s", ".", "1e", "1es", "0x", "0x.", "-1",
		"-1e-5", "-1e-400", "-1e-5000", "-inf", "nan", "-nan", "nan(1)", "NaN", "infin",
		"InFiniTyM", "1ss", "1sm", "1ms", "1us", "1m30s", "1M", "1S", "1 ",
		"1s ", "1 s", "1,5", "--5", "+-5", "- 5", "1_0", "5five", "five",
		"1w", "1\n", "infinityss", "0b1",
	};
	/* clang-format on */
	(void)state;
	check_no_durations(parse_timeout_duration, texts, ARRAY_LENGTH(texts));
}

static void sizes_have_binary_and_decimal_suffixes(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{"0", 0},
		{"1", 1},
		{"0010", 10},
		{"1K", 1024},
		{"1k", 1024},
		{"1KiB", 1024},
		{"1kiB", 1024},
		{"1KB", 1000},
		{"1kB", 1000},
		{"1M", 1048576},
		{"1MiB", 1048576},
		{"1MB", 1000000},
		{"1G", 1073741824},
		{"1GiB", 1073741824},
		{"1GB", 1000000000},
		{"1T", UINT64_C(1099511627776)},
		{"1TiB", UINT64_C(1099511627776)},
		{"1TB", UINT64_C(1000000000000)},
		{"1.5G", 1610612736},
		{"1.5GB", 1500000000},
		{".5K", 512},
		{"5.K", 5120},
		{"0.1K", 102},
		{"0.3KB", 300},
		{"1.4", 1},
		{"1.5", 2},
		{"0.4", 0},
		{"0.0004882812500K", 1},
		{"0.0004882812499K", 0},
		{"9007199254740993", UINT64_C(9007199254740993)},
		{"18446744073709551615", UINT64_MAX},
		{"18446744073709551615.4", UINT64_MAX},
		{"16777215.999999T", UINT64_C(18446744073708452104)},
		{"0.00000000000000000000000000000000000000000001T", 0},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		uint64_t bytes = UNTOUCHED;
		int rc = parse_size(rows[i].text, &bytes);
		if (rc || bytes != rows[i].bytes)
			fail_msg("'%s': %llu", rows[i].text, (unsigned long long)bytes);
	}
}

static void sizes_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"18446744073709551616", ERANGE},
		{"18446744073709551615.5", ERANGE},
		{"16777216T", ERANGE},
		{"18446744073710TB", ERANGE},
		{"99999999999999999999999999999", ERANGE},
		{"99999999999999999999999999999T", ERANGE},
		{"", EINVAL}, {" ", EINVAL}, {"K", EINVAL}, {".", EINVAL}, {".K", EINVAL},
		{"-1", EINVAL}, {"-0", EINVAL}, {"+1", EINVAL}, {" 1", EINVAL}, {"1 ", EINVAL},
		{"1 K", EINVAL}, {"1K ", EINVAL}, {"1m", EINVAL}, {"1g", EINVAL}, {"1t", EINVAL},
		{"1B", EINVAL}, {"1b", EINVAL}, {"1Kb", EINVAL}, {"1kb", EINVAL}, {"1KIB", EINVAL},
		{"1Ki", EINVAL}, {"1mB", EINVAL}, {"1KK", EINVAL}, {"1P", EINVAL}, {"1E", EINVAL},
		{"1e3", EINVAL}, {"1e3K", EINVAL},
		{"0x10", EINVAL}, {"1,5G", EINVAL}, {"1.2.3", EINVAL},
		{"1K1M", EINVAL}, {"inf", EINVAL},
		{"nan", EINVAL}, {"max", EINVAL}, {"infinity", EINVAL},
		{"unlimited", EINVAL}, {"99999999999999999999999999999x", EINVAL},
		{"1G\n", EINVAL}, {"1\xd0\x9a", EINVAL},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		uint64_t bytes = UNTOUCHED;
		int rc = parse_size(rows[i].text, &bytes);
		check_row(rows[i].text, (struct result){ rc ? errno : 0, (int64_t)bytes },
			  refused(rows[i].err));
	}
}

static void signals_have_names_numbers_and_aliases(void **state)
{
	/* clang-format off */
	const struct {
		const char *text;
		int sig;
	} rows[] = {
		{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"term", SIGTERM},
		{"sigterm", SIGTERM}, {"SigTerm", SIGTERM}, {"15", 15},
		{"015", 15}, {"1", 1}, {"9", SIGKILL},
		{"HUP", SIGHUP}, {"INT", SIGINT}, {"QUIT", SIGQUIT},
		{"ILL", SIGILL}, {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},
		{"IOT", SIGABRT}, {"BUS", SIGBUS}, {"FPE", SIGFPE},
		{"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},
		{"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},
		{"CHLD", SIGCHLD}, {"CLD", SIGCHLD}, {"CONT", SIGCONT},
		{"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
		{"TTOU", SIGTTOU}, {"URG", SIGURG}, {"XCPU", SIGXCPU},
		{"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},
		{"WINCH", SIGWINCH}, {"IO", SIGIO}, {"POLL", SIGPOLL},
		{"sigio", SIGIO}, {"PWR", SIGPWR}, {"SYS", SIGSYS},
		{"RTMIN", SIGRTMIN}, {"rtmin", SIGRTMIN}, {"SIGRTMIN+1", SIGRTMIN + 1},
		{"RTMIN+0", SIGRTMIN}, {"RTMIN+15", SIGRTMIN + 15},
		{"RTMAX", SIGRTMAX}, {"RTMAX-2", SIGRTMAX - 2},
		{"sigrtmax-0", SIGRTMAX},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int sig = -1;
		int rc = parse_signal(rows[i].text, &sig);
		check_row(rows[i].text, (struct result){ rc ? errno : 0, sig }, is(rows[i].sig));
	}
}

static void signals_that_nobody_can_send_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"0", ERANGE}, {"65", ERANGE}, {"999999999999999999999", ERANGE},
		{"RTMIN+64", ERANGE}, {"RTMAX-64", ERANGE}, {"32", EINVAL},
		{"33", EINVAL}, {"EXIT", EINVAL}, {"NULL", EINVAL},
		{"", EINVAL}, {"SIG", EINVAL}, {"SIGSIGTERM", EINVAL},
		{"SIG15", EINVAL}, {"TERMS", EINVAL}, {"TER", EINVAL},
		{" TERM", EINVAL}, {"TERM ", EINVAL}, {"-TERM", EINVAL},
		{"-15", EINVAL}, {"+15", EINVAL}, {"15 ", EINVAL},
		{"15.0", EINVAL}, {"0xf", EINVAL}, {"1e1", EINVAL},
		{"RTMIN-1", EINVAL}, {"RTMAX+1", EINVAL}, {"RTMIN+", EINVAL},
		{"RTMIN1", EINVAL}, {"RTMIN+-1", EINVAL}, {"RTMIN++1", EINVAL},
		{"RTMIN+1x", EINVAL}, {"RTMIN 1", EINVAL}, {"RTMAX-", EINVAL},
		{"RTMID", EINVAL}, {"CAT", EINVAL}, {"TERM,KILL", EINVAL},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int sig = 0x5a;
		int rc = parse_signal(rows[i].text, &sig);
		check_row(rows[i].text, (struct result){ rc ? errno : 0, sig },
			  (struct result){ rows[i].err, 0x5a });
	}
}

static void signals_go_through_their_name_and_back(void **state)
{
	int found = 0;
	(void)state;

	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		char number[16];
		int by_number, by_name;
		snprintf(number, sizeof(number), "%d", sig);
		if (parse_signal(number, &by_number) < 0)
			continue;
		assert_int_equal(by_number, sig);
		assert_int_equal(parse_signal(parse_signal_name(sig), &by_name), 0);
		assert_int_equal(by_name, sig);
		found++;
	}
	assert_int_equal(found, 31 + SIGRTMAX - SIGRTMIN + 1);
}

static void signal_names_exist_for_any_number(void **state)
{
	(void)state;
	assert_string_equal(parse_signal_name(SIGTERM), "TERM");
	assert_string_equal(parse_signal_name(SIGABRT), "ABRT");
	assert_string_equal(parse_signal_name(SIGCHLD), "CHLD");
	assert_string_equal(parse_signal_name(SIGIO), "POLL");
	assert_string_equal(parse_signal_name(SIGRTMIN), "RTMIN");
	assert_string_equal(parse_signal_name(SIGRTMIN + 1), "RTMIN+1");
	assert_string_equal(parse_signal_name(SIGRTMAX - 1), "RTMAX-1");
	assert_string_equal(parse_signal_name(SIGRTMAX), "RTMAX");
	assert_string_equal(parse_signal_name(32), "32");
	assert_string_equal(parse_signal_name(33), "33");
	assert_string_equal(parse_signal_name(0), "?");
	assert_string_equal(parse_signal_name(-1), "?");
	assert_string_equal(parse_signal_name(SIGRTMAX + 1), "?");
	assert_string_equal(parse_signal_name(INT32_MAX), "?");
	assert_string_equal(parse_signal_name(INT32_MIN), "?");
}

static void umasks_are_octal_or_symbolic(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		mode_t mask; /* from a mask of 0137, which allows u=rw,g=r,o= */
	} rows[] = {
		{"0", 0}, {"22", 0022}, {"0022", 0022}, {"077", 0077},
		{"777", 0777}, {"00000777", 0777}, {"u=rwx,g=rx,o=", 0027},
		{"u=rwx", 0037}, {"a=rx", 0222}, {"=rw", 0111}, {"=", 0777},
		{"u=", 0737}, {"+w", 0115}, {"a-w", 0337}, {"-r", 0577},
		{"u+w", 0137}, {"u+x", 0037}, {"ug=rw,o-rwx", 0117},
		{"g=u", 0117}, {"o=g", 0133}, {"u=g=r", 0337}, {"u+r-w", 0337},
		{"a+X", 0137}, {"u=rwx,g+X", 0027}, {"u+x,g+X", 0027}, {"g=o+w", 0157},
		{"ugo=r", 0333}, {"uga=r", 0333}, {"u+", 0137}, {"g+ww", 0117},
		{"o=u-x", 0131}, {"g=rX", 0137}, {"u-rw,g-r", 0777},
	};
	/* clang-format on */
	mode_t before = umask(0137);
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		mode_t mask = 0x5a5a;
		int rc = parse_umask(rows[i].text, &mask);
		if (rc || mask != rows[i].mask)
			fail_msg("'%s': %04o, expected %04o", rows[i].text, mask, rows[i].mask);
		assert_int_equal(umask(0137), 0137); /* the process keeps its own */
	}
	umask(before);
}

static void umasks_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"1000", ERANGE}, {"1777", ERANGE}, {"7777777777777777777777777", ERANGE},
		{"", EINVAL}, {"8", EINVAL}, {"0o22", EINVAL}, {"0x1", EINVAL},
		{"022 ", EINVAL}, {" 022", EINVAL}, {"-022", EINVAL}, {"+022", EINVAL},
		{"rwx", EINVAL}, {"u", EINVAL}, {"u=z", EINVAL}, {"u=rwx,", EINVAL},
		{",u=r", EINVAL}, {"u=r,,g=r", EINVAL}, {"u=r g=r", EINVAL},
		{"u=s", EINVAL}, {"a=t", EINVAL}, {"z=r", EINVAL}, {"U=r", EINVAL},
		{"u=R", EINVAL}, {"u=gr", EINVAL}, {"u=rg", EINVAL}, {"022,u=r", EINVAL},
		{"u=7", EINVAL},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		mode_t mask = 0x5a5a;
		int rc = parse_umask(rows[i].text, &mask);
		check_row(rows[i].text, (struct result){ rc ? errno : 0, mask },
			  (struct result){ rows[i].err, 0x5a5a });
	}
}

/* The first 64 processors of a set as bits. */
static uint64_t core_bits(const cpu_set_t *set)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < 64; i++) {
		if (CPU_ISSET(i, set))
			bits |= UINT64_C(1) << i;
	}
	return bits;
}

static void cores_are_lists_of_ranges_with_strides(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		uint64_t bits;
	} rows[] = {
		{"0", 0x1}, {"63", UINT64_C(1) << 63}, {"0-3", 0xf}, {"2-2", 0x4},
		{"0,2", 0x5}, {"2,0", 0x5}, {"0,0", 0x1}, {"0-1,1-2", 0x7},
		{"0,2-5,8-14:2", 0x553d}, {"0-7:3", 0x49}, {"0-7:1", 0xff},
		{"0-7:100", 0x1}, {"007", 0x80}, {"0-63", UINT64_MAX},
		{"0-7:99999999999999999999999", 0x1},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		cpu_set_t set;
		memset(&set, 0xff, sizeof(set));
		if (parse_cores(rows[i].text, &set, sizeof(set)) < 0)
			fail_msg("'%s': errno %d", rows[i].text, errno);
		if (core_bits(&set) != rows[i].bits ||
		    CPU_COUNT(&set) != __builtin_popcountll(rows[i].bits))
			fail_msg("'%s': %llx", rows[i].text, (unsigned long long)core_bits(&set));
	}
}

static void cores_of_any_other_form_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"1024", ERANGE}, {"0-1024", ERANGE}, {"99999999999999999999999", ERANGE},
		{"0-99999999999999999999999", ERANGE}, {"18446744073709551616", ERANGE},
		{"", EINVAL}, {",", EINVAL}, {"0,", EINVAL}, {",0", EINVAL},
		{"0,,1", EINVAL}, {"1-0", EINVAL}, {"0-", EINVAL}, {"-1", EINVAL},
		{"0--1", EINVAL}, {"0-1:0", EINVAL}, {"0-1:", EINVAL}, {"0:2", EINVAL},
		{"0-1:1:1", EINVAL}, {"0-1-2", EINVAL}, {" 0", EINVAL}, {"0 ", EINVAL},
		{"0, 1", EINVAL}, {"+0", EINVAL}, {"0x3", EINVAL}, {"all", EINVAL},
		{"0.5", EINVAL}, {"0-1:-1", EINVAL}, {"0;1", EINVAL},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		cpu_set_t set, before;
		memset(&before, 0x5a, sizeof(before));
		set = before;
		int rc = parse_cores(rows[i].text, &set, sizeof(set));
		check_row(rows[i].text, (struct result){ rc ? errno : 0, 0 },
			  (struct result){ rows[i].err, 0 });
		assert_memory_equal(&set, &before, sizeof(set));
	}
}

static void cores_fill_sets_of_any_size(void **state)
{
	cpu_set_t *set = CPU_ALLOC(4096);
	size_t size = CPU_ALLOC_SIZE(4096);
	(void)state;

	assert_non_null(set);
	assert_int_equal(parse_cores("4000-4095", set, size), 0);
	assert_int_equal(CPU_COUNT_S(size, set), 96);
	assert_true(CPU_ISSET_S(4095, size, set));
	assert_int_equal(parse_cores("4096", set, size), -1);
	assert_int_equal(errno, ERANGE);
	CPU_FREE(set);
}

static void screen_sizes_are_columns_and_rows(void **state)
{
	static const struct {
		const char *text;
		int err;
		struct screen_size size;
	} rows[] = {
		{ "80x24", 0, { 80, 24 } },
		{ "1x1", 0, { 1, 1 } },
		{ "0080x024", 0, { 80, 24 } },
		{ "65535x65535", 0, { 65535, 65535 } },
		{ "65536x1", ERANGE, { 0, 0 } },
		{ "1x65536", ERANGE, { 0, 0 } },
		{ "0x24", ERANGE, { 0, 0 } },
		{ "80x0", ERANGE, { 0, 0 } },
		{ "99999999999999999999999x24", ERANGE, { 0, 0 } },
		{ "", EINVAL, { 0, 0 } },
		{ "x", EINVAL, { 0, 0 } },
		{ "80", EINVAL, { 0, 0 } },
		{ "80x", EINVAL, { 0, 0 } },
		{ "x24", EINVAL, { 0, 0 } },
		{ "80X24", EINVAL, { 0, 0 } },
		{ "80x24 ", EINVAL, { 0, 0 } },
		{ " 80x24", EINVAL, { 0, 0 } },
		{ "80 x24", EINVAL, { 0, 0 } },
		{ "-80x24", EINVAL, { 0, 0 } },
		{ "80x+24", EINVAL, { 0, 0 } },
		{ "80x24x1", EINVAL, { 0, 0 } },
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct screen_size size = { 0, 0 };
		errno = 0;
		int err = parse_screen_size(rows[i].text, &size) < 0 ? errno : 0;
		if (err != rows[i].err || size.columns != rows[i].size.columns ||
		    size.rows != rows[i].size.rows)
			fail_msg("'%s': errno %d, %d by %d", rows[i].text, err, size.columns,
				 size.rows);
	}
}

static void environment_names_are_not_empty_and_have_no_equals_sign(void **state)
{
	(void)state;
	assert_true(parse_is_env_name("A"));
	assert_true(parse_is_env_name("a b"));
	assert_true(parse_is_env_name("1"));
	assert_true(parse_is_env_name("BASH_FUNC_x%%"));
	assert_true(parse_is_env_name("\xff"));
	assert_false(parse_is_env_name(""));
	assert_false(parse_is_env_name("="));
	assert_false(parse_is_env_name("A="));
	assert_false(parse_is_env_name("=A"));
	assert_false(parse_is_env_name("A=B"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_decimal_and_within_their_range),
		cmocka_unit_test(durations_have_units_and_fractions),
		cmocka_unit_test(durations_add_up_when_each_part_has_its_unit),
		cmocka_unit_test(durations_of_zero_and_infinity_mean_never),
		cmocka_unit_test(durations_never_become_zero_nor_overflow),
		cmocka_unit_test(durations_are_rounded_to_the_nearest_nanosecond),
		cmocka_unit_test(durations_of_any_other_form_are_refused),
		cmocka_unit_test(durations_may_be_very_long_texts),
		cmocka_unit_test(timeout_durations_are_what_strtod_takes_and_a_suffix),
		cmocka_unit_test(timeout_durations_of_any_other_form_are_refused),
		cmocka_unit_test(sizes_have_binary_and_decimal_suffixes),
		cmocka_unit_test(sizes_of_any_other_form_are_refused),
		cmocka_unit_test(signals_have_names_numbers_and_aliases),
		cmocka_unit_test(signals_that_nobody_can_send_are_refused),
		cmocka_unit_test(signals_go_through_their_name_and_back),
		cmocka_unit_test(signal_names_exist_for_any_number),
		cmocka_unit_test(umasks_are_octal_or_symbolic),
		cmocka_unit_test(umasks_of_any_other_form_are_refused),
		cmocka_unit_test(cores_are_lists_of_ranges_with_strides),
		cmocka_unit_test(cores_of_any_other_form_are_refused),
		cmocka_unit_test(cores_fill_sets_of_any_size),
		cmocka_unit_test(screen_sizes_are_columns_and_rows),
		cmocka_unit_test(environment_names_are_not_empty_and_have_no_equals_sign),
	};
	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
