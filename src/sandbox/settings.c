/* SPDX-License-Identifier: MIT */
#include "sandbox/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "msg.h"
#include "parse.h"

#define DESCRIPTOR_MAX (1 << 20) /* the kernel's own limit is below, fs.nr_open */

/* Each once, in ascending order. */
static void apply_keep_fd(struct sandbox_spec *spec, const struct setting *setting)
{
	int64_t fd;
	size_t at = 0;

	if (parse_integer(setting->argument, STDERR_FILENO + 1, DESCRIPTOR_MAX, &fd) < 0)
		setting_misuse(setting, "'%s' is not a descriptor from 3", setting->argument);
	while (at < spec->keep_fd_count && spec->keep_fds[at] < fd)
		at++;
	if (at < spec->keep_fd_count && spec->keep_fds[at] == fd)
		return;
	spec->keep_fds = setting_grow(spec->keep_fds, spec->keep_fd_count + 1, sizeof(int));
	for (size_t i = spec->keep_fd_count++; i > at; i--)
		spec->keep_fds[i] = spec->keep_fds[i - 1];
	spec->keep_fds[at] = (int)fd;
}

void sandbox_setting(struct spec *spec, const struct setting *setting)
{
	if (setting->row->kind == OPTION_KEEP_FD)
		apply_keep_fd(&spec->sandbox, setting);
}

/* What is there cannot be close-on-exec: it came through an exec. */
static void check_kept(const struct spec *spec)
{
	const struct sandbox_spec *sandbox = &spec->sandbox;

	for (size_t i = 0; i < sandbox->keep_fd_count; i++) {
		int fd = sandbox->keep_fds[i];
		if (fcntl(fd, F_GETFD) < 0)
			msg_misuse("--keep-fd=%d: the descriptor is not open", fd);
		for (size_t k = 0; k < spec->report_count; k++)
			if (!spec->reports[k].path && spec->reports[k].fd == fd)
				msg_misuse("--keep-fd=%d and %s contradict each other", fd,
					   spec->reports[k].option);
	}
}

void sandbox_check(struct spec *spec)
{
	struct sandbox_spec *sandbox = &spec->sandbox;

	sandbox->close_fds |= sandbox->no_new_privs;
	check_kept(spec);
}

void sandbox_spec_fini(struct sandbox_spec *spec)
{
	free(spec->keep_fds);
	*spec = (struct sandbox_spec){ .keep_fds = NULL };
}
