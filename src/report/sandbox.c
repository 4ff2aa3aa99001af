/* SPDX-License-Identifier: MIT */
/*
 * The part of the JSON report that says what the command was kept in: as whom it ran, what was
 * asked for, what of that could not be had, and what the kernel then said of it.
 */
#ifdef HAVE_JANSSON
#include <sched.h>
#include <sys/prctl.h>

#include "../sandbox/syscalls.h"
#include "build.h"

static json_t *make_groups(struct build *b, const struct privs *privs)
{
	if (!privs->set_groups)
		return null(b);
	json_t *groups = b->lib->json_array();
	for (size_t i = 0; i < privs->group_count; i++)
		append(b, groups, number(b, privs->groups[i]));
	return groups;
}

static json_t *make_user(struct build *b)
{
	const struct privs *privs = &b->run->spec->privs;
	if (!privs->set && !privs->set_groups)
		return null(b);
	json_t *user = b->lib->json_object();
	put(b, user, "uid", privs->set ? number(b, privs->uid) : null(b));
	put(b, user, "gid", privs->set ? number(b, privs->gid) : null(b));
	put(b, user, "groups", make_groups(b, privs));
	return user;
}

static json_t *make_namespaces(struct build *b)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{ CLONE_NEWUSER, "user" },
		{ CLONE_NEWNS, "mount" },
		{ CLONE_NEWPID, "pid" },
		{ CLONE_NEWNET, "net" },
	};
	json_t *namespaces = b->lib->json_array();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (b->run->sandbox.namespaces.flags & names[i].flag)
			append(b, namespaces, text(b, names[i].name));
	return namespaces;
}

static void put_mounts(struct build *b, json_t *sandbox)
{
	const struct sandbox_spec *spec = &b->run->spec->sandbox;
	bool mounted = b->run->sandbox.namespaces.flags & CLONE_NEWNS;
	json_t *hidden = b->lib->json_array();
	for (size_t i = 0; i < spec->hide_count && mounted; i++)
		append(b, hidden, text(b, spec->hide[i]));
	put(b, sandbox, "private_tmp", boolean(b, spec->private_tmp && mounted));
	put(b, sandbox, "hidden", hidden);
}

static json_t *make_descriptors(struct build *b)
{
	const struct sandbox_spec *spec = &b->run->spec->sandbox;
	json_t *object = b->lib->json_object(), *kept = b->lib->json_array();
	for (size_t i = 0; i < spec->keep_fd_count; i++)
		append(b, kept, number(b, spec->keep_fds[i]));
	put(b, object, "closed", boolean(b, spec->close_fds));
	put(b, object, "kept", kept);
	return object;
}

static json_t *make_paths(struct build *b, enum access access)
{
	const struct sandbox_spec *spec = &b->run->spec->sandbox;
	json_t *paths = b->lib->json_array();
	for (size_t i = 0; i < spec->path_count; i++)
		if (spec->paths[i].access == access)
			append(b, paths, text(b, spec->paths[i].path));
	return paths;
}

static json_t *make_ports(struct build *b, bool bind)
{
	const struct sandbox_spec *spec = &b->run->spec->sandbox;
	json_t *ports = b->lib->json_array();
	for (size_t i = 0; i < spec->port_count; i++)
		if (spec->ports[i].bind == bind)
			append(b, ports, number(b, spec->ports[i].port));
	return ports;
}

static json_t *make_landlock(struct build *b)
{
	const struct landlock *landlock = &b->run->sandbox.landlock;
	const char *what;
	if (!landlock_is_wanted(&b->run->spec->sandbox))
		return null(b);
	json_t *object = b->lib->json_object(), *not_covered = b->lib->json_array();
	for (size_t i = 0; (what = landlock_not_covered(landlock, i)); i++)
		append(b, not_covered, text(b, what));
	put(b, object, "abi", landlock->abi ? number(b, landlock->abi) : null(b));
	put(b, object, "read", make_paths(b, ACCESS_READ));
	put(b, object, "write", make_paths(b, ACCESS_WRITE));
	put(b, object, "exec", make_paths(b, ACCESS_EXEC));
	put(b, object, "bind_ports", make_ports(b, true));
	put(b, object, "connect_ports", make_ports(b, false));
	put(b, object, "not_covered", not_covered);
	return object;
}

static json_t *make_lacks(struct build *b)
{
	const struct sandbox *sandbox = &b->run->sandbox;
	json_t *lacks = b->lib->json_array();
	for (size_t i = 0; i < sandbox->lack_count; i++) {
		json_t *object = b->lib->json_object();
		put(b, object, "option", text(b, sandbox->lacks[i].option));
		put(b, object, "error", text(b, sandbox->lacks[i].what));
		append(b, lacks, object);
	}
	return lacks;
}

/* What the names and numbers of the filter are called; null if nobody knows. */
static json_t *make_call(struct build *b, const struct calls_violation *violation)
{
	_cleanup_free_ char *name =
		syscalls_name(b->run->sandbox.calls.syscalls, violation->token, violation->number);
	return text(b, name);
}

static json_t *make_violations(struct build *b)
{
	const struct calls *calls = &b->run->sandbox.calls;
	json_t *violations = b->lib->json_array();
	for (size_t i = 0; i < calls->kind_count; i++) {
		const struct calls_violation *violation = &calls->violation[i];
		enum policy_action action = violation->verdict.action;
		json_t *object = b->lib->json_object();
		char err[12];
		put(b, object, "syscall", make_call(b, violation));
		put(b, object, "number", number(b, violation->number));
		put(b, object, "architecture", text(b, filter_arch_name(violation->token)));
		put(b, object, "action", text(b, policy_action_name(action)));
		put(b, object, "errno",
		    action == POLICY_DENY ? text(b, policy_error_name(violation->verdict.err, err))
					  : null(b));
		put(b, object, "count", count(b, violation->count));
		append(b, violations, object);
	}
	return violations;
}

static json_t *make_seccomp(struct build *b)
{
	const struct sandbox_spec *spec = &b->run->spec->sandbox;
	const struct calls *calls = &b->run->sandbox.calls;
	if (!calls->set)
		return null(b);
	json_t *object = b->lib->json_object();
	put(b, object, "policy", text(b, spec->seccomp));
	put(b, object, "default", text(b, policy_action_name(spec->policy.otherwise.action)));
	put(b, object, "reporting", boolean(b, calls->reporting));
	put(b, object, "violations_total", count(b, calls->violation_count));
	put(b, object, "violations", make_violations(b));
	return object;
}

/* ---- what came of it ---- */

static json_t *make_ids(struct build *b, const unsigned ids[4])
{
	json_t *array = b->lib->json_array();
	for (int i = 0; i < 4; i++)
		append(b, array, number(b, ids[i]));
	return array;
}

static json_t *make_observed_groups(struct build *b, const struct identity *identity)
{
	json_t *groups = b->lib->json_array();
	for (size_t i = 0; i < identity->group_count && i < IDENTITY_GROUPS; i++)
		append(b, groups, number(b, identity->groups[i]));
	return groups;
}

/* As the kernel writes it. */
static json_t *make_set(struct build *b, uint64_t set)
{
	char hex[20];
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)set);
	return text(b, hex);
}

static json_t *make_sets(struct build *b, const struct identity *identity)
{
	static const char *const names[] = {
		[CAPS_INHERITABLE] = "inheritable", [CAPS_PERMITTED] = "permitted",
		[CAPS_EFFECTIVE] = "effective",     [CAPS_BOUNDING] = "bounding",
		[CAPS_AMBIENT] = "ambient",
	};
	json_t *sets = b->lib->json_object();
	for (int i = 0; i < CAPS_COUNT; i++)
		put(b, sets, names[i], make_set(b, identity->caps[i]));
	return sets;
}

static json_t *make_observed(struct build *b)
{
	const struct identity *identity = &b->run->identity;
	if (!identity->known)
		return null(b);
	json_t *object = b->lib->json_object();
	put(b, object, "uid", make_ids(b, identity->uid));
	put(b, object, "gid", make_ids(b, identity->gid));
	put(b, object, "groups", make_observed_groups(b, identity));
	put(b, object, "capabilities", make_sets(b, identity));
	put(b, object, "no_new_privs",
	    identity->no_new_privs < 0 ? null(b) : boolean(b, identity->no_new_privs));
	put(b, object, "seccomp", identity->seccomp < 0 ? null(b) : number(b, identity->seccomp));
	return object;
}

/*
 * --no-new-privs, or what implies it. That a filter took it is known by its being there; then cordon
 * was started without it.
 */
static bool has_no_new_privs(const struct build *b)
{
	const struct sandbox *sandbox = &b->run->sandbox;
	const struct identity *identity = &b->run->identity;
	if (b->run->spec->sandbox.no_new_privs || sandbox->namespaces.flags & CLONE_NEWUSER)
		return true;
	return sandbox->calls.set && identity->known && identity->no_new_privs > 0 &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

json_t *terms_sandbox(struct build *b)
{
	const struct spec *spec = b->run->spec;
	json_t *sandbox = b->lib->json_object();
	put(b, sandbox, "chroot", text(b, spec->chroot));
	put(b, sandbox, "user", make_user(b));
	put(b, sandbox, "profile", text(b, spec->sandbox.profile));
	put(b, sandbox, "namespaces", make_namespaces(b));
	put_mounts(b, sandbox);
	put(b, sandbox, "cap_drop", text(b, spec->sandbox.cap_drop_text));
	put(b, sandbox, "cap_keep", text(b, spec->sandbox.cap_keep_text));
	put(b, sandbox, "no_new_privs", boolean(b, has_no_new_privs(b)));
	put(b, sandbox, "seccomp", make_seccomp(b));
	put(b, sandbox, "descriptors", make_descriptors(b));
	put(b, sandbox, "landlock", make_landlock(b));
	put(b, sandbox, "lacking", make_lacks(b));
	put(b, sandbox, "explanation", text_or_null(b, b->run->explanation));
	put(b, sandbox, "observed", make_observed(b));
	return sandbox;
}
#endif
