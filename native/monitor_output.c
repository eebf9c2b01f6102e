#include "monitor_stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "monitor.h"
#include "monitor_attach.h"

/* One stream. `own` is our descriptor that it is copied to, or -1. */
struct output {
	struct source from, own;
	struct log_stream log;
	bool open;
	size_t length, offset; /* of what `own` has not taken yet */
	char message[1 + ATTACH_CHUNK]; /* the kind, and the bytes */
};

static struct output out, err;
static bool terminal;

static struct output *of_kind(char kind) { return kind == ATTACH_STDOUT ? &out : &err; }

static void close_output(struct output *o)
{
	if (!o->open) return;
	o->open = false;
	log_finish(&o->log);
	(void)loop_want(&o->from, 0);
	(void)loop_want(&o->own, 0);
	(void)close(o->from.fd); /* our own stdio stays: the end of the monitor closes it */
}

static bool owes(const struct output *o) { return o->offset < o->length || attach_owes(o->message[0]); }

static void wait_on(struct output *o)
{
	if (!o->open) return;
	if (o->own.fd >= 0) (void)loop_want(&o->own, o->offset < o->length ? EPOLLOUT : 0);
	(void)loop_want(&o->from, owes(o) ? 0 : EPOLLIN);
}

/*
 * Ours is shared with other processes, so it must not be made non-blocking; a pipe that polls writable takes PIPE_BUF.
 * False when the reader is gone.
 */
static bool push_own(struct output *o)
{
	while (o->own.fd >= 0 && o->offset < o->length) {
		struct pollfd ready = {.fd = o->own.fd, .events = POLLOUT};
		if (poll(&ready, 1, 0) == 0) return true;
		size_t size = o->length - o->offset;
		ssize_t n = write(o->own.fd, o->message + 1 + o->offset, size < PIPE_BUF ? size : PIPE_BUF);
		if (n >= 0) o->offset += (size_t)n;
		else if (errno == EAGAIN) return true;
		else if (errno != EINTR) return false;
	}
	o->length = o->offset = 0;
	return true;
}

/* Reads once and passes it on. False at the end of the source, and when our reader is gone: the program learns of it as in a pipe. */
static bool pull(struct output *o)
{
	ssize_t n = read(o->from.fd, o->message + 1, ATTACH_CHUNK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
	if (n <= 0) return false; /* a pty reports EIO when its last user is gone */
	log_feed(&o->log, o->message + 1, (size_t)n);
	log_flush();
	o->length = o->own.fd >= 0 ? (size_t)n : 0;
	o->offset = 0;
	attach_send(o->message, 1 + (size_t)n);
	return push_own(o);
}

static void from_ready(struct source *s, uint32_t events)
{
	(void)events;
	struct output *o = (struct output *)((char *)s - offsetof(struct output, from));
	if (!pull(o)) close_output(o);
	else wait_on(o);
}

static void own_ready(struct source *s, uint32_t events)
{
	(void)events;
	struct output *o = (struct output *)((char *)s - offsetof(struct output, own));
	if (!push_own(o)) close_output(o);
	else wait_on(o);
}

static void open_output(struct output *o, int from, int own, char kind, const char *name)
{
	int flags = fcntl(from, F_GETFL);
	if (flags >= 0) (void)fcntl(from, F_SETFL, flags | O_NONBLOCK);
	o->from = (struct source){.fd = from, .ready = from_ready};
	o->own = (struct source){.fd = own, .ready = own_ready};
	o->log.name = name;
	o->log.length = o->length = o->offset = 0;
	o->message[0] = kind;
	o->open = true;
	wait_on(o);
}

void output_open(const struct stdio_ends *ends)
{
	terminal = ends->terminal;
	open_output(&out, ends->out, ends->foreground ? 1 : -1, ATTACH_STDOUT, "stdout");
	if (ends->err >= 0) open_output(&err, ends->err, ends->foreground ? 2 : -1, ATTACH_STDERR, "stderr");
	if (ends->foreground) output_follow_size();
}

void output_follow_size(void)
{
	struct winsize size;
	if (out.own.fd >= 0 && (ioctl(0, TIOCGWINSZ, &size) == 0 || ioctl(1, TIOCGWINSZ, &size) == 0))
		output_resize(size.ws_row, size.ws_col);
}

void output_resize(uint16_t rows, uint16_t columns)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};
	if (terminal && out.open) (void)ioctl(out.from.fd, TIOCSWINSZ, &size);
}

void output_all_taken(char kind) { wait_on(of_kind(kind)); }

static void leave_own(struct output *o)
{
	if (!o->open || o->own.fd < 0) return;
	(void)loop_want(&o->own, 0);
	o->own.fd = -1;
	o->length = o->offset = 0;
	wait_on(o);
}

void output_leave_own(void)
{
	leave_own(&out);
	leave_own(&err);
}

/* The writers are gone, so reads end; only our own reader can be slow, and it is waited for. */
static void drain(struct output *o)
{
	while (o->open) {
		if (o->offset < o->length) {
			struct pollfd ready = {.fd = o->own.fd, .events = POLLOUT};
			(void)poll(&ready, 1, -1);
			if (!push_own(o)) close_output(o);
			continue;
		}
		if (attach_owes(o->message[0])) attach_settle(o->message[0]);
		struct pollfd ready = {.fd = o->from.fd, .events = POLLIN};
		/* Somebody who was handed the pipe (a process of the host) must not keep us. */
		if (poll(&ready, 1, 0) == 0 || !pull(o)) close_output(o);
	}
}

void output_drain(void)
{
	drain(&out);
	drain(&err);
	attach_settle(ATTACH_STDOUT);
	attach_settle(ATTACH_STDERR);
}

void output_close(void)
{
	close_output(&out);
	close_output(&err);
}
