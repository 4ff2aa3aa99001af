/* SPDX-License-Identifier: MIT */
#include "sandbox/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "msg.h"
#include "parse.h"
#include "sandbox/default_policy.h"
#include "sandbox/caps.h"
#include "sandbox/landlock.h"
#include "sandbox/mounts.h"

#define DESCRIPTOR_MAX (1 << 20) /* the kernel's own limit is below, fs.nr_open */

static const char *keep_option(struct spec *spec, const struct setting *setting)
{
	char *text = setting_text(setting);

	if (spec_keep(spec, text) < 0)
		setting_no_memory();
	return text;
}

static void set_caps(const struct setting *setting, bool all, uint64_t *mask, const char **text)
{
	char why[256];

	if (caps_parse(setting->argument, all, mask, why, sizeof why) < 0)
		setting_misuse(setting, "%s", why);
	*text = setting->argument;
}

static void add_path(struct spec *spec, const struct setting *setting, enum access access)
{
	struct sandbox_spec *sandbox = &spec->sandbox;
	const struct path_rule rule = {
		.access = access,
		.path = setting->argument,
		.option = keep_option(spec, setting),
	};

	if (!*rule.path)
		setting_misuse(setting, "an empty path ''");
	sandbox->paths =
		setting_grow(sandbox->paths, sandbox->path_count + 1, sizeof *sandbox->paths);
	sandbox->paths[sandbox->path_count++] = rule;
}

/* 0 means something to bind(2) only. */
static void add_port(struct spec *spec, const struct setting *setting, bool bind)
{
	struct sandbox_spec *sandbox = &spec->sandbox;
	int64_t port;

	if (parse_integer(setting->argument, !bind, UINT16_MAX, &port) < 0)
		setting_misuse(setting, "'%s' is not a port from %d to %d", setting->argument,
			       !bind, UINT16_MAX);
	sandbox->ports =
		setting_grow(sandbox->ports, sandbox->port_count + 1, sizeof *sandbox->ports);
	sandbox->ports[sandbox->port_count++] = (struct port_rule){
		.bind = bind,
		.port = (uint16_t)port,
		.option = keep_option(spec, setting),
	};
}

/* Each once, in ascending order. */
static void add_kept_fd(struct sandbox_spec *spec, const struct setting *setting)
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

static void apply_hide(struct sandbox_spec *spec, const struct setting *setting)
{
	if (!*setting->argument)
		setting_misuse(setting, "an empty path ''");
	spec->hide = setting_grow(spec->hide, spec->hide_count + 1, sizeof(*spec->hide));
	spec->hide[spec->hide_count++] = setting->argument;
}

/* The names of calls are looked up later: that takes a library. */
static void apply_seccomp(struct spec *spec, const struct setting *setting)
{
	struct policy *policy = &spec->sandbox.policy;
	const char *name = setting->argument;
	size_t size = default_policy_size;

	if (!*name)
		setting_misuse(setting, "an empty file name ''");
	char *text = strcmp(name, "default") == 0 ? strdup(default_policy)
						  : file_read(name, POLICY_FILE_LIMIT, &size);
	if (!text)
		setting_misuse(setting, "cannot read '%s': %s", name, msg_errno_text(errno));
	if (spec_keep(spec, text) < 0)
		setting_no_memory();
	policy_fini(policy);
	if (policy_parse(policy, text, size) < 0 && policy->line)
		setting_misuse(setting, "%s:%u: %s", name, policy->line, policy->problem);
	if (*policy->problem)
		setting_misuse(setting, "%s: %s", name, policy->problem);
	spec->sandbox.seccomp = name;
}

void sandbox_setting(struct spec *spec, const struct setting *setting)
{
	unsigned kind = setting->row->kind;

	if (kind == OPTION_HIDE)
		apply_hide(&spec->sandbox, setting);
	else if (kind == OPTION_CAP_DROP)
		set_caps(setting, true, &spec->sandbox.cap_drop, &spec->sandbox.cap_drop_text);
	else if (kind == OPTION_CAP_KEEP)
		set_caps(setting, false, &spec->sandbox.cap_keep, &spec->sandbox.cap_keep_text);
	else if (kind == OPTION_READ)
		add_path(spec, setting, ACCESS_READ);
	else if (kind == OPTION_WRITE)
		add_path(spec, setting, ACCESS_WRITE);
	else if (kind == OPTION_EXEC)
		add_path(spec, setting, ACCESS_EXEC);
	else if (kind == OPTION_BIND_PORT || kind == OPTION_CONNECT_PORT)
		add_port(spec, setting, kind == OPTION_BIND_PORT);
	else if (kind == OPTION_SECCOMP)
		apply_seccomp(spec, setting);
	else if (kind == OPTION_KEEP_FD)
		add_kept_fd(&spec->sandbox, setting);
}

/* All but those kept are dropped anyway; to drop one that is kept makes no sense. */
static void check_caps(struct sandbox_spec *spec)
{
	uint64_t both = spec->cap_drop & spec->cap_keep;
	char name[32];

	if (spec->cap_drop_text && spec->cap_keep_text && strcmp(spec->cap_drop_text, "all") != 0 &&
	    both) {
		caps_name(both, name, sizeof name);
		msg_misuse("--cap-drop=%s and --cap-keep=%s contradict each other: %s",
			   spec->cap_drop_text, spec->cap_keep_text, name);
	}
	if (caps_are_wanted(spec) && !caps_can_bind())
		spec->no_new_privs = true;
}

/*
 * As far as it can be told from here: the child opens the paths, in the root and the directory
 * that are the command's.
 */
static void check_paths(const struct spec *spec)
{
	const struct sandbox_spec *sandbox = &spec->sandbox;

	for (size_t i = 0; i < sandbox->path_count; i++) {
		const struct path_rule *rule = &sandbox->paths[i];
		if (rule->may_lack || spec->chroot || (spec->chdir && *rule->path != '/'))
			continue;
		if (faccessat(AT_FDCWD, rule->path, F_OK, AT_EACCESS) < 0)
			msg_misuse("%.*s: '%s': %s", (int)strcspn(rule->option, "="), rule->option,
				   rule->path, msg_errno_text(errno));
	}
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

	sandbox->no_new_privs |= landlock_is_wanted(sandbox);
	check_caps(sandbox);
	sandbox->close_fds |= sandbox->no_new_privs || sandbox->private_tmp || sandbox->no_net ||
			      sandbox->pid_ns || sandbox->hide_count > 0 || sandbox->seccomp ||
			      caps_are_wanted(sandbox);
	if (sandbox->pid_ns && spec->leftovers == LEFTOVERS_LEAVE)
		msg_misuse("--pid-ns and --leftovers=leave contradict each other");
	check_paths(spec);
	check_kept(spec);
	mounts_check(spec);
}

void sandbox_spec_fini(struct sandbox_spec *spec)
{
	free(spec->paths);
	free(spec->ports);
	free(spec->keep_fds);
	free(spec->hide);
	policy_fini(&spec->policy);
	*spec = (struct sandbox_spec){ .keep_fds = NULL };
}
