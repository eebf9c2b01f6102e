/* The container's stdio <-> ours and the log. Nothing here blocks on a slow reader: what cannot be written yet stops its source. */
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CHUNK 65536

/* One direction. `from` and `to` are separate descriptors, each in one flow only. */
struct flow {
	struct source from, to; /* source first: handlers get a pointer to it */
	struct log_stream *log;
	bool open, inherited, plain_from;
	char *pending;
	size_t length, offset;
};

static struct flow output, errors, input;
static char output_bytes[CHUNK], error_bytes[CHUNK], input_bytes[CHUNK];
static struct log_stream output_log = {.name = "stdout"}, error_log = {.name = "stderr"};
static bool terminal, raw_mode;
static struct termios saved_mode;

static void flow_close(struct flow *f)
{
	if (!f->open) return;
	f->open = false;
	if (f->log) log_finish(f->log);
	(void)loop_want(&f->from, 0);
	(void)loop_want(&f->to, 0);
	/* Our own stdio stays: the end of the monitor closes it. */
	if (f != &input) (void)close(f->from.fd);
	else if (f->to.fd >= 0) (void)close(f->to.fd);
}

/* A descriptor shared with other processes must not be made non-blocking; a pipe that polls writable takes PIPE_BUF. */
static ssize_t write_some(const struct flow *f)
{
	size_t size = f->length - f->offset;
	if (f->inherited) {
		struct pollfd ready = {.fd = f->to.fd, .events = POLLOUT};
		if (poll(&ready, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
		if (size > PIPE_BUF) size = PIPE_BUF;
	}
	return write(f->to.fd, f->pending + f->offset, size);
}

/* Writes what it can. Returns false when the reader is gone. */
static bool flow_push(struct flow *f)
{
	while (f->to.fd >= 0 && f->offset < f->length) {
		ssize_t n = write_some(f);
		if (n >= 0) {
			f->offset += (size_t)n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			return false;
		}
	}
	if (f->to.fd < 0 || f->offset == f->length) f->length = f->offset = 0;
	return true;
}

static void flow_wait(struct flow *f)
{
	bool blocked = f->length > 0;
	if (f->plain_from) {
		/* A regular file is always readable: the pace is that of the other side. */
		(void)loop_want(&f->to, EPOLLOUT);
		return;
	}
	if (f->to.fd >= 0) (void)loop_want(&f->to, blocked ? EPOLLOUT : 0);
	(void)loop_want(&f->from, blocked ? 0 : EPOLLIN);
}

/* Reads once and passes it on. Returns false at the end of the source. */
static bool flow_pull(struct flow *f)
{
	ssize_t n = read(f->from.fd, f->pending, CHUNK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
	if (n <= 0) return false; /* a pty reports EIO when its last user is gone */
	if (f->log) {
		log_feed(f->log, f->pending, (size_t)n);
		log_flush();
	}
	f->length = (size_t)n;
	f->offset = 0;
	return flow_push(f);
}

static void run(struct flow *f)
{
	/* Without a reader the source is closed, so that the program learns of it as it would in a shell's pipe. */
	bool alive = f->length > 0 ? flow_push(f) : flow_pull(f);
	if (!alive) {
		/* What -t shows belongs to one terminal; the end of typed input ends nothing there. */
		if (f == &input && terminal) {
			(void)loop_want(&f->from, 0);
			(void)loop_want(&f->to, 0);
			return;
		}
		flow_close(f);
		return;
	}
	flow_wait(f);
}

static void from_ready(struct source *s, uint32_t events)
{
	(void)events;
	run((struct flow *)((char *)s - offsetof(struct flow, from)));
}

static void to_ready(struct source *s, uint32_t events)
{
	(void)events;
	run((struct flow *)((char *)s - offsetof(struct flow, to)));
}

static void flow_open(struct flow *f, int from, int to, char *bytes, struct log_stream *log, bool inherited)
{
	*f = (struct flow){
		.from = {.fd = from, .ready = from_ready},
		.to = {.fd = to, .ready = to_ready},
		.log = log,
		.open = true,
		.inherited = inherited,
		.pending = bytes,
	};
	if (loop_want(&f->from, EPOLLIN) < 0 && errno == EPERM) {
		f->plain_from = true;
		flow_wait(f);
	}
}

static void set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0) (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void enter_raw_mode(void)
{
	if (tcgetattr(0, &saved_mode) < 0) return;
	struct termios mode = saved_mode;
	cfmakeraw(&mode);
	raw_mode = tcsetattr(0, TCSADRAIN, &mode) == 0;
}

void relay_resize(void)
{
	struct winsize size;
	if (terminal && output.open && (ioctl(0, TIOCGWINSZ, &size) == 0 || ioctl(1, TIOCGWINSZ, &size) == 0))
		(void)ioctl(output.from.fd, TIOCSWINSZ, &size);
}

void relay_open(const struct relay_options *o)
{
	terminal = o->tty;
	set_nonblocking(o->out);
	flow_open(&output, o->out, o->foreground ? 1 : -1, output_bytes, &output_log, true);
	if (o->err >= 0) {
		set_nonblocking(o->err);
		flow_open(&errors, o->err, o->foreground ? 2 : -1, error_bytes, &error_log, true);
	}
	if (o->in >= 0) set_nonblocking(o->in);
	if (o->in >= 0 && o->foreground && o->interactive) {
		if (o->tty) enter_raw_mode();
		flow_open(&input, 0, o->in, input_bytes, NULL, false);
	}
	relay_resize();
}

bool relay_active(void) { return output.open || errors.open; }

/* The writers are gone, so reads end; only our own reader can be slow, and it is waited for. */
static void flow_drain(struct flow *f)
{
	while (f->open) {
		if (f->length > 0) {
			struct pollfd ready = {.fd = f->to.fd, .events = POLLOUT};
			(void)poll(&ready, 1, -1);
		} else {
			struct pollfd ready = {.fd = f->from.fd, .events = POLLIN};
			/* Somebody who was handed the pipe (a process of the host) must not keep us. */
			if (poll(&ready, 1, 0) == 0) flow_close(f);
		}
		if (f->open && !(f->length > 0 ? flow_push(f) : flow_pull(f))) flow_close(f);
	}
}

void relay_drain(void)
{
	flow_close(&input);
	flow_drain(&output);
	flow_drain(&errors);
}

void relay_close(void)
{
	if (raw_mode) (void)tcsetattr(0, TCSADRAIN, &saved_mode);
	raw_mode = false;
	flow_close(&input);
	flow_close(&output);
	flow_close(&errors);
}
