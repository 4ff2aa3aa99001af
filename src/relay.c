/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include <sys/ioctl.h>

#include "cleanup.h"
#include "pty.h"
#include "slots.h"

void relay_init(struct relay *relay)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		stream_init(&relay->stream[i]);
	relay->pty = -1;
	log_init(&relay->log);
}

void relay_started(struct relay *relay, int64_t started_ns)
{
	relay->mark.start_ns = started_ns;
	for (int i = 0; i < STREAM_COUNT; i++)
		if (!relay->stream[i].child_fd_kept)
			stream_close_child_fd(&relay->stream[i]);
}

void relay_fill(const struct relay *relay, struct pollfd pollfds[RELAY_POLLFDS])
{
	for (int i = 0; i < STREAM_COUNT; i++)
		stream_fill(&relay->stream[i], &pollfds[STREAM_SLOTS * i]);
	int log_fd = log_is_blocked(&relay->log) ? relay->log.end.fd : -1;
	pollfds[RELAY_SLOT_LOG] = (struct pollfd){ .fd = log_fd, .events = POLLOUT };
}

/*
 * Until its reader is waited for, or it has all: if it were neither, nothing would wake up the
 * streams that wait for room in it.
 */
static bool move_log(struct relay *relay)
{
	bool moved = false, some;
	do {
		some = false;
		for (int i = 0; i < STREAM_COUNT; i++)
			some |= stream_log(&relay->stream[i]);
		some |= log_write(&relay->log);
		moved |= some;
	} while (some && !log_is_blocked(&relay->log));
	return moved;
}

bool relay_move(struct relay *relay, const struct pollfd pollfds[RELAY_POLLFDS])
{
	bool moved = pollfds[RELAY_SLOT_LOG].revents && move_log(relay);
	for (int i = 0; i < STREAM_COUNT; i++)
		moved |= stream_move(&relay->stream[i], &pollfds[STREAM_SLOTS * i]);
	return moved | move_log(relay);
}

uint64_t relay_output_bytes(const struct relay *relay)
{
	return stream_read_bytes(&relay->stream[STREAM_OUT]) +
	       stream_read_bytes(&relay->stream[STREAM_ERR]);
}

bool relay_is_open(const struct relay *relay)
{
	return stream_is_open(&relay->stream[STREAM_OUT]) ||
	       stream_is_open(&relay->stream[STREAM_ERR]) || log_is_blocked(&relay->log);
}

bool relay_is_blocked(const struct relay *relay)
{
	return stream_is_blocked(&relay->stream[STREAM_OUT]) ||
	       stream_is_blocked(&relay->stream[STREAM_ERR]) || log_is_blocked(&relay->log);
}

bool relay_is_barred(const struct relay *relay)
{
	return relay->stream[STREAM_OUT].to.barred || relay->stream[STREAM_ERR].to.barred;
}

bool relay_awaits_keys(const struct relay *relay)
{
	return relay->stream[STREAM_IN].from.barred;
}

void relay_unbar(struct relay *relay, pid_t job)
{
	relay->stream[STREAM_IN].from.barred = false;
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++) {
		relay->stream[i].to.barred = false;
		relay->stream[i].to.job = job;
	}
}

void relay_end_input(struct relay *relay)
{
	if (relay->stream[STREAM_IN].to.fd >= 0)
		stream_stop(&relay->stream[STREAM_IN]);
	for (int i = 0; i < STREAM_COUNT; i++)
		stream_close_child_fd(&relay->stream[i]);
}

bool relay_resize(const struct relay *relay)
{
	bool changed = false;
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++) {
		const struct stream *stream = &relay->stream[i];
		if (stream->mode == STREAM_PTY && stream->from.fd >= 0)
			changed |= pty_resize(stream->from.fd, i);
	}
	return changed;
}

void relay_hang_up(struct relay *relay)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		stream_stop(&relay->stream[i]);
	close_fd(&relay->pty);
}

#define LAST_LOOKS 64 /* as many buffers: more than a pipe holds, and the end of it */

/* What is there already, and whose reader is ready, is not lost. */
static void move_the_rest(struct relay *relay)
{
	struct pollfd pollfds[RELAY_POLLFDS];
	bool moved = true;
	for (int look = 0; moved && look < LAST_LOOKS; look++) {
		relay_fill(relay, pollfds);
		slots_wait(pollfds, RELAY_POLLFDS, 0);
		moved = relay_move(relay, pollfds);
	}
}

static void give_up(struct stream *stream)
{
	int unread = 0;
	if (stream->from.fd >= 0) {
		stream->holder_count =
			holder_find(stream->from.fd, stream->holder, STREAM_HOLDERS_MAX);
		ioctl(stream->from.fd, FIONREAD, &unread);
	}
	if (stream->to.fd >= 0)
		stream->undelivered += (unsigned)unread - stream->ahead;
	stream_stop(stream);
}

void relay_give_up(struct relay *relay)
{
	if (log_is_blocked(&relay->log)) /* then the streams need not wait for its reader */
		log_give_up(&relay->log);
	move_the_rest(relay);
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++)
		give_up(&relay->stream[i]);
	move_log(relay);
	log_give_up(&relay->log);
	move_log(relay); /* what it had no room for is lost */
}

const char *relay_mode_name(enum stream_mode mode)
{
	static const char *const names[] = {
		[STREAM_INHERITED] = "inherit", [STREAM_RELAYED] = "relay",
		[STREAM_PTY] = "pty",           [STREAM_NULL] = "null",
		[STREAM_FILE] = "file",         [STREAM_CLOSED] = "closed",
		[STREAM_MERGED] = "merged",
	};
	return names[mode];
}

void relay_fini(struct relay *relay)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		stream_fini(&relay->stream[i]);
	close_fd(&relay->pty);
	log_fini(&relay->log);
}
