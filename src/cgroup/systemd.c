/* SPDX-License-Identifier: MIT */
/*
 * A transient scope from systemd: the user's manager, or for root the system's, moves cordon
 * to a group that it delegates (org.freedesktop.systemd1(5), systemd.scope(5)).
 *
 * A child asks over D-Bus, for the sake of three things: libsystemd would stay in cordon's
 * memory, and so in the peak of every small command; whatever the bus does, cordon waits for a
 * bounded time; and cordon has the libraries it started with and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup/internal.h"
#include "cleanup.h"
#include "clock.h"

/* How long systemd may take for a scope that there is no run without, and for another. */
#define NEEDED_NS (10 * NS_PER_S)
#define WANTED_NS (2 * NS_PER_S)

/* Who asks for what. */
struct request {
	const char *unit;
	pid_t self, front; /* front 0: none */
	int64_t end_ns;    /* until when systemd has time */
};

/* What the child says, through a pipe. */
struct answer {
	int err;        /* 0: TEXT says it all */
	char text[160]; /* "": it is done */
};

#if defined HAVE_LIBSYSTEMD && !defined CORDON_STATIC
#include <systemd/sd-bus.h>

#include "library.h"

/* clang-format off */
#define SD_BUS_FUNCTIONS(X) \
	X(sd_bus_call_async) \
	X(sd_bus_message_append) \
	X(sd_bus_message_close_container) \
	X(sd_bus_message_get_error) \
	X(sd_bus_message_new_method_call) \
	X(sd_bus_message_open_container) \
	X(sd_bus_new) \
	X(sd_bus_process) \
	X(sd_bus_set_address) \
	X(sd_bus_set_bus_client) \
	X(sd_bus_start) \
	X(sd_bus_wait)
/* clang-format on */

struct library {
#define SD_BUS_MEMBER(name) typeof(name) *(name);
	SD_BUS_FUNCTIONS(SD_BUS_MEMBER)
#undef SD_BUS_MEMBER
};

static int say(struct answer *answer, const char *text, int err)
{
	snprintf(answer->text, sizeof(answer->text), "%s", text);
	answer->err = err;
	return -1;
}

static int load_library(struct library *library, struct answer *answer)
{
	static const struct library_function functions[] = {
#define SD_BUS_ENTRY(name) { #name, offsetof(struct library, name) },
		SD_BUS_FUNCTIONS(SD_BUS_ENTRY)
#undef SD_BUS_ENTRY
	};
	return library_load(LIBSYSTEMD_SONAME, functions, sizeof(functions) / sizeof(functions[0]),
			    library, answer->text, sizeof(answer->text));
}

/*
 * Where the bus is. systemd's own place for a user's comes first: DBUS_SESSION_BUS_ADDRESS may
 * lead to a bus without a manager (dbus-run-session(1)), and both variables to another user's (su).
 */
static void name_bus(char *address, size_t size)
{
	if (geteuid() == 0) {
		snprintf(address, size, "unix:path=/run/dbus/system_bus_socket");
		return;
	}
	const char *session = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int used = snprintf(address, size, "unix:path=/run/user/%u/bus", geteuid());
	/* Others than unix: may start programs; and a comma or so would have to be escaped. */
	if (session && strncmp(session, "unix:", 5) == 0 && !strchr(session, ';'))
		snprintf(address + used, size - (size_t)used, ";%s", session);
	else if (runtime && !strpbrk(runtime, ",;=%:"))
		snprintf(address + used, size - (size_t)used, ";unix:path=%s/bus", runtime);
}

static int connect_bus(const struct library *lib, sd_bus **bus, struct answer *answer)
{
	char address[1024];
	name_bus(address, sizeof(address));
	int result = lib->sd_bus_new(bus);
	if (result >= 0)
		result = lib->sd_bus_set_address(*bus, address);
	if (result >= 0)
		result = lib->sd_bus_set_bus_client(*bus, 1);
	if (result >= 0)
		result = lib->sd_bus_start(*bus);
	if (result < 0)
		return say(answer, "cannot reach systemd's bus", -result);
	return 0;
}

/* a(sv) as far as it differs from run to run, and what cordon always wants of a scope. */
static int append_properties(const struct library *lib, sd_bus_message *m,
			     const struct request *request)
{
	const unsigned self = (unsigned)request->self, front = (unsigned)request->front;
	int result = lib->sd_bus_message_open_container(m, 'a', "(sv)");
	if (result >= 0)
		result = front ? lib->sd_bus_message_append(m, "(sv)", "PIDs", "au", 2, front, self)
			       : lib->sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, self);
	if (result >= 0)
		result = lib->sd_bus_message_append(m, "(sv)(sv)(sv)(sv)", "Delegate", "b", 1,
						    "CollectMode", "s", "inactive-or-failed",
						    "Description", "s", "Command run by cordon",
						    /* The manager's default is for services. */
						    "TasksMax", "t", UINT64_MAX);
	if (result >= 0)
		result = lib->sd_bus_message_close_container(m);
	return result;
}

static int make_call(const struct library *lib, sd_bus *bus, sd_bus_message **m,
		     const struct request *request)
{
	int result = lib->sd_bus_message_new_method_call(
		bus, m, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", "StartTransientUnit");
	if (result >= 0)
		result = lib->sd_bus_message_append(*m, "ss", request->unit, "fail");
	if (result >= 0)
		result = append_properties(lib, *m, request);
	if (result >= 0)
		result = lib->sd_bus_message_append(*m, "a(sa(sv))", 0);
	return result;
}

/* What the reply's handler needs. */
struct conversation {
	const struct library *lib;
	struct answer *answer;
	int64_t end_ns;
	bool over;
};

static int take_reply(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	struct conversation *conversation = userdata;
	const sd_bus_error *error = conversation->lib->sd_bus_message_get_error(m);
	(void)unused;
	if (error) {
		struct answer *answer = conversation->answer;
		snprintf(answer->text, sizeof(answer->text), "systemd refuses a scope: %s",
			 error->message ? error->message : error->name);
	}
	conversation->over = true;
	return 0;
}

/* sd_bus_call() would wait for as long as it takes to be let in. */
static void converse(sd_bus *bus, struct conversation *conversation)
{
	const struct library *lib = conversation->lib;
	while (!conversation->over) {
		int result = lib->sd_bus_process(bus, NULL);
		int64_t left_ns = conversation->end_ns - clock_now_ns();
		if (result == 0 && left_ns <= 0)
			result = -ETIMEDOUT;
		if (result == 0)
			result = lib->sd_bus_wait(bus, (uint64_t)(left_ns / NS_PER_US));
		if (result < 0 && result != -EINTR) {
			say(conversation->answer, "systemd's bus does not answer", -result);
			return;
		}
	}
}

/* Nothing is freed: the child is about to end. */
static void ask(const struct request *request, struct answer *answer)
{
	struct library library;
	struct conversation conversation = { &library, answer, request->end_ns, false };
	sd_bus *bus = NULL;
	sd_bus_message *m = NULL;
	if (load_library(&library, answer) < 0 || connect_bus(&library, &bus, answer) < 0)
		return;
	int result = make_call(&library, bus, &m, request);
	if (result >= 0)
		result = library.sd_bus_call_async(bus, NULL, m, take_reply, &conversation,
						   UINT64_MAX);
	if (result < 0)
		say(answer, "cannot ask systemd for a scope", -result);
	else
		converse(bus, &conversation);
}

static const char *missing_library(void)
{
	return NULL;
}
#else
static void ask(const struct request *request, struct answer *answer)
{
	(void)request, (void)answer;
}

static const char *missing_library(void)
{
#ifdef CORDON_STATIC
	return "a static cordon cannot load libsystemd";
#else
	return "this cordon was built without libsystemd";
#endif
}
#endif

/* ---- the child ---- */

/* It ends with cordon, and cannot be mistaken for it. */
static void run_child(const struct request *request, int fd)
{
	struct answer answer = { .text = "" };
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() == request->self)
		ask(request, &answer);
	ssize_t written = write(fd, &answer, sizeof(answer));
	_exit(written == sizeof(answer) ? 0 : 1);
}

/* Wait for what the child says, which keeps an eye on the time; should it not, it is killed. */
static bool take_answer(int fd, pid_t pid, const struct request *request, struct answer *answer)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int64_t wait_ns = request->end_ns - clock_now_ns() + NS_PER_S / 2;
	bool complete = poll(&pollfd, 1, (int)(wait_ns / NS_PER_MS)) > 0 &&
			read(fd, answer, sizeof(*answer)) == sizeof(*answer);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return complete;
}

static int request_scope(struct cgroup *cgroup, const struct request *request)
{
	struct answer answer;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return cgroup_fail(cgroup, "cannot make a pipe", errno);
	_cleanup_close_ int in = ends[0], out = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return cgroup_fail(cgroup, "cannot start a process", errno);
	if (pid == 0)
		run_child(request, out);
	close_fd(&out);
	if (!take_answer(in, pid, request, &answer))
		return cgroup_fail(cgroup, "systemd's bus does not answer", 0);
	if (!answer.text[0])
		return 0;
	snprintf(cgroup->words, sizeof(cgroup->words), "%s", answer.text);
	return cgroup_fail(cgroup, cgroup->words, answer.err);
}

/* ---- the scope ---- */

/*
 * systemd takes the processes that it is told to move by their numbers, so these must mean the
 * same to both: it has to be the first process here. (A container may have the host's bus.)
 */
static bool is_first_process(void)
{
	char name[32] = "";
	_cleanup_close_ int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 && strcmp(name, "systemd\n") == 0;
}

static bool ends_in(const char *path, const char *name)
{
	const char *last = strrchr(path, '/');
	return last && strcmp(last + 1, name) == 0;
}

/* Has the front been moved, too? It may be the last. */
static bool has_front_moved(struct cgroup *cgroup, const char *unit)
{
	char file[32];
	if (cgroup->front == 0)
		return true;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", cgroup->front);
	const char *path = cgroup_read_path(file, &cgroup->texts);
	return path && ends_in(path, unit);
}

/* The request has been taken; the move comes a moment later. */
static int wait_for_move(struct cgroup *cgroup, const char *unit, int64_t end_ns)
{
	struct timespec pause = { .tv_nsec = 500 * NS_PER_US };
	const size_t kept = cgroup->texts.used;
	do {
		cgroup->own = NULL;
		cgroup->texts.used = kept;
		if (cgroup_find_own(cgroup) < 0)
			return -1;
		if (ends_in(cgroup->own, unit) && has_front_moved(cgroup, unit))
			return 0;
		nanosleep(&pause, NULL);
	} while (clock_now_ns() < end_ns);
	return cgroup_fail(cgroup, "systemd has not moved cordon to its scope in time", 0);
}

int cgroup_enter_scope(struct cgroup *cgroup)
{
	char unit[64];
	if (cgroup->in_scope)
		return 0;
	if (access("/run/systemd/system", F_OK) < 0)
		return cgroup_fail(cgroup, "systemd does not run here", 0);
	if (missing_library())
		return cgroup_fail(cgroup, missing_library(), 0);
	if (!is_first_process())
		return cgroup_fail(cgroup, "systemd is not the first process here", 0);
	if (cgroup_refuse_nested(cgroup) < 0)
		return -1;
	int64_t now_ns = clock_now_ns();
	const struct request request = {
		.unit = unit,
		.self = getpid(),
		.front = cgroup->front,
		.end_ns = now_ns + (cgroup->needed ? NEEDED_NS : WANTED_NS),
	};
	snprintf(unit, sizeof(unit), CGROUP_NAME_PREFIX "%d-%08x.scope", request.self,
		 (unsigned)now_ns);
	if (request_scope(cgroup, &request) < 0 || wait_for_move(cgroup, unit, request.end_ns) < 0)
		return -1;
	cgroup->in_scope = true;
	return 0;
}
