/* SPDX-License-Identifier: MIT */
/*
 * The listener is born in the child, which sends it to cordon. Until it has been executed nobody
 * listens, for cordon stands still (CLONE_VFORK): the calls that the child makes on that stretch
 * are let through by the first filter, and a second one takes them away where the policy does.
 */
#include "sandbox/calls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"
#include "sandbox/syscalls.h"

/* What child.c and this file do between the filter and exec. */
static const uint32_t launch_calls[] = {
	SYS_seccomp,    SYS_sendmsg,
#ifdef SYS_access
	SYS_access,
#endif
	SYS_faccessat,
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
};
#define LAUNCH_CALLS (sizeof(launch_calls) / sizeof(launch_calls[0]))

void calls_init(struct calls *s)
{
	*s = (struct calls){ .parent_fd = -1, .child_fd = -1, .listener = -1 };
}

void calls_fini(struct calls *s)
{
	close_fd(&s->parent_fd);
	close_fd(&s->child_fd);
	close_fd(&s->listener);
	filter_fini(&s->filter);
	free(s->listened.filter);
	free(s->alone.filter);
	free(s->closing.filter);
	syscalls_free(s->syscalls);
	calls_init(s);
}

/* ---- before the child exists ---- */

static int fail(const char **what, const char *words, int err)
{
	*what = words;
	errno = err;
	return -1;
}

static int fail_mistaken(struct calls *s, const char **what, const char *words)
{
	s->mistaken = true;
	return fail(what, words, 0);
}

static int fail_unknown(struct calls *s, const struct policy_rule *rule, const char **what)
{
	snprintf(s->why, sizeof(s->why), "line %u: unknown system call '%.60s'", rule->line,
		 rule->name);
	return fail_mistaken(s, what, s->why);
}

static int make_filter(struct calls *s, const struct sandbox_spec *spec, const char **what)
{
	const struct policy_rule *unknown = NULL;

	if (filter_arches[0].token == 0)
		return fail(what, "cordon knows no filters for this processor", 0);
	if (filter_init(&s->filter, &spec->policy, filter_arches, filter_arch_count,
			syscalls_number, s->syscalls, &unknown) < 0)
		return unknown ? fail_unknown(s, unknown, what)
			       : fail(what, "cannot make the filter", errno);
	if (!filter_always_allows(&s->filter, SYS_execve))
		return fail_mistaken(s, what, "it denies execve, so that nothing can be started");
	if (!filter_always_allows(&s->filter, SYS_exit_group))
		return fail_mistaken(s, what, "it denies exit_group, so that nothing can end");
	return 0;
}

/* What the policy denies of the launch's own calls, cordon has to take away behind it. */
static bool needs_closing(const struct calls *s)
{
	for (size_t i = 0; i < LAUNCH_CALLS; i++)
		if (!filter_always_allows(&s->filter, launch_calls[i]))
			return true;
	return false;
}

static int compile(struct calls *s)
{
	if (filter_compile(&s->filter, FILTER_LISTENED, launch_calls, LAUNCH_CALLS, &s->listened) <
		    0 ||
	    filter_compile(&s->filter, FILTER_ALONE, NULL, 0, &s->alone) < 0)
		return -1;
	if (!needs_closing(s))
		return 0;
	return filter_compile(&s->filter, FILTER_CLOSING, launch_calls, LAUNCH_CALLS, &s->closing);
}

static int open_sockets(struct calls *s)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	s->parent_fd = pair[0];
	s->child_fd = pair[1];
	return 0;
}

int calls_prepare(struct calls *s, const struct sandbox_spec *spec, const char **what)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	if (!spec->seccomp)
		return 0;
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return fail(what, "the kernel has no filters of system calls", errno);
	s->syscalls = syscalls_new(s->why, sizeof(s->why));
	if (!s->syscalls)
		return fail(what, s->why, 0);
	if (make_filter(s, spec, what) < 0)
		return -1;
	if (compile(s) < 0)
		return errno == E2BIG ? fail_mistaken(s, what, "it is too long for a filter")
				      : fail(what, "cannot make the filter", errno);
	if (open_sockets(s) < 0)
		return fail(what, "cannot make a pair of sockets", errno);
	s->set = true;
	return 0;
}

/* ---- in the child ---- */

static int install(const struct sock_fprog *program, unsigned flags)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
}

/* Without CAP_SYS_ADMIN only those may have a filter who can gain nothing by an exec. */
static int install_first(const struct sock_fprog *program, unsigned flags)
{
	int result = install(program, flags);

	if (result < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		result = install(program, flags);
	return result;
}

static int send_fd(int socket, int fd)
{
	char byte = 0;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control.space) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	/* by its number, for it is let through by that: i386's C library has socketcall(2) */
	return syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/*
 * EBUSY: somebody listens to this process already, such as the cordon around this one, and there
 * can be only one. The policy binds as well without.
 */
int calls_apply(const struct calls *s)
{
	if (!s->set)
		return 0;
	int listener = install_first(&s->listened, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (listener < 0 && (errno == EBUSY || errno == EINVAL))
		return install_first(&s->alone, 0);
	if (listener < 0 || send_fd(s->child_fd, listener) < 0)
		return -1;
	return s->closing.len ? install(&s->closing, 0) : 0;
}

/* ---- while the command runs ---- */

static int receive_fd(int socket)
{
	char byte;
	int fd;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control.space) };

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

void calls_started(struct calls *s)
{
	if (!s->set)
		return;
	s->listener = receive_fd(s->parent_fd);
	s->reporting = s->listener >= 0;
	close_fd(&s->parent_fd);
	close_fd(&s->child_fd);
}

static void note_violation(struct calls *s, const struct seccomp_data *call,
			   struct policy_verdict verdict)
{
	s->violation_count++;
	for (size_t i = 0; i < s->kind_count; i++) {
		struct calls_violation *known = &s->violation[i];
		if (known->token == call->arch && known->number == (uint32_t)call->nr &&
		    known->verdict.action == verdict.action && known->verdict.err == verdict.err) {
			known->count++;
			return;
		}
	}
	if (s->kind_count < CALLS_VIOLATIONS_MAX)
		s->violation[s->kind_count++] =
			(struct calls_violation){ .token = call->arch,
						  .number = (uint32_t)call->nr,
						  .verdict = verdict,
						  .count = 1 };
}

/* The line of /proc/PID/status that begins with KEY, read as a number. */
static uint64_t status_number(const char *status, const char *key, int base)
{
	const char *line = strstr(status, key);
	return line ? strtoull(line + strlen(key), NULL, base) : 0;
}

/* The signal that ends the process for certain: SIGSYS, unless it has provided against that. */
static int deadly_signal(const char *status)
{
	uint64_t bit = UINT64_C(1) << (SIGSYS - 1);
	uint64_t masks = status_number(status, "\nSigBlk:", 16) |
			 status_number(status, "\nSigIgn:", 16) |
			 status_number(status, "\nSigCgt:", 16);
	return masks & bit ? SIGKILL : SIGSYS;
}

/*
 * The thread waits in its call, and so it will be until it is dead. That the notification is still
 * good says that the process held by the descriptor is the one that made the call.
 */
static bool kill_violator(const struct calls *s, const struct seccomp_notif *notif)
{
	char path[64];
	size_t size;
	snprintf(path, sizeof(path), "/proc/%u/status", notif->pid);
	_cleanup_free_ char *status = file_read(path, 1024 * 1024, &size);
	if (!status)
		return false;
	pid_t process = (pid_t)status_number(status, "\nTgid:", 10);
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, process, 0);
	return fd >= 0 && ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif->id) == 0 &&
	       syscall(SYS_pidfd_send_signal, fd, deadly_signal(status), NULL, 0) == 0;
}

static bool refuse(const struct calls *s, uint64_t id, int err)
{
	struct seccomp_notif_resp response = { .id = id, .error = -err };
	return ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

/* A call that a signal interrupts is made again, and counts once: when it is answered. */
static void judge(struct calls *s, const struct seccomp_notif *notif)
{
	uint64_t arguments[6];
	memcpy(arguments, notif->data.args, sizeof(arguments));
	struct policy_verdict verdict =
		filter_decide(&s->filter, notif->data.arch, (uint32_t)notif->data.nr, arguments);

	if (verdict.action == POLICY_KILL) {
		if (kill_violator(s, notif)) {
			note_violation(s, &notif->data, verdict);
			return;
		}
		verdict = (struct policy_verdict){ POLICY_DENY, EPERM };
	}
	if (refuse(s, notif->id, verdict.err ? verdict.err : EPERM))
		note_violation(s, &notif->data, verdict);
}

/* More than that wait for the next turn: there are clocks and streams to be seen to. */
#define ANSWERS_AT_ONCE 64

void calls_answer(struct calls *s)
{
	struct pollfd pollfd = { .fd = s->listener, .events = POLLIN };

	for (int i = 0; i < ANSWERS_AT_ONCE && poll(&pollfd, 1, 0) > 0; i++) {
		struct seccomp_notif notif = { .id = 0 };
		if (!(pollfd.revents & POLLIN)) {
			close_fd(&s->listener); /* nobody is left under this filter */
			return;
		}
		if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &notif) == 0)
			judge(s, &notif);
		else if (errno != ENOENT && errno != EINTR) /* not just killed meanwhile */
			close_fd(&s->listener);
	}
}
