/* SPDX-License-Identifier: MIT */
/*
 * The terminal at which somebody sits while the command has one of its own (--pty): every key
 * is the command's then, so it is in raw mode, and goes back to what it was whenever it is not
 * the run's any more.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct terminal {
	int fd;              /* borrowed; -1: nobody sits there */
	struct termios mode; /* as it was before it was made raw */
	bool entered;        /* that was done, and not yet undone */
};

/* Nobody sits there. */
void terminal_init(struct terminal *terminal);

/*
 * Does somebody? If standard input and output are terminals. With output elsewhere the keys are
 * whoever's reads that output (cordon --pty ls | less). Does not fail.
 */
void terminal_find(struct terminal *terminal);

/*
 * Is it the terminal's turn of the process OWNER: its group is in the foreground there, or the
 * terminal does not do job control for it? For who is not in its session, and cannot ask it.
 */
bool terminal_is_lent_to(const struct terminal *terminal, pid_t owner);

/* What a job that reads or writes meets at a terminal. */
enum terminal_answer {
	TERMINAL_TAKES,  /* what is written, or gives what is typed */
	TERMINAL_STOPS,  /* the job: it is in the background; of writers, if stty tostop is set */
	TERMINAL_REFUSES /* with EIO: and nobody is there who could continue it */
};

/* What the job of the process OWNER would meet at the terminal FD that writes, or that reads. */
enum terminal_answer terminal_ask(int fd, pid_t owner);
enum terminal_answer terminal_ask_for_keys(int fd, pid_t owner);

/*
 * Raw mode, unless it still has that; what was typed ahead stays to be read. Returns 0, or -1 with
 * errno.
 */
int terminal_enter(struct terminal *terminal);

/* The mode that it had, unless somebody else has changed it since. 0, or -1 with errno. */
int terminal_leave(struct terminal *terminal);
