/* SPDX-License-Identifier: MIT */
/*
 * The bounding set is what a program with more rights can give, so it is narrowed first, while
 * there is the capability to do so. Then the sets that a process has: permitted, effective,
 * inheritable; the ambient set follows these by itself.
 */
#include "sandbox/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "parse.h"
#include "sandbox.h"
#include "sandbox/capng.h"

#define CAPABILITIES 64 /* room for; the kernel has fewer */

static uint64_t bit(int capability)
{
	return UINT64_C(1) << capability;
}

bool caps_are_wanted(const struct sandbox_spec *spec)
{
	return spec->cap_drop_text || spec->cap_keep_text;
}

/* ---- names ---- */

static int find(const struct capng *capng, const char *name)
{
	int64_t number;
	if (parse_integer(name, 0, CAPABILITIES - 1, &number) == 0)
		return capng->capability_to_name((unsigned)number) ? (int)number : -1;
	return capng->name_to_capability(strncasecmp(name, "cap_", 4) ? name : name + 4);
}

int caps_parse(const char *text, bool all, uint64_t *mask, char *why, size_t size)
{
	struct capng capng;
	_cleanup_free_ char *copy = strdup(text);
	uint64_t found = 0;

	if (!copy) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	if (all && strcmp(text, "all") == 0) {
		*mask = ~UINT64_C(0);
		return 0;
	}
	if (capng_load(&capng, why, size) < 0)
		return -1;
	char *rest = copy;
	for (char *name; (name = strsep(&rest, ","));) {
		int capability = find(&capng, name);
		if (capability < 0 || capability >= CAPABILITIES) {
			snprintf(why, size, "unknown capability '%s'", name);
			return -1;
		}
		found |= bit(capability);
	}
	*mask = found;
	return 0;
}

void caps_name(uint64_t mask, char *out, size_t size)
{
	struct capng capng;
	char why[8];
	int capability = 0;
	const char *name = NULL;

	while (capability < CAPABILITIES - 1 && !(mask & bit(capability)))
		capability++;
	if (capng_load(&capng, why, sizeof(why)) == 0)
		name = capng.capability_to_name((unsigned)capability);
	if (name)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%d", capability);
}

/* ---- the sets of a process ---- */

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2]; /* capabilities 0 to 31, 32 to 63 */
};

static int get_sets(struct sets *sets)
{
	*sets = (struct sets){ .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };
	return (int)syscall(SYS_capget, &sets->header, sets->data);
}

static uint64_t permitted(const struct sets *sets)
{
	return sets->data[0].permitted | (uint64_t)sets->data[1].permitted << 32;
}

bool caps_can_bind(void)
{
	struct sets sets;
	return get_sets(&sets) == 0 &&
	       (sets.data[CAP_TO_INDEX(CAP_SETPCAP)].effective & CAP_TO_MASK(CAP_SETPCAP));
}

/* ---- before the child exists ---- */

/* Inside a user namespace of its own the child has them all. */
static uint64_t own(void)
{
	struct sets sets;
	return get_sets(&sets) < 0 ? 0 : permitted(&sets);
}

int caps_prepare(struct caps *caps, struct sandbox *sandbox, struct failure *failure)
{
	const struct sandbox_spec *spec = &sandbox->spec->sandbox;
	uint64_t missing = spec->cap_keep_text ? spec->cap_keep & ~own() : 0;
	char option[512], name[32];

	*caps = (struct caps){
		.on = true,
		.kept = spec->cap_keep_text ? spec->cap_keep : ~spec->cap_drop,
		.handed_on = spec->cap_keep_text != NULL,
		.may_be_bound = spec->no_new_privs,
	};
	if (!missing)
		return 0;
	caps->kept &= ~missing;
	caps_name(missing, name, sizeof(name));
	snprintf(option, sizeof(option), "--cap-keep=%s", spec->cap_keep_text);
	snprintf(sandbox->text, sizeof(sandbox->text), "cordon itself does not have %s", name);
	return sandbox_lacks(sandbox, option, sandbox->text, 0, failure);
}

/* ---- in the child ---- */

/* Up to the last one that the kernel knows; EINVAL is the one behind it. */
static int drop_bounding(const struct caps *caps)
{
	for (int capability = 0; capability < CAPABILITIES; capability++) {
		int set = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
		if (set < 0)
			return errno == EINVAL ? 0 : -1;
		if (set == 0 || caps->kept & bit(capability))
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EPERM && caps->may_be_bound ? 0 : -1;
	}
	return 0;
}

int caps_bind(const struct caps *caps)
{
	if (!caps->on)
		return 0;
	if (drop_bounding(caps) < 0)
		return -1;
	return caps->handed_on && caps->kept ? prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) : 0;
}

static int set_sets(const struct caps *caps, struct sets *sets)
{
	for (int i = 0; i < 2; i++) {
		struct __user_cap_data_struct *data = &sets->data[i];
		uint32_t kept = (uint32_t)(caps->kept >> 32 * i);
		data->permitted &= kept;
		data->effective = caps->handed_on ? data->permitted : data->effective & kept;
		data->inheritable = caps->handed_on ? data->permitted : data->inheritable & kept;
	}
	return (int)syscall(SYS_capset, &sets->header, sets->data);
}

/* Without these a program of an ordinary user's begins with none. */
static int raise_ambient(uint64_t kept)
{
	for (int capability = 0; capability < CAPABILITIES; capability++)
		if (kept & bit(capability) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return -1;
	return 0;
}

static int verify(const struct caps *caps)
{
	struct sets sets;
	if (get_sets(&sets) < 0)
		return -1;
	if (permitted(&sets) & ~caps->kept) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int caps_apply(const struct caps *caps)
{
	struct sets sets;
	if (!caps->on)
		return 0;
	if (get_sets(&sets) < 0 || set_sets(caps, &sets) < 0)
		return -1;
	if (caps->handed_on && raise_ambient(permitted(&sets)) < 0)
		return -1;
	return verify(caps);
}
