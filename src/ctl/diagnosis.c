/* SPDX-License-Identifier: MIT */
#include "ctl/diagnosis.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/host.h"
#include "ctl/quote.h"

const char *diagnosis_status_name(enum check_status status)
{
	switch (status) {
	case CHECK_OK:
		return "ok";
	case CHECK_DEGRADED:
		return "degraded";
	case CHECK_MISSING:
		return "missing";
	}
	return "?";
}

struct check *diagnosis_add(struct diagnosis *diagnosis, const char *name, enum check_status status,
			    const char *format, ...)
{
	assert(diagnosis->count < CHECKS_MAX);
	struct check *check = &diagnosis->check[diagnosis->count++];
	va_list args;

	*check = (struct check){ .name = name, .status = status };
	va_start(args, format);
	vsnprintf(check->detail, sizeof(check->detail), format, args);
	va_end(args);
	return check;
}

const struct check *diagnosis_find(const struct diagnosis *diagnosis, const char *name)
{
	static const struct check none = { .name = "", .status = CHECK_MISSING };
	for (size_t i = 0; i < diagnosis->count; i++)
		if (strcmp(diagnosis->check[i].name, name) == 0)
			return &diagnosis->check[i];
	return &none;
}

bool diagnosis_lacks_proc(struct diagnosis *diagnosis, const char *name)
{
	if (diagnosis_find(diagnosis, "proc")->status == CHECK_OK)
		return false;
	diagnosis_add(diagnosis, name, CHECK_MISSING, "cannot be told without /proc");
	return true;
}

__attribute__((format(printf, 3, 0))) static void advise(struct check *check, const char *prefix,
							 const char *format, va_list args)
{
	size_t used = (size_t)snprintf(check->advice, sizeof(check->advice), "%s", prefix);
	int wanted = vsnprintf(check->advice + used, sizeof(check->advice) - used, format, args);
	if (wanted < 0 || used + (size_t)wanted >= sizeof(check->advice))
		check->advice[0] = '\0'; /* half a command is worse than none */
}

void check_advise(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	advise(check, "", format, args);
	va_end(args);
}

void check_advise_admin(struct check *check, const char *format, ...)
{
	va_list args;

	if (geteuid() == 0 && !host_is_admin())
		return;
	va_start(args, format);
	advise(check, geteuid() == 0 ? "" : "sudo ", format, args);
	va_end(args);
}

/* Debian's grub and its relatives read every file of that directory. */
void check_advise_boot(struct check *check, const char *parameter)
{
	const char *sudo = geteuid() == 0 ? "" : "sudo ";
	size_t used = strlen(check->detail);
	char word[512];

	snprintf(check->detail + used, sizeof(check->detail) - used, " (boot with %s)", parameter);
	if (host_has_program("grubby")) {
		char argument[256];
		snprintf(argument, sizeof(argument), "--args=%s", parameter);
		check_advise_admin(check, "grubby --update-kernel=ALL %s",
				   quote_word(word, sizeof(word), argument));
	} else if (host_has_program("update-grub") && access("/etc/default/grub", F_OK) == 0) {
		char line[256];
		snprintf(line, sizeof(line), "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX %s\"",
			 parameter);
		check_advise(check,
			     "%smkdir -p /etc/default/grub.d && printf '%%s\\n' %s | "
			     "%stee -a /etc/default/grub.d/cordon.cfg && %supdate-grub",
			     sudo, quote_word(word, sizeof(word), line), sudo, sudo);
	}
}

void check_advise_package(struct check *check, const struct package *package)
{
	const struct {
		const char *program, *command, *name;
	} managers[] = {
		{ "apt-get", "apt-get install", package->apt },
		{ "dnf", "dnf install", package->dnf },
		{ "zypper", "zypper install", package->zypper },
		{ "pacman", "pacman -S", package->pacman },
		{ "apk", "apk add", package->apk },
	};
	for (size_t i = 0; i < sizeof(managers) / sizeof(managers[0]); i++) {
		if (!host_has_program(managers[i].program))
			continue;
		if (managers[i].name)
			check_advise(check, "%s%s %s", geteuid() == 0 ? "" : "sudo ",
				     managers[i].command, managers[i].name);
		return;
	}
}
