/* SPDX-License-Identifier: MIT */
/*
 * --pid-ns: a pid namespace of the command's own, with an init of cordon's.
 *
 * The child that cordon clones, the launcher, puts two processes into a new namespace and is gone:
 * init, whose pid inside is 1, and the command. Both are children of cordon's (CLONE_PARENT), so
 * the command's status, its stops and what it cost arrive as they do without. Whoever loses his
 * parent inside is init's to reap; and when init dies, by the last command or with cordon, the
 * kernel kills everybody in the namespace, but says of nobody what he cost. So init does that
 * itself if cordon asks for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/* In memory that all of them have. Pids are those outside. */
struct reaper_page {
	pid_t init, command; /* 0: not born */
	pid_t command_inside;
	unsigned reaped; /* by init */
	bool kill;       /* asked of it */
};

struct reaper {
	struct reaper_page *page; /* owned; NULL: no such namespace */
	bool tied;                /* nobody survives cordon */
	char *title;              /* cordon's command line, of which init keeps nothing */
	size_t title_size;
	int parent_fd;   /* pidfd of cordon's */
	int start_fd[2]; /* the launcher to init: a byte when the command is executed */
	int left_fd[2];  /* init to cordon: a byte if somebody is left when the command ends,
				     and its end if nobody is */
};

/* Nothing prepared, so that reaper_fini() can be called. */
void reaper_init(struct reaper *reaper);

/* COMMAND is the end of cordon's own command line. Returns 0, or -1 with errno. */
int reaper_prepare(struct reaper *reaper, bool tied, char *const *command);

/*
 * In the child, which can make pid namespaces: returns 0 in the process that is to be the command,
 * or -1 with errno.
 */
int reaper_enter(const struct reaper *reaper);

/* In the child: is cordon still there? To be asked once its death would be heard of. */
bool reaper_has_parent(const struct reaper *reaper);

/*
 * In cordon, when the LAUNCHER is done: reap it. If it was killed, so is the command. Returns the
 * command's pid, 0: there is none.
 */
pid_t reaper_claim(struct reaper *reaper, pid_t launcher);

/* In cordon: have init, which is there, kill everybody else. Returns 0, or -1 with errno. */
int reaper_kill(struct reaper *reaper);

/* In cordon: there is no run, so nobody may be left. */
void reaper_abandon(struct reaper *reaper);

/* In cordon, which has just reaped the command: is init about to end, as nobody else is left? */
bool reaper_is_ending(const struct reaper *reaper);

void reaper_fini(struct reaper *reaper);
