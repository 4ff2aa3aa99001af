/* SPDX-License-Identifier: MIT */
/*
 * Where a report goes, and what becomes of one that cannot be written.
 */
#include "report.h"

#include "a_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "report/format.h"

static struct report_spec to_path(enum report_format format, const char *path)
{
	return (struct report_spec){ .format = format, .path = path, .option = "--report=x" };
}

static struct report_spec to_fd(int fd)
{
	return (struct report_spec){ .format = REPORT_HUMAN, .fd = fd, .option = "--report=fd" };
}

static void use_reports(struct fixture *f, struct report_spec *reports, size_t count)
{
	f->spec.reports = reports;
	f->spec.report_count = count;
}

/* Open, write and close; what that said on stderr goes to TEXT. */
static void write_reports(struct fixture *f, char *text, size_t size)
{
	struct failure failure;
	struct report report;
	int saved = dup(STDERR_FILENO), file = memfd_create("stderr", MFD_CLOEXEC);

	dup2(file, STDERR_FILENO);
	report_open(&report, &f->spec, &failure);
	report_write(&report, &f->run);
	report_write(&report, &f->run);
	report_fini(&report);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t length = pread(file, text, size - 1, 0);
	assert_in_range(length, 0, size - 1);
	text[length] = '\0';
	close(file);
}

static char *read_path(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void write_path(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	fputs(text, file);
	fclose(file);
}

static void a_file_is_replaced_and_written_once(void **state)
{
	struct fixture *f = *state;
	struct report_spec reports[] = { to_path(REPORT_HUMAN, f->path) };
	char said[256], long_ago[20000] = "";

	memset(long_ago, 'x', sizeof(long_ago) - 1);
	write_path(f->path, long_ago);
	use_reports(f, reports, 1);
	write_reports(f, said, sizeof(said));
	assert_string_equal(said, "");
	char *expected = report_human(&f->run, true);
	assert_string_equal(read_path(f->path), expected);
	free(expected);
}

static void a_file_that_is_also_stdout_is_added_to(void **state)
{
	struct fixture *f = *state;
	struct report_spec reports[] = { to_path(REPORT_HUMAN, f->path) };
	char said[256];

	write_path(f->path, "output\n");
	fflush(stdout);
	int saved = dup(STDOUT_FILENO), fd = open(f->path, O_WRONLY | O_CLOEXEC);
	dup2(fd, STDOUT_FILENO);
	use_reports(f, reports, 1);
	write_reports(f, said, sizeof(said));
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_int_equal(strncmp(read_path(f->path), "output\ncordon: make test: exit 0", 32), 0);
}

#ifdef HAVE_JANSSON
static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

static void jsonl_is_appended(void **state)
{
	struct fixture *f = *state;
	struct report_spec reports[] = { to_path(REPORT_JSONL, f->path) };
	char said[256];

	use_reports(f, reports, 1);
	for (size_t i = 1; i <= 3; i++) {
		write_reports(f, said, sizeof(said));
		assert_string_equal(said, "");
		assert_int_equal(count_lines(read_path(f->path)), i);
	}
}

/* Half a record fits: it is taken back, and what was there before stays. */
static void no_half_record_is_left(void **state)
{
	struct fixture *f = *state;
	struct report_spec reports[] = { to_path(REPORT_JSONL, f->path) };
	struct rlimit kept, limit;
	char said[256];

	use_reports(f, reports, 1);
	write_reports(f, said, sizeof(said));
	size_t size = strlen(read_path(f->path));
	getrlimit(RLIMIT_FSIZE, &kept);
	limit = (struct rlimit){ size + 100, kept.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	write_reports(f, said, sizeof(said));
	setrlimit(RLIMIT_FSIZE, &kept);
	signal(SIGXFSZ, SIG_DFL);
	assert_string_equal(said, "cordon: --report=x: cannot write the report: File too large\n");
	assert_int_equal(strlen(read_path(f->path)), size);
}
#endif

static void a_full_disk_is_one_warning(void **state)
{
	struct fixture *f = *state;
	struct report_spec reports[] = { to_path(REPORT_HUMAN, "/dev/full") };
	char said[256];

	use_reports(f, reports, 1);
	write_reports(f, said, sizeof(said));
	assert_string_equal(
		said, "cordon: --report=x: cannot write the report: No space left on device\n");
}

static void check_refused(struct fixture *f, struct report_spec spec, const char *what, int err)
{
	struct failure failure = { 0 };
	struct report report;

	use_reports(f, &spec, 1);
	assert_int_equal(report_open(&report, &f->spec, &failure), -1);
	assert_string_equal(failure.step, "report");
	assert_string_equal(failure.option, spec.option);
	assert_string_equal(failure.what, what);
	assert_int_equal(failure.err, err);
	assert_int_equal(failure.status, STATUS_CORDON);
	report_fini(&report);
}

static void a_place_that_cannot_be_had_is_refused(void **state)
{
	struct fixture *f = *state;
	int own = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int read_only = fcntl(STDOUT_FILENO, F_DUPFD, 100);
	int path_only = open("/", O_PATH);

	close(read_only);
	assert_int_equal(dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), read_only), read_only);
	check_refused(f, to_path(REPORT_HUMAN, f->directory), "cannot open the file", EISDIR);
	check_refused(f, to_path(REPORT_HUMAN, "/nowhere/x"), "cannot open the file", ENOENT);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	check_refused(f, to_path(REPORT_HUMAN, f->path), "nobody reads from this FIFO", 0);
	check_refused(f, to_fd(own), "the descriptor is not open", 0);
	check_refused(f, to_fd(1000), "the descriptor is not open", 0);
	check_refused(f, to_fd(read_only), "the descriptor is not open for writing", 0);
	check_refused(f, to_fd(path_only), "the descriptor is not open for writing", 0);
	close(own);
	close(read_only);
	close(path_only);
}

static void a_descriptor_is_used_and_kept_from_the_command(void **state)
{
	struct fixture *f = *state;
	int pipe_fds[2];
	char text[4096] = "", said[256];

	assert_int_equal(pipe2(pipe_fds, 0), 0);
	struct report_spec reports[] = { to_fd(pipe_fds[1]) };
	use_reports(f, reports, 1);
	write_reports(f, said, sizeof(said));
	assert_string_equal(said, "");
	assert_int_equal(fcntl(pipe_fds[1], F_GETFD), FD_CLOEXEC);
	close(pipe_fds[1]);
	assert_true(read(pipe_fds[0], text, sizeof(text) - 1) > 0);
	close(pipe_fds[0]);
	assert_int_equal(strncmp(text, "cordon: make test: exit 0", 25), 0);
	assert_null(strstr(text + 1, "cordon: make test: exit 0"));
}

static void a_place_that_can_be_had_hears_of_one_that_cannot(void **state)
{
	struct fixture *f = *state;
	struct report_spec reports[] = { to_path(REPORT_HUMAN, "/nowhere/x"),
					 to_path(REPORT_HUMAN, f->path) };
	struct report report;

	use_reports(f, reports, 2);
	f->run.outcome.reason = REASON_NOT_STARTED;
	assert_int_equal(report_open(&report, &f->spec, &f->run.outcome.failure), -1);
	report_write(&report, &f->run);
	report_fini(&report);
	assert_non_null(strstr(read_path(f->path), "not started: --report=x: cannot open"));
}

static void the_summary_comes_once_and_only_when_wanted(void **state)
{
	static const struct {
		enum verbosity verbosity;
		bool started, to_stderr, timeout_mode;
		size_t blocks; /* how often the line is there */
		bool verbose;
	} rows[] = {
		{ VERBOSITY_QUIET, true, false, false, 0, false },
		{ VERBOSITY_NORMAL, true, false, false, 1, false },
		{ VERBOSITY_VERBOSE, true, false, false, 1, true },
		{ VERBOSITY_QUIET, true, true, false, 1, true },
		{ VERBOSITY_NORMAL, true, true, false, 1, true },
		{ VERBOSITY_VERBOSE, true, true, false, 1, true },
		{ VERBOSITY_NORMAL, false, false, false, 0, false },
		{ VERBOSITY_VERBOSE, false, false, false, 1, true },
		{ VERBOSITY_VERBOSE, true, false, true, 0, false },
	};
	struct fixture *f = *state;
	struct report_spec reports[] = { to_fd(STDERR_FILENO) };

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char said[8192];
		size_t blocks = 0;
		struct fixture changed = *f;
		changed.run.spec = &changed.spec;
		changed.spec.verbosity = rows[i].verbosity;
		changed.spec.timeout_mode = rows[i].timeout_mode;
		if (!rows[i].started)
			fail_to_start(&changed);
		use_reports(&changed, reports, rows[i].to_stderr);
		write_reports(&changed, said, sizeof(said));
		for (const char *at = said; (at = strstr(at, "cordon: make test: ")); at++)
			blocks++;
		if (blocks != rows[i].blocks ||
		    (strstr(said, "\n  reason ") != NULL) != rows[i].verbose)
			fail_msg("row %zu: %s", i, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_replaced_and_written_once),
		TEST(a_file_that_is_also_stdout_is_added_to),
#ifdef HAVE_JANSSON
		TEST(jsonl_is_appended),
		TEST(no_half_record_is_left),
#endif
		TEST(a_full_disk_is_one_warning),
		TEST(a_place_that_cannot_be_had_is_refused),
		TEST(a_descriptor_is_used_and_kept_from_the_command),
		TEST(a_place_that_can_be_had_hears_of_one_that_cannot),
		TEST(the_summary_comes_once_and_only_when_wanted),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
