/* SPDX-License-Identifier: MIT */
/*
 * systemd, which gives scopes to those who have no cgroup of their own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl/diagnosis.h"
#include "ctl/host.h"
#include "msg.h"

#if defined HAVE_LIBSYSTEMD && !defined CORDON_STATIC
#include <dlfcn.h>
#endif

#define SYSTEM_BUS "/run/dbus/system_bus_socket"

/* Does anybody listen there? 0, or -1 with errno. */
static int reach(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static bool is_booted(void)
{
	return access("/run/systemd/system", F_OK) == 0; /* sd_booted(3) */
}

static void check_system(struct diagnosis *diagnosis)
{
	char name[64] = "unknown";
	if (!is_booted()) {
		host_read_line("/proc/1/comm", name, sizeof(name));
		diagnosis_add(diagnosis, "systemd", CHECK_MISSING, "not running; process 1 is %s",
			      name);
		return;
	}
	if (reach(SYSTEM_BUS) == 0) {
		diagnosis_add(diagnosis, "systemd", CHECK_OK, "running; answers at " SYSTEM_BUS);
		return;
	}
	struct check *check = diagnosis_add(diagnosis, "systemd", CHECK_DEGRADED,
					    "running, but cannot be asked at " SYSTEM_BUS ": %s",
					    msg_errno_text(errno));
	check_advise_admin(check, "systemctl start dbus.socket");
}

/* The bus of the user's own manager: where it usually is, and where the user says that it is. */
static int reach_user_bus(char *path, size_t size)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	snprintf(path, size, "/run/user/%u/bus", geteuid());
	if (reach(path) == 0)
		return 0;
	if (!directory || !*directory)
		return -1;
	snprintf(path, size, "%s/bus", directory);
	return reach(path);
}

static void check_user(struct diagnosis *diagnosis)
{
	static const char name[] = "systemd-user";
	char path[256];
	if (!is_booted())
		diagnosis_add(diagnosis, name, CHECK_MISSING, "no systemd");
	else if (reach_user_bus(path, sizeof(path)) == 0)
		diagnosis_add(diagnosis, name, CHECK_OK, "this user's manager answers at %s", path);
	else if (geteuid() == 0)
		diagnosis_add(diagnosis, name, CHECK_OK,
			      "not needed: the superuser has the system's manager");
	else
		check_advise_admin(diagnosis_add(diagnosis, name, CHECK_MISSING,
						 "no manager of this user's at %s: %s", path,
						 msg_errno_text(errno)),
				   "loginctl enable-linger %u", geteuid());
}

/* ---- the library ---- */

#if defined HAVE_LIBSYSTEMD && !defined CORDON_STATIC
static void check_library(struct diagnosis *diagnosis)
{
	static const struct package package = { .apt = "libsystemd0",
						.dnf = "systemd-libs",
						.zypper = "libsystemd0",
						.pacman = "systemd-libs" };
	void *library = dlopen(LIBSYSTEMD_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (library) {
		diagnosis_add(diagnosis, "libsystemd", CHECK_OK,
			      LIBSYSTEMD_SONAME " can be loaded");
		dlclose(library);
		return;
	}
	check_advise_package(
		diagnosis_add(diagnosis, "libsystemd", CHECK_MISSING, "cannot load %s", dlerror()),
		&package);
}
#else
static void check_library(struct diagnosis *diagnosis)
{
#ifdef CORDON_STATIC
	diagnosis_add(diagnosis, "libsystemd", CHECK_MISSING,
		      "a static cordon cannot load libsystemd");
#else
	diagnosis_add(diagnosis, "libsystemd", CHECK_MISSING,
		      "this cordon was built without libsystemd");
#endif
}
#endif

void check_systemd(struct diagnosis *diagnosis)
{
	check_system(diagnosis);
	check_user(diagnosis);
	check_library(diagnosis);
}
