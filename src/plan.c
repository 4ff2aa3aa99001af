/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "rlimits.h"
#include "msg.h"
#include "parse.h"
#include "sandbox/calls.h"
#include "relay.h"
#include "sandbox.h"
#include "spawn.h"

/* One line of the plan; the text is escaped, whatever the user gave. */
static void line(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(const char *name, const char *format, ...)
{
	char text[8192], escaped[8192];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("%-12s %s\n", name, msg_escape(escaped, sizeof(escaped), text));
}

static void print_command(const struct spec *spec)
{
	char text[8192];
	size_t length = 0;
	text[0] = '\0';
	for (char *const *arg = spec->argv; *arg && length < sizeof(text); arg++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
					   arg == spec->argv ? "" : " ", *arg);
	line("command", "%s", text);
	if (spec->argv0)
		line("argv0", "%s", spec->argv0);
}

static void duration(char *out, size_t size, int64_t ns)
{
	if (ns == NS_NEVER)
		snprintf(out, size, "never");
	else
		snprintf(out, size, "%.9g s", (double)ns / (double)NS_PER_S);
}

static void print_time(const struct spec *spec)
{
	char text[64];
	duration(text, sizeof(text), spec->timeout_ns);
	line("timeout", "%s", text);
	if (spec->cpu_time_ns != NS_NEVER) {
		duration(text, sizeof(text), spec->cpu_time_ns);
		line("cpu time", "%s of all processes together", text);
	}
	if (spec->idle_timeout_ns != NS_NEVER) {
		duration(text, sizeof(text), spec->idle_timeout_ns);
		line("idle timeout", "%s without output", text);
	}
	if (spec->on_timeout)
		line("on timeout", "sh -c '%s'", spec->on_timeout);
	for (int i = 0; i < spec->ladder.count; i++) {
		const struct rung *rung = &spec->ladder.rung[i];
		duration(text, sizeof(text), rung->wait_ns);
		line(i ? "" : "ladder", "SIG%s to the %s%s%s", parse_signal_name(rung->sig),
		     ladder_target_name(rung->target),
		     i + 1 < spec->ladder.count ? ", then wait " : "",
		     i + 1 < spec->ladder.count ? text : "");
	}
}

static void print_group(const struct spec *spec)
{
	static const char *const names[] = {
		[GROUP_AUTO] = "cordon's own",
		[GROUP_STAY] = "cordon's own",
		[GROUP_NEW] = "a new process group",
		[GROUP_SESSION] = "a new session",
		[GROUP_LIKE_TIMEOUT] = "cordon's own, made for the purpose",
	};
	bool terminal;
	enum group_mode group = spawn_resolve_group(spec, &terminal);
	line("group", "%s (%s controlling terminal)", names[group], terminal ? "with a" : "no");
}

static void print_resources(const struct spec *spec)
{
	for (int i = 0; i < RLIMITS_COUNT; i++) {
		if (!(spec->limits.set & (1u << i)))
			continue;
		char soft[32] = "unlimited", hard[32] = "unlimited";
		const struct rlimit *value = &spec->limits.value[i];
		if (value->rlim_cur != RLIM_INFINITY)
			snprintf(soft, sizeof(soft), "%llu", (unsigned long long)value->rlim_cur);
		if (value->rlim_max != RLIM_INFINITY)
			snprintf(hard, sizeof(hard), "%llu", (unsigned long long)value->rlim_max);
		line("rlimit", "%s soft %s, hard %s", rlimits_name(i), soft, hard);
	}
	if (spec->set_nice)
		line("nice", "%+d", spec->nice);
	if (spec->set_oom_score_adj)
		line("oom score", "%d", spec->oom_score_adj);
	if (spec->cores_text)
		line("cores", "%s", spec->cores_text);
	if (spec->set_umask)
		line("umask", "%04o", (unsigned)spec->umask);
}

static void print_where(const struct spec *spec)
{
	if (spec->chroot)
		line("chroot", "%s", spec->chroot);
	if (spec->privs.set)
		line("user", "uid %u, gid %u", (unsigned)spec->privs.uid,
		     (unsigned)spec->privs.gid);
	if (spec->privs.set_groups)
		line("groups", "%zu supplementary", spec->privs.group_count);
	if (spec->chdir)
		line("directory", "%s", spec->chdir);
	/* Values may be secrets: how many is enough. */
	line("environment", "%zu variable%s%s", spec->env.count, spec->env.count == 1 ? "" : "s",
	     spec->env.cleared ? ", none of cordon's but those asked for" : "");
}

static void print_containment(const struct spec *spec)
{
	static const char *const leftovers[] = {
		[LEFTOVERS_KILL] = "killed through the ladder",
		[LEFTOVERS_WAIT] = "waited for",
		[LEFTOVERS_LEAVE] = "left",
	};
	if (spec->cgroup == CGROUP_NONE)
		line("cgroup", "none");
	else
		line("cgroup", "%s%s", spec->cgroup == CGROUP_NAMED ? spec->cgroup_name : "auto",
		     spec->require_cgroup ? ", or no run" : "");
	for (size_t i = 0; i < spec->tree_limit_count; i++)
		line("limit", "%s %s%s", spec->tree_limits[i].file, spec->tree_limits[i].value,
		     spec->best_effort ? ", or a warning" : ", or no run");
	line("leftovers", "%s%s", leftovers[spec->leftovers],
	     spec->fail_on_leftovers ? ", and a failure" : "");
	print_group(spec);
	line("parent", "the command %s if cordon is killed",
	     spec->die_with_parent ? "is killed" : "lives on");
}

static void print_namespaces(const struct spec *spec)
{
	const struct sandbox_spec *sandbox = &spec->sandbox;
	if (sandbox->private_tmp)
		line("private tmp", "a new /tmp, /var/tmp and /dev/shm");
	for (size_t i = 0; i < sandbox->hide_count; i++)
		line("hidden", "%s", sandbox->hide[i]);
	if (sandbox->pid_ns)
		line("processes", "those of the run alone, in a pid namespace");
	if (sandbox->no_net)
		line("network", "none but a loopback device");
	if (namespaces_wanted(spec) & CLONE_NEWUSER)
		line("privilege", "through a user namespace");
}

static void print_descriptors(const struct sandbox_spec *sandbox)
{
	char kept[256] = "";
	size_t length = 0;
	for (size_t i = 0; i < sandbox->keep_fd_count && length < sizeof(kept); i++)
		length += (size_t)snprintf(kept + length, sizeof(kept) - length, "%s%d",
					   i ? ", " : " but ", sandbox->keep_fds[i]);
	if (sandbox->close_fds)
		line("descriptors", "those above 2 are closed%s", kept);
}

static void print_rules(const struct sandbox_spec *sandbox)
{
	static const char *const words[] = {
		[ACCESS_READ] = "read",
		[ACCESS_WRITE] = "read and write",
		[ACCESS_EXEC] = "read and execute",
	};
	for (size_t i = 0; i < sandbox->path_count; i++)
		line("files", "%s %s", words[sandbox->paths[i].access], sandbox->paths[i].path);
	if (sandbox->path_count)
		line("", "all else is denied, by Landlock");
	for (size_t i = 0; i < sandbox->port_count; i++)
		line("ports", "%s TCP port %u", sandbox->ports[i].bind ? "bind to" : "connect to",
		     (unsigned)sandbox->ports[i].port);
	if (sandbox->port_count)
		line("", "all other TCP ports are denied, by Landlock");
}

static void print_seccomp(const struct sandbox_spec *sandbox)
{
	const struct policy_verdict *otherwise = &sandbox->policy.otherwise;
	char err[12];
	if (!sandbox->seccomp)
		return;
	line("seccomp", "%s: %zu rules, else %s%s%s", sandbox->seccomp, sandbox->policy.rule_count,
	     policy_action_name(otherwise->action), otherwise->action == POLICY_DENY ? " " : "",
	     otherwise->action == POLICY_DENY ? policy_error_name(otherwise->err, err) : "");
}

static void print_sandbox(const struct spec *spec)
{
	if (spec->sandbox.profile)
		line("sandbox", "%s, which is:", spec->sandbox.profile);
	print_namespaces(spec);
	if (spec->sandbox.cap_drop_text)
		line("capabilities", "without %s", spec->sandbox.cap_drop_text);
	if (spec->sandbox.cap_keep_text)
		line("capabilities", "none but %s", spec->sandbox.cap_keep_text);
	if (spec->sandbox.no_new_privs || namespaces_wanted(spec) & CLONE_NEWUSER)
		line("privileges", "no new ones");
	print_rules(&spec->sandbox);
	print_seccomp(&spec->sandbox);
	if (spec->sandbox.explain_denied)
		line("denials", "explained where the command's output tells enough");
	print_descriptors(&spec->sandbox);
}

static void print_stream(const char *name, const struct spec *spec, enum stream_id id)
{
	const char *path = id == STREAM_IN    ? spec->in.path
			   : id == STREAM_OUT ? spec->out.path
					      : spec->err.path;
	const char *watcher = id == STREAM_IN ? NULL : spec_watcher(spec);
	const char *for_watcher = watcher ? ", relayed for " : "";
	watcher = watcher ? watcher : "";
	switch (relay_resolve(spec, id)) {
	case STDIO_AUTO:
	case STDIO_INHERIT:
		line(name, "inherit%s", isatty((int)id) ? " (a terminal)" : "");
		break;
	case STDIO_PTY:
		line(name, "a terminal like cordon's own, relayed");
		break;
	case STDIO_RELAY:
		line(name, "relay");
		break;
	case STDIO_NULL:
		line(name, "/dev/null%s%s", for_watcher, watcher);
		break;
	case STDIO_FILE:
		line(name, "file %s%s%s", path, for_watcher, watcher);
		break;
	}
}

static void print_watchers(const struct spec *spec)
{
	if (spec->log)
		line("log", "%s%s%s", spec->log, spec->append ? ", added to" : "",
		     spec->log_optional ? ", or a warning" : "");
	if (spec->timestamps)
		line("timestamps", "%s",
		     spec->timestamps_as == TIMESTAMPS_ABS ? "the time of day"
							   : "seconds since the start");
	if (spec->prefix)
		line("prefix", "%s", spec->prefix);
	if (spec->output_limit != LIMIT_NONE)
		line("output limit", "%llu bytes", (unsigned long long)spec->output_limit);
	if (spec->line_limit != LIMIT_NONE)
		line("line limit", "%llu lines", (unsigned long long)spec->line_limit);
	if (spec->packets)
		line("packets", "each write of up to 4 KiB by itself");
	char text[64];
	duration(text, sizeof(text), spec->drain_ns);
	line("drain", "until nothing has come for %s", text);
}

static void print_streams(const struct spec *spec)
{
	if (spec->pty) {
		line("stdio", "a terminal of its own%s",
		     spec->pty_size.columns ? "" : ", of cordon's size");
		if (spec->pty_size.columns)
			line("size", "%d columns, %d rows", spec->pty_size.columns,
			     spec->pty_size.rows);
		print_watchers(spec);
		return;
	}
	print_stream("stdin", spec, STREAM_IN);
	print_stream("stdout", spec, STREAM_OUT);
	if (spec->merge)
		line("stderr", "where stdout goes");
	else
		print_stream("stderr", spec, STREAM_ERR);
	print_watchers(spec);
}

static void print_reports(const struct spec *spec)
{
	if (spec->progress == PROGRESS_ALWAYS)
		line("progress", "a line on stderr");
	for (size_t i = 0; i < spec->report_count; i++)
		line("report", "%s", spec->reports[i].option);
	if (spec->report_count)
		line("tail", "%u lines of each stream", spec->tail_lines);
	if (spec->title)
		line("title", "%s", spec->title);
	for (size_t i = 0; i < spec->tag_count; i++)
		line("tag", "%.*s=%s", (int)spec->tags[i].key_length, spec->tags[i].key,
		     spec->tags[i].value);
}

static void print_status(const struct spec *spec)
{
	for (int code = 0; code < 256; code++)
		if (spec->ok[code])
			line("status", "0 for the command's %d", code);
	if (spec->preserve_status)
		line("status", "the command's own after a limit, too");
	if (spec->signal_exit == SIGNAL_EXIT_CODE)
		line("status", "128 and the number of the signal that ends the command");
}

/* A policy that cannot be put in force is found out without a child. */
static bool check_seccomp(const struct spec *spec)
{
	struct calls calls;
	const char *what = NULL;
	calls_init(&calls);
	bool good = calls_prepare(&calls, &spec->sandbox, &what) == 0;
	if (!good && errno)
		msg_warn_errno(errno, "--seccomp=%s: %s", spec->sandbox.seccomp, what);
	else if (!good)
		msg_warn("--seccomp=%s: %s", spec->sandbox.seccomp, what);
	bool fatal = !good && (calls.mistaken || !spec->best_effort);
	calls_fini(&calls);
	return !fatal;
}

struct exit_status plan_print(const struct spec *spec)
{
	if (!check_seccomp(spec))
		return (struct exit_status){ .code = STATUS_CORDON };
	print_command(spec);
	print_time(spec);
	print_containment(spec);
	print_resources(spec);
	print_streams(spec);
	print_where(spec);
	print_sandbox(spec);
	print_reports(spec);
	print_status(spec);
	if (fflush(stdout) == 0)
		return (struct exit_status){ .code = 0 };
	msg_warn_errno(errno, "--dry-run: cannot write to stdout");
	return (struct exit_status){ .code = STATUS_CORDON };
}
