#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

struct pollfd pump_interest(const struct pump *r)
{
	if (r->ended) return (struct pollfd){.fd = -1};
	if (r->size) return (struct pollfd){.fd = r->to, .events = POLLOUT};
	return (struct pollfd){.fd = r->from, .events = POLLIN};
}

static void end(struct pump *r)
{
	static const char end_of_transmission = 4;
	if (r->terminal) (void)!write(r->to, &end_of_transmission, 1);
	if (r->close_to) (void)close(r->to);
	if (r->close_from) (void)close(r->from);
	r->ended = true;
}

/* The receiver is gone: a pipe's writer is told by SIGPIPE, a terminal's output is dropped. */
static void lose_receiver(struct pump *r)
{
	r->size = 0;
	r->terminal = false;
	if (r->close_from || r->close_to)
		end(r);
	else
		r->to = -1;
}

static void look_for_keys(struct pump *r)
{
	char typed[PUMP_CHUNK];
	memcpy(typed, r->bytes, r->size);
	r->size = detach_keys_filter(r->keys, typed, r->size, r->bytes, &r->detached);
}

/* False when there is nothing now. */
static bool fill(struct pump *r)
{
	ssize_t n = read(r->from, r->bytes, PUMP_CHUNK);
	if (n > 0) {
		r->start = 0;
		r->size = r->to >= 0 ? (size_t)n : 0;
		if (r->keys && r->keys->count) look_for_keys(r);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
	/* EIO is how a terminal says that its other side is closed. */
	end(r);
	return false;
}

static void empty(struct pump *r)
{
	/* Small pieces: a descriptor that blocks (somebody's terminal) takes so much after POLLOUT without a wait. */
	size_t size = r->size < 4096 ? r->size : 4096;
	ssize_t n = write(r->to, r->bytes + r->start, size);
	if (n > 0) {
		r->start += (size_t)n;
		r->size -= (size_t)n;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		lose_receiver(r);
	}
}

void pump_step(struct pump *r, const struct pollfd *ready)
{
	if (r->ended || !ready->revents) return;
	if (r->size)
		empty(r);
	else
		(void)fill(r);
}

void pump_drain(struct pump *r)
{
	int flags = fcntl(r->from, F_GETFL);
	if (flags >= 0) (void)fcntl(r->from, F_SETFL, flags | O_NONBLOCK);
	while (!r->ended) {
		if (r->size && write_all(r->to, r->bytes + r->start, r->size)) lose_receiver(r);
		if (r->ended) return;
		r->size = 0;
		if (!fill(r)) return;
	}
}
