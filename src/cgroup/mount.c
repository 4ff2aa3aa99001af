/* SPDX-License-Identifier: MIT */
/*
 * Where cgroup2 is mounted, and where in it cordon is.
 *
 * A mount may show a part of the hierarchy only, from its root (mountinfo's fourth field) down;
 * and in a cgroup namespace both that root and cordon's own path are told as seen from the
 * namespace's root, with "/.." for what is above or beside it (cgroup_namespaces(7)).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"

/* The first cgroup namespace, whose number the kernel has fixed (PROC_CGROUP_INIT_INO). */
#define FIRST_NAMESPACE "cgroup:[4026531835]"

static bool is_cgroup2(const char *path)
{
	struct statfs info;
	return statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

/* The usual places, which spares mountinfo: it is a twentieth of a launch. */
static bool guess_mount(struct cgroup *cgroup)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!is_cgroup2(places[i]))
			continue;
		cgroup->mount = places[i];
		return true;
	}
	return false;
}

/* ---- mountinfo ---- */

/* mountinfo has blanks, tabs, newlines and backslashes as three octal digits. */
static void unescape_octal(char *text)
{
	char *out = text;
	for (const char *in = text; *in; in++) {
		if (in[0] == '\\' && in[1] && in[2] && in[3]) {
			*out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

struct mount {
	int id;
	char *root, *place;
};

/* One line of mountinfo (proc(5)); true if it is a cgroup2 mount. */
static bool parse_mount(char *line, struct mount *mount)
{
	char *separator = strstr(line, " - cgroup2 ");
	if (!separator)
		return false;
	*separator = '\0';
	char *save, *field[5];
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!field[i])
			return false;
	}
	*mount = (struct mount){ atoi(field[0]), field[3], field[4] };
	unescape_octal(mount->root);
	unescape_octal(mount->place);
	return true;
}

/* Is it what is to be seen at its place, and not below another mount? */
static bool is_visible(const struct mount *mount)
{
	struct file_handle handle = { .handle_bytes = 0 };
	int id;
	if (!is_cgroup2(mount->place))
		return false;
	/* It is the number that matters, not the handle, which does not fit. */
	if (name_to_handle_at(AT_FDCWD, mount->place, &handle, &id, 0) < 0 && errno != EOVERFLOW)
		return true;
	return id == mount->id;
}

/* Does PATH begin with the part "/.."? */
static bool is_outside(const char *path)
{
	return strncmp(path, "/..", 3) == 0 && (path[3] == '\0' || path[3] == '/');
}

/* What is left of OWN below ROOT, both without the slash of the top; NULL: it is not below. */
static const char *below_root(const char *own, const char *root)
{
	size_t length = strlen(root);
	if (strncmp(own, root, length) != 0 || (own[length] != '\0' && own[length] != '/'))
		return NULL;
	return is_outside(own + length) ? NULL : own + length;
}

/* PLACE is the mount, and cordon in the part of it that is called BELOW. */
static bool set_own(struct cgroup *cgroup, const char *place, const char *below)
{
	if (place != cgroup->mount)
		place = cgroup_texts_keep(&cgroup->texts, place);
	if (!place)
		return false;
	const char *own = *below ? cgroup_texts_join(&cgroup->texts, place, below + 1) : place;
	if (!own || (*below && access(own, F_OK) < 0))
		return false;
	cgroup->mount = place;
	cgroup->own = own;
	return true;
}

/* Does it show what is wanted? OWN is cordon's own path; NULL: anything will do. */
static bool accept_mount(struct cgroup *cgroup, const struct mount *mount, const char *own)
{
	if (!is_visible(mount))
		return false;
	if (!own) {
		cgroup->mount = cgroup_texts_keep(&cgroup->texts, mount->place);
		return cgroup->mount;
	}
	const char *below = below_root(own, strcmp(mount->root, "/") == 0 ? "" : mount->root);
	return below && set_own(cgroup, mount->place, below);
}

/* The first mount in mountinfo that shows cordon's OWN path; with NULL, the first of all. */
static int search_mount(struct cgroup *cgroup, const char *own)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	if (!file)
		return cgroup_fail(cgroup, "cannot read /proc/self/mountinfo", errno);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, file) > 0) {
		struct mount mount;
		if (parse_mount(line, &mount) && accept_mount(cgroup, &mount, own))
			return 0;
	}
	return cgroup_fail(
		cgroup,
		own ? "cordon's own cgroup is not below the mount" : "no cgroup2 is mounted", 0);
}

int cgroup_find_mount(struct cgroup *cgroup)
{
	if (cgroup->mount || guess_mount(cgroup))
		return 0;
	cgroup->unusual = true;
	return search_mount(cgroup, NULL);
}

/* ---- cordon's own place ---- */

/* The file is read to where the path is to be, which spares the stack the room for both. */
const char *cgroup_read_path(const char *file, struct cgroup_texts *texts)
{
	char *text = texts->room + texts->used;
	if (cgroup_read_file(AT_FDCWD, file, text, sizeof(texts->room) - texts->used) < 0)
		return NULL;
	errno = 0;
	char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (!line)
		return NULL;
	char *begin = line + (*line == '\n') + strlen("0::");
	char *end = strchrnul(begin, '\n');
	*(end - begin > 1 ? end : begin) = '\0';
	memmove(text, begin, strlen(begin) + 1);
	return cgroup_texts_keep(texts, text);
}

/* A namespace's root has the name of the top, too; only the top has no cgroup.events. */
static bool shows_top(struct cgroup *cgroup)
{
	char namespace[32] = "";
	const char *events = cgroup_texts_join(&cgroup->texts, cgroup->mount, "cgroup.events");
	if (!events || access(events, F_OK) == 0)
		return false;
	/* Half the time of a stat(2), which would have to go there. */
	return readlink("/proc/self/ns/cgroup", namespace, sizeof(namespace) - 1) < 0 ||
	       strcmp(namespace, FIRST_NAMESPACE) == 0;
}

/* Is the mount's root "/" for certain, or as good as that, without a look at mountinfo? */
static bool shows_all(struct cgroup *cgroup, const char *own)
{
	if (cgroup->unusual || is_outside(own))
		return false;
	return own[0] || shows_top(cgroup);
}

int cgroup_find_own(struct cgroup *cgroup)
{
	if (cgroup->own)
		return 0;
	const char *path = cgroup_read_path("/proc/self/cgroup", &cgroup->texts);
	if (!path)
		return cgroup_fail(cgroup,
				   errno ? "cannot read /proc/self/cgroup"
					 : "/proc/self/cgroup names no cgroup2 group",
				   errno);
	if (shows_all(cgroup, path) && set_own(cgroup, cgroup->mount, path))
		return 0;
	return search_mount(cgroup, path);
}
