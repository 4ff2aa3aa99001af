/* SPDX-License-Identifier: MIT */
#include "ctl/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/quote.h"
#include "parse.h"

int host_read_line(const char *path, char *line, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read(fd, line, size - 1);
	if (length < 0)
		return -1;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return (int)strlen(line);
}

int host_read_number(const char *path, int64_t *number)
{
	char line[64];
	if (host_read_line(path, line, sizeof(line)) < 0)
		return -1;
	return parse_integer(line, INT64_MIN, INT64_MAX, number);
}

int host_read_status(const char *key, char *value, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/status", "re");
	char line[4096];
	size_t length = strlen(key);
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, length) != 0 || line[length] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
		return 0;
	}
	return -1;
}

bool host_has_program(const char *program)
{
	static const char admins[] = "/usr/local/sbin:/usr/sbin:/sbin";
	const char *places[] = { getenv("PATH"), admins };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (const char *place = places[i]; place && *place;) {
			char path[PATH_MAX];
			size_t length = strcspn(place, ":");
			int size = snprintf(path, sizeof(path), "%.*s/%s", (int)length, place,
					    program);
			if (length && size < (int)sizeof(path) && access(path, X_OK) == 0)
				return true;
			place += length + (place[length] == ':');
		}
	}
	return false;
}

bool host_is_admin(void)
{
	char value[64];
	if (geteuid() != 0)
		return false;
	if (host_read_status("CapEff", value, sizeof(value)) < 0)
		return true; /* without /proc nobody can tell */
	return strtoull(value, NULL, 16) & (UINT64_C(1) << CAP_SYS_ADMIN);
}

void host_name_self(char *out, size_t size)
{
	/* where sudo(8) looks by default, too */
	static const char *const places[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					      "/usr/bin",        "/sbin",          "/bin" };
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *slash = path ? strrchr(path, '/') : NULL;

	snprintf(out, size, "cordonctl");
	if (!slash)
		return;
	size_t length = (size_t)(slash - path);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strlen(places[i]) == length && memcmp(places[i], path, length) == 0)
			return;
	quote_word(out, size, path);
}
