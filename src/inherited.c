/* SPDX-License-Identifier: MIT */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"

/*
 * Descriptors 0-2 that are closed get a placeholder, so that nothing cordon opens lands
 * there and is taken for a standard stream. O_PATH: reading or writing it fails with
 * EBADF, exactly as on the closed descriptor that it stands for.
 */
static void occupy_standard_streams(struct inherited *inherited)
{
	for (int fd = 0; fd <= 2; fd++) {
		inherited->closed[fd] = fcntl(fd, F_GETFD) < 0;
		if (inherited->closed[fd])
			open("/", O_PATH | O_CLOEXEC); /* the lowest free number: FD */
	}
}

void inherited_init(struct inherited *inherited)
{
	*inherited = (struct inherited){ 0 };
	occupy_standard_streams(inherited);

	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe, &inherited->mask);
}

/* With SIGCHLD ignored the kernel reaps the children itself and their status is lost. */
static int restore_sigchld(struct inherited *inherited)
{
	struct sigaction action;
	if (sigaction(SIGCHLD, NULL, &action) < 0)
		return -1;
	inherited->sigchld_ignored = action.sa_handler == SIG_IGN;
	if (!inherited->sigchld_ignored)
		return 0;
	action = (struct sigaction){ .sa_handler = SIG_DFL };
	return sigaction(SIGCHLD, &action, NULL);
}

/*
 * Whoever executed cordon may have had children, and they are cordon's now (a shell's
 * background jobs before its exec). One cheap system call says that there are none.
 */
static int note_strangers(struct inherited *inherited)
{
	siginfo_t info;
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD ? 0 : -1;

	struct tree tree;
	tree_init(&tree, inherited);
	tree_scan(&tree);
	inherited->strangers = calloc(tree.count, sizeof(*inherited->strangers));
	if (inherited->strangers) {
		for (size_t i = 0; i < tree.count; i++)
			inherited->strangers[i] = tree.member[i].pid;
		inherited->stranger_count = tree.count;
	}
	int result = tree.count && !inherited->strangers ? -1 : 0;
	tree_fini(&tree);
	return result;
}

int inherited_prepare(struct inherited *inherited)
{
	sigset_t all;
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0 || restore_sigchld(inherited) < 0)
		return -1;
	if (note_strangers(inherited) < 0)
		return -1;
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

bool inherited_ignores(int sig)
{
	struct sigaction action;
	return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool inherited_is_stranger(const struct inherited *inherited, pid_t pid)
{
	for (size_t i = 0; i < inherited->stranger_count; i++)
		if (inherited->strangers[i] == pid)
			return true;
	return false;
}

int inherited_add(struct inherited *inherited, pid_t pid)
{
	size_t count = inherited->stranger_count;
	pid_t *strangers = reallocarray(inherited->strangers, count + 1, sizeof(*strangers));
	if (!strangers)
		return -1;
	strangers[count] = pid;
	inherited->strangers = strangers;
	inherited->stranger_count = count + 1;
	return 0;
}

void inherited_forget(struct inherited *inherited, pid_t pid)
{
	for (size_t i = 0; i < inherited->stranger_count; i++)
		if (inherited->strangers[i] == pid)
			inherited->strangers[i] = inherited->strangers[--inherited->stranger_count];
}

void inherited_fini(struct inherited *inherited)
{
	free(inherited->strangers);
	inherited->strangers = NULL;
	inherited->stranger_count = 0;
}
