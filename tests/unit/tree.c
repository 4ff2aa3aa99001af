/* SPDX-License-Identifier: MIT */
/*
 * Finding the members of a run, with real processes below this one.
 */
#include "tree.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define FAMILIES 40

static const struct inherited nobody;

/*
 * A child that has a child in a session of its own and tells the pids of both, the child's
 * first; then it stays, or with LEAVE is gone.
 */
static pid_t start_family(pid_t pids[2], bool leave)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	pids[0] = fork();
	assert_true(pids[0] >= 0);
	if (pids[0] == 0) {
		pid_t pid = fork();
		if (pid == 0) {
			setsid();
			pid = getpid();
			if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid))
				_exit(1);
			sleep(60);
			_exit(0);
		}
		if (!leave)
			sleep(60);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &pids[1], sizeof(pids[1])), sizeof(pids[1]));
	close(fds[0]);
	close(fds[1]);
	return pids[0];
}

static const struct member *find(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree->member[i].pid == pid)
			return &tree->member[i];
	return NULL;
}

static void reap_all(void)
{
	while (wait(NULL) > 0)
		;
}

static void a_process_without_children_has_an_empty_tree(void **state)
{
	struct tree tree;

	(void)state;
	tree_init(&tree, &nobody);
	tree_scan(&tree);
	assert_int_equal(tree.count, 0);
	struct tree_signalled result = tree_signal(&tree, SIGKILL);
	assert_int_equal(result.count + result.denied, 0);
	tree_fini(&tree);
}

static void descendants_are_found_each_once_after_their_parents(void **state)
{
	pid_t pids[FAMILIES][2];
	struct tree tree;

	(void)state;
	for (int i = 0; i < FAMILIES; i++)
		start_family(pids[i], false);
	tree_init(&tree, &nobody);
	for (int scan = 0; scan < 2; scan++) {
		tree_scan(&tree);
		assert_int_equal(tree.count, 2 * FAMILIES);
		for (int i = 0; i < FAMILIES; i++) {
			const struct member *child = find(&tree, pids[i][0]);
			const struct member *grandchild = find(&tree, pids[i][1]);
			assert_true(child && grandchild && child < grandchild);
			assert_int_equal(child->ppid, getpid());
			assert_int_equal(grandchild->ppid, pids[i][0]);
		}
	}
	struct tree_signalled result = tree_signal(&tree, SIGKILL);
	assert_int_equal(result.count, 2 * FAMILIES);
	assert_int_equal(result.denied, 0);
	reap_all();
	tree_scan(&tree);
	assert_int_equal(tree.count, 0);
	tree_fini(&tree);
}

static void *fork_and_stay(void *argument)
{
	pid_t pid = fork();
	if (pid != 0 && write(*(int *)argument, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	sleep(60);
	return NULL;
}

static void children_of_every_thread_are_found(void **state)
{
	pid_t pid, grandchild;
	struct tree tree;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, fork_and_stay, &fds[1]) == 0)
			pthread_join(thread, NULL);
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	close(fds[0]);
	tree_init(&tree, &nobody);
	assert_int_equal(tree_signal(&tree, SIGKILL).count, 2);
	assert_non_null(find(&tree, pid));
	assert_non_null(find(&tree, grandchild));
	reap_all();
	tree_fini(&tree);
}

static void orphans_become_children_and_are_found(void **state)
{
	pid_t pids[2];
	struct tree tree;

	(void)state;
	waitpid(start_family(pids, true), NULL, 0);
	tree_init(&tree, &nobody);
	tree_scan(&tree);
	assert_int_equal(tree.count, 1);
	assert_int_equal(tree.member[0].pid, pids[1]);
	assert_int_equal(tree.member[0].ppid, getpid());
	assert_int_equal(tree_signal(&tree, SIGKILL).count, 1);
	reap_all();
	tree_fini(&tree);
}

static void strangers_and_what_is_below_them_are_left_out(void **state)
{
	pid_t theirs[2], ours[2];
	struct tree tree;

	(void)state;
	struct inherited inherited = { .strangers = theirs, .stranger_count = 1 };
	start_family(theirs, false);
	start_family(ours, false);
	tree_init(&tree, &inherited);
	assert_int_equal(tree_signal(&tree, SIGKILL).count, 2);
	assert_non_null(find(&tree, ours[0]));
	assert_non_null(find(&tree, ours[1]));
	assert_int_equal(waitpid(theirs[0], NULL, WNOHANG), 0);
	tree_fini(&tree);
	kill(theirs[0], SIGKILL);
	kill(theirs[1], SIGKILL);
	reap_all();
}

static void stopped_processes_are_continued(void **state)
{
	pid_t pids[2];
	int wait_status;
	struct tree tree;

	(void)state;
	start_family(pids, false);
	kill(pids[1], SIGSTOP);
	kill(pids[0], SIGSTOP);
	assert_int_equal(waitpid(pids[0], &wait_status, WUNTRACED), pids[0]);
	assert_true(WIFSTOPPED(wait_status));
	tree_init(&tree, &nobody);
	assert_int_equal(tree_signal(&tree, SIGTERM).count, 2);
	tree_fini(&tree);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pids[i], &wait_status, 0), pids[i]);
		assert_true(WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGTERM);
	}
}

/* As if the one who was found were gone, and his number somebody else's. */
static void a_number_that_is_somebody_elses_by_now_gets_no_signal(void **state)
{
	pid_t pids[2];
	struct tree tree;
	int wait_status;

	(void)state;
	start_family(pids, false);
	tree_init(&tree, &nobody);
	tree_scan(&tree);
	assert_int_equal(tree.count, 2);
	assert_int_equal(tree.member[1].pid, pids[1]);
	tree.member[1].ppid = pids[1];
	/* Not SIGKILL: of a parent who dies, the child may be cordon's before it is looked at. */
	assert_int_equal(tree_signal_scanned(&tree, SIGSTOP).count, 1);
	assert_int_equal(waitpid(pids[0], &wait_status, WUNTRACED), pids[0]);
	assert_true(WIFSTOPPED(wait_status));
	tree_fini(&tree);
	kill(pids[0], SIGKILL);
	kill(pids[1], SIGKILL);
	reap_all();
}

static void enough_are_found_and_no_more(void **state)
{
	pid_t pids[FAMILIES][2];
	struct tree tree;

	(void)state;
	for (int i = 0; i < FAMILIES; i++)
		start_family(pids[i], false);
	tree_init(&tree, &nobody);
	tree_scan_some(&tree, 10);
	assert_int_equal(tree.count, FAMILIES);
	tree_scan_some(&tree, FAMILIES + 1);
	assert_int_equal(tree.count, FAMILIES + 1);
	tree_signal(&tree, SIGKILL);
	reap_all();
	tree_fini(&tree);
}

/* The children of those who were sent SIGKILL are asked for again, but not every time. */
static void the_children_of_who_will_not_die_are_found_in_the_end(void **state)
{
	pid_t pids[2];
	struct tree tree;

	(void)state;
	start_family(pids, false);
	tree_init(&tree, &nobody);
	for (int kills = 1; kills <= 5; kills += 4) {
		tree_scan_some(&tree, 1);
		assert_int_equal(tree.count, 1);
		tree.kills = (unsigned)kills;
		tree_signal(&tree, SIGKILL);
		assert_int_equal(tree.count, kills == 1 ? 1 : 2);
		assert_int_equal(waitpid(pids[0], NULL, 0), pids[0]);
		tree_signal(&tree, SIGKILL);
		reap_all();
		start_family(pids, false);
	}
	tree_signal(&tree, SIGKILL);
	reap_all();
	tree_fini(&tree);
}

static void only_signals_that_wait_for_it_need_a_continue(void **state)
{
	static const int need_none[] = { SIGKILL, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };

	(void)state;
	for (int sig = 1; sig <= 64; sig++) {
		bool expected = true;
		for (size_t i = 0; i < ARRAY_LENGTH(need_none); i++)
			expected &= sig != need_none[i];
		assert_int_equal(tree_needs_continue(sig), expected);
	}
}

/* ---- one process ---- */

static void a_process_is_described_whatever_its_name(void **state)
{
	static const char *const names[] = { "plain", "a b", ") R 1 (",        "(((",
					     ")",     "\n",  "123456789012345" };
	struct process process;
	char before[16];

	(void)state;
	prctl(PR_GET_NAME, before);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		prctl(PR_SET_NAME, names[i]);
		assert_int_equal(process_read(getpid(), &process), 0);
		assert_string_equal(process.command, names[i]);
		assert_int_equal(process.ppid, getppid());
		assert_int_equal(process.state, 'R');
		assert_false(process.dead);
	}
	prctl(PR_SET_NAME, before);
}

static void a_zombie_is_dead_and_a_reaped_process_is_not_there(void **state)
{
	struct process process;
	siginfo_t info;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	assert_int_equal(process_read(pid, &process), 0);
	assert_int_equal(process.state, 'Z');
	assert_true(process.dead);
	assert_int_equal(process.ppid, getpid());
	waitpid(pid, NULL, 0);
	assert_int_equal(process_read(pid, &process), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_without_children_has_an_empty_tree),
		cmocka_unit_test(descendants_are_found_each_once_after_their_parents),
		cmocka_unit_test(children_of_every_thread_are_found),
		cmocka_unit_test(orphans_become_children_and_are_found),
		cmocka_unit_test(strangers_and_what_is_below_them_are_left_out),
		cmocka_unit_test(stopped_processes_are_continued),
		cmocka_unit_test(a_number_that_is_somebody_elses_by_now_gets_no_signal),
		cmocka_unit_test(enough_are_found_and_no_more),
		cmocka_unit_test(the_children_of_who_will_not_die_are_found_in_the_end),
		cmocka_unit_test(only_signals_that_wait_for_it_need_a_continue),
		cmocka_unit_test(a_process_is_described_whatever_its_name),
		cmocka_unit_test(a_zombie_is_dead_and_a_reaped_process_is_not_there),
	};
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
