/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"

#define STATUS_FILE_LIMIT (1024 * 1024) /* users can have 65536 groups */

/* What is behind KEY, a line's beginning; NULL if there is no such line. */
static const char *find_line(const char *status, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, length) && line[length] == ':')
			return line + length + 1;
	}
	return NULL;
}

static bool read_ids(const char *status, const char *key, unsigned ids[4])
{
	const char *text = find_line(status, key);
	for (int i = 0; text && i < 4; i++) {
		char *end;
		ids[i] = (unsigned)strtoul(text, &end, 10);
		if (end == text)
			return false;
		text = end;
	}
	return text != NULL;
}

static void read_groups(const char *status, struct identity *identity)
{
	const char *text = find_line(status, "Groups");
	size_t count = 0;
	while (text && *(text += strspn(text, " \t")) != '\n' && *text) {
		char *end;
		gid_t gid = (gid_t)strtoul(text, &end, 10);
		if (end == text)
			break;
		if (count < IDENTITY_GROUPS)
			identity->groups[count] = gid;
		count++;
		text = end;
	}
	identity->group_count = count;
}

static uint64_t read_set(const char *status, const char *key)
{
	const char *text = find_line(status, key);
	return text ? strtoull(text, NULL, 16) : 0;
}

static int read_number(const char *status, const char *key)
{
	const char *text = find_line(status, key);
	return text ? (int)strtol(text, NULL, 10) : -1;
}

void identity_read(struct identity *identity, pid_t pid)
{
	static const char keys[CAPS_COUNT][8] = { "CapInh", "CapPrm", "CapEff", "CapBnd",
						  "CapAmb" };
	char path[32];
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	_cleanup_free_ char *status = file_read(path, STATUS_FILE_LIMIT, &size);
	if (!status || !read_ids(status, "Uid", identity->uid) ||
	    !read_ids(status, "Gid", identity->gid))
		return;
	read_groups(status, identity);
	for (int i = 0; i < CAPS_COUNT; i++)
		identity->caps[i] = read_set(status, keys[i]);
	identity->no_new_privs = read_number(status, "NoNewPrivs");
	identity->seccomp = read_number(status, "Seccomp");
	identity->known = true;
}
