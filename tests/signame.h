/* SPDX-License-Identifier: MIT */
/* Signals by name, for the helper programs. */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <string.h>

/* The number of the signal called NAME, without SIG; 0 if it is not one of these. */
static inline int signame_number(const char *name)
{
	/* clang-format off */
	static const struct {
		const char *name;
		int number;
	} known[] = {
		{ "HUP", SIGHUP },   { "INT", SIGINT },   { "QUIT", SIGQUIT }, { "ILL", SIGILL },
		{ "TRAP", SIGTRAP }, { "ABRT", SIGABRT }, { "BUS", SIGBUS },   { "FPE", SIGFPE },
		{ "KILL", SIGKILL }, { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
		{ "PIPE", SIGPIPE }, { "ALRM", SIGALRM }, { "TERM", SIGTERM }, { "CHLD", SIGCHLD },
		{ "CONT", SIGCONT }, { "STOP", SIGSTOP }, { "TSTP", SIGTSTP }, { "TTIN", SIGTTIN },
		{ "TTOU", SIGTTOU }, { "URG", SIGURG },   { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
		{ "WINCH", SIGWINCH }, { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },
		{ "PWR", SIGPWR },   { "IO", SIGIO },     { "SYS", SIGSYS },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].number;
	return 0;
}
