/* SPDX-License-Identifier: MIT */
/*
 * Where cgroup2 is mounted, and where in it cordon is.
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

/* One line of mountinfo (proc(5)); true if it is a cgroup2 mount, with its root and place. */
static bool parse_mount(char *line, const char **root, const char **place)
{
	char *separator = strstr(line, " - cgroup2 ");
	if (!separator)
		return false;
	*separator = '\0';
	char *save, *field = strtok_r(line, " ", &save);
	for (int i = 1; field && i <= 5; i++) {
		if (i == 4)
			*root = field;
		if (i == 5)
			*place = field;
		field = strtok_r(NULL, " ", &save);
	}
	if (!*place)
		return false;
	unescape_octal((char *)*root);
	unescape_octal((char *)*place);
	return true;
}

/* The cgroup2 mount, and which part of the hierarchy it shows, from mountinfo. */
static int search_mount(struct cgroup *cgroup, char *root, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	if (!file)
		return cgroup_fail(cgroup, "cannot read /proc/self/mountinfo", errno);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, file) > 0) {
		const char *from = NULL, *place = NULL;
		if (!parse_mount(line, &from, &place) || strlen(place) >= sizeof(cgroup->mount))
			continue;
		strcpy(cgroup->mount, place);
		snprintf(root, size, "%s", strcmp(from, "/") == 0 ? "" : from);
		return 0;
	}
	return cgroup_fail(cgroup, "no cgroup2 is mounted", 0);
}

/* The usual places, which spares mountinfo: it is a twentieth of a launch. */
static bool guess_mount(struct cgroup *cgroup)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct statfs info;
		if (statfs(places[i], &info) < 0 || info.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		strcpy(cgroup->mount, places[i]);
		return true;
	}
	return false;
}

/*
 * cordon's own place in the hierarchy: the "0::" line of /proc/self/cgroup (cgroups(7)), the
 * last one. Without the slash for the top.
 */
static int find_own_path(struct cgroup *cgroup, char *path, size_t size)
{
	char text[2 * PATH_MAX];
	_cleanup_close_ int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cgroup_fail(cgroup, "cannot read /proc/self/cgroup", errno);
	ssize_t length = read(fd, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (!line)
		return cgroup_fail(cgroup, "/proc/self/cgroup names no cgroup2 group", 0);
	const char *begin = strchr(line, '/');
	size_t end = strcspn(begin, "\n");
	snprintf(path, size, "%.*s", end > 1 ? (int)end : 0, begin);
	return 0;
}

/*
 * A mount of a part of the hierarchy (ROOT) shows paths below that part only. OWN is NULL where
 * the mount itself is meant.
 */
static bool set_base(struct cgroup *cgroup, const char *root, const char *own)
{
	size_t skip = strlen(root);
	if (!own)
		own = root;
	if (strncmp(own, root, skip) != 0 || (own[skip] != '/' && own[skip] != '\0'))
		return false;
	int length =
		snprintf(cgroup->base, sizeof(cgroup->base), "%s%s", cgroup->mount, own + skip);
	return length < (int)sizeof(cgroup->base) && access(cgroup->base, F_OK) == 0;
}

/* The mount itself for a NAME with a slash, else cordon's own subtree. */
int cgroup_find_base(struct cgroup *cgroup, const struct spec *spec)
{
	char root[PATH_MAX] = "", path[PATH_MAX] = "";
	bool below_mount = spec->cgroup == CGROUP_NAMED && strchr(spec->cgroup_name, '/');
	cgroup->base_kind = below_mount ? "mount" : "own";
	if (!below_mount && find_own_path(cgroup, path, sizeof(path)) < 0)
		return -1;
	const char *own = below_mount ? NULL : path;
	if (guess_mount(cgroup) && set_base(cgroup, root, own))
		return 0;
	if (search_mount(cgroup, root, sizeof(root)) == 0 && set_base(cgroup, root, own))
		return 0;
	cgroup->base[0] = '\0';
	cgroup->base_kind = NULL;
	if (cgroup->what)
		return -1;
	return cgroup_fail(cgroup, "cordon's own cgroup is not below the mount", 0);
}
