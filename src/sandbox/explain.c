/* SPDX-License-Identifier: MIT */
#include "sandbox/explain.h"

#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_SIZE 4096

struct answer {
	char *out;
	size_t size;
};

static bool has_word(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (strstr(line, *words))
			return true;
	return false;
}

/* ---- files ---- */

/* PATH as the command meant it, without symbolic links; its last part need not be there. */
static bool resolve(const struct spec *spec, const char *path, char real[PATH_MAX])
{
	char joined[PATH_MAX], *slash;
	const char *directory = spec->chdir && *path != '/' ? spec->chdir : "";

	if (snprintf(joined, sizeof(joined), "%s%s%s", directory, *directory ? "/" : "", path) >=
	    PATH_MAX)
		return false;
	if (realpath(joined, real))
		return true;
	slash = strrchr(joined, '/');
	const char *name = slash ? slash + 1 : joined;
	if (!*name)
		return false;
	char last[NAME_MAX + 1];
	if (snprintf(last, sizeof(last), "%s", name) > NAME_MAX)
		return false;
	if (slash)
		slash[slash == joined] = '\0';
	if (!realpath(slash ? joined : ".", real))
		return false;
	size_t length = strlen(real);
	return snprintf(real + length, PATH_MAX - length, "%s%s", length > 1 ? "/" : "", last) <
	       (int)(PATH_MAX - length);
}

static bool is_beneath(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	if (strcmp(directory, "/") == 0)
		return true;
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || !path[length]);
}

/* Does a rule give this access to REAL? */
static bool is_given(const struct spec *spec, const char *real, enum access access)
{
	char rule[PATH_MAX];
	for (size_t i = 0; i < spec->sandbox.path_count; i++)
		if (spec->sandbox.paths[i].access == access &&
		    resolve(spec, spec->sandbox.paths[i].path, rule) && is_beneath(real, rule))
			return true;
	return false;
}

/* Would it be allowed but for the sandbox? A new file is a change of its directory. */
static bool is_writable(const char *real)
{
	char directory[PATH_MAX];
	if (access(real, F_OK) == 0)
		return access(real, W_OK) == 0;
	size_t length = (size_t)(strrchr(real, '/') - real);
	snprintf(directory, sizeof(directory), "%.*s", length ? (int)length : 1, real);
	return access(directory, W_OK) == 0;
}

static bool is_program(const char *real)
{
	struct stat status;
	return stat(real, &status) == 0 && S_ISREG(status.st_mode) && access(real, X_OK) == 0;
}

/* Another user, another root or another /tmp: there is no telling from here. */
static bool can_tell(const struct spec *spec)
{
	return spec->sandbox.path_count > 0 && !spec->chroot && !spec->privs.set;
}

static bool explain_path(const struct spec *spec, const char *path, struct answer *answer)
{
	char real[PATH_MAX];
	const char *options = NULL;

	if (!can_tell(spec) || !resolve(spec, path, real))
		return false;
	bool read = is_given(spec, real, ACCESS_READ) || is_given(spec, real, ACCESS_EXEC);
	bool write = is_given(spec, real, ACCESS_WRITE);
	bool exec = is_given(spec, real, ACCESS_EXEC) || !is_program(real);
	if (!read && !write && access(real, R_OK) == 0)
		options = "--read, --write or --exec";
	else if (!write && is_writable(real))
		options = exec ? "--write" : "--write or --exec";
	else if (write && !exec)
		options = "--exec";
	if (!options)
		return false;
	snprintf(answer->out, answer->size, "%s is beneath no %s", real, options);
	return true;
}

bool explain_exec(const struct spec *spec, const char *path, char *out, size_t out_size)
{
	char real[PATH_MAX];
	if (!can_tell(spec) || !resolve(spec, path, real) || !is_program(real) ||
	    is_given(spec, real, ACCESS_EXEC))
		return false;
	snprintf(out, out_size, "%s is beneath no --exec", real);
	return true;
}

/* ---- what is named in a line ---- */

/* Each word of LINE between two of SEPARATORS, the last first. LINE is changed. */
static bool explain_words(const struct spec *spec, char *line, const char *separators,
			  struct answer *answer)
{
	for (size_t end = strlen(line); end > 0;) {
		size_t begin = end;
		while (begin > 0 && !strchr(separators, line[begin - 1]))
			begin--;
		line[end] = '\0';
		const char *word = line + begin;
		if (strchr(word, '/') && explain_path(spec, word, answer))
			return true;
		end = begin ? begin - 1 : 0;
	}
	return false;
}

/* What is quoted may have blanks in it; else a path is known by its slash. */
static bool explain_files(const struct spec *spec, const char *line, struct answer *answer)
{
	static const char *const quotes[] = { "'", "\"", "`'" };
	char copy[LINE_SIZE];
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		snprintf(copy, sizeof(copy), "%s", line);
		if (strpbrk(copy, quotes[i]) && explain_words(spec, copy, quotes[i], answer))
			return true;
	}
	snprintf(copy, sizeof(copy), "%s", line);
	return explain_words(spec, copy, " \t'\"`:;,()[]<>=", answer);
}

/* ---- the network, capabilities ---- */

static bool explain_ports(const struct spec *spec, const char *line, struct answer *answer)
{
	static const char *const words[] = { "connect", "Connect", "bind", "listen", NULL };
	if (spec->sandbox.port_count == 0 || !has_word(line, words))
		return false;
	snprintf(answer->out, answer->size, "the port is none of --connect-port and --bind-port");
	return true;
}

/* Only what an identity of root's would have been allowed. */
static bool explain_capabilities(const struct spec *spec, const char *line, struct answer *answer)
{
	static const struct {
		const char *words[5], *name;
		int capability;
	} rows[] = {
		{ { "setgroups", "setegid", "setgid", "initgroups", NULL }, "setgid", CAP_SETGID },
		{ { "seteuid", "setuid", "setresuid", NULL }, "setuid", CAP_SETUID },
		{ { "chown", "ownership", NULL }, "chown", CAP_CHOWN },
		{ { "chroot", NULL }, "sys_chroot", CAP_SYS_CHROOT },
	};
	const struct sandbox_spec *sandbox = &spec->sandbox;
	uint64_t kept = sandbox->cap_keep_text ? sandbox->cap_keep : ~sandbox->cap_drop;

	if (geteuid() != 0 || spec->privs.set)
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (kept >> rows[i].capability & 1 || !has_word(line, rows[i].words))
			continue;
		snprintf(answer->out, answer->size, "the capability %s was dropped", rows[i].name);
		return true;
	}
	return false;
}

static bool explain_line(const struct spec *spec, const char *line, struct answer *answer)
{
	static const char *const denied[] = { "Permission denied", "EACCES", "permission denied",
					      NULL };
	static const char *const forbidden[] = { "Operation not permitted", "EPERM", NULL };
	static const char *const cut_off[] = { "Temporary failure in name resolution",
					       "Temporary failure resolving",
					       "Could not resolve host",
					       "Network is unreachable",
					       "EAI_AGAIN",
					       "ENETUNREACH",
					       NULL };
	if (spec->sandbox.no_net && has_word(line, cut_off)) {
		snprintf(answer->out, answer->size, "there is no network but a loopback device");
		return true;
	}
	if (has_word(line, denied))
		return explain_files(spec, line, answer) || explain_ports(spec, line, answer);
	return has_word(line, forbidden) && explain_capabilities(spec, line, answer);
}

bool explain_output(const struct spec *spec, const char *text, size_t size, char *out,
		    size_t out_size)
{
	struct answer answer = { out, out_size };
	for (size_t end = size; end > 0;) {
		const char *newline = memrchr(text, '\n', end);
		size_t begin = newline ? (size_t)(newline - text) + 1 : 0;
		char line[LINE_SIZE];
		snprintf(line, sizeof(line), "%.*s", (int)(end - begin), text + begin);
		if (explain_line(spec, line, &answer))
			return true;
		end = begin ? begin - 1 : 0;
	}
	return false;
}
