#include "monitor_stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <unistd.h>

#include "monitor.h"
#include "monitor_attach.h"

static struct input_options options = {.to = -1};
static struct source to = {.fd = -1}, own = {.fd = -1};
static bool own_plain; /* a regular file: always readable, so the container's pace counts */
static bool own_reads, ending;
static bool raw_mode;
static struct termios saved_mode;
static char pending[ATTACH_CHUNK + DETACH_KEYS_MAX];
static size_t length, offset;

static void stop_own(void)
{
	if (own.fd >= 0) (void)loop_want(&own, 0);
	own_reads = false;
}

static void close_to(void)
{
	if (to.fd < 0) return;
	stop_own();
	(void)loop_want(&to, 0);
	(void)close(to.fd);
	to.fd = -1;
	length = offset = 0;
	attach_listen_to(true);
}

static void wait_on(void)
{
	if (to.fd < 0) return;
	bool blocked = offset < length;
	if (!blocked && ending) {
		close_to();
		return;
	}
	(void)loop_want(&to, blocked || (own_reads && own_plain) ? EPOLLOUT : 0);
	if (own_reads && !own_plain) (void)loop_want(&own, blocked ? 0 : EPOLLIN);
	attach_listen_to(!blocked);
}

static void push(void)
{
	while (offset < length) {
		ssize_t n = write(to.fd, pending + offset, length - offset);
		if (n >= 0) {
			offset += (size_t)n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			close_to(); /* nobody reads it */
			return;
		}
	}
	if (offset == length) length = offset = 0;
	wait_on();
}

/* What -t shows belongs to one terminal; the end of typed input ends nothing there. */
static void own_ended(void)
{
	stop_own();
	if (!options.terminal) ending = true;
	wait_on();
}

static void read_own(void)
{
	static char typed[ATTACH_CHUNK];
	ssize_t n = read(0, typed, sizeof typed);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n <= 0) {
		own_ended();
		return;
	}
	bool detached = false;
	length = detach_keys_filter(&options.keys, typed, (size_t)n, pending, &detached);
	offset = 0;
	push();
	if (detached) options.detached();
}

static void own_ready(struct source *s, uint32_t events)
{
	(void)s, (void)events;
	read_own();
}

static void to_ready(struct source *s, uint32_t events)
{
	(void)s, (void)events;
	if (offset < length) push();
	else if (own_reads && own_plain) read_own();
	else wait_on();
}

static void enter_raw_mode(void)
{
	if (tcgetattr(0, &saved_mode) < 0) return;
	struct termios mode = saved_mode;
	cfmakeraw(&mode);
	raw_mode = tcsetattr(0, TCSADRAIN, &mode) == 0;
}

void input_open(const struct input_options *o)
{
	options = *o;
	if (!options.terminal) options.keys.count = 0;
	length = offset = 0;
	ending = own_plain = false;
	to = (struct source){.fd = o->to, .ready = to_ready};
	if (o->to < 0) return;
	int flags = fcntl(o->to, F_GETFL);
	if (flags >= 0) (void)fcntl(o->to, F_SETFL, flags | O_NONBLOCK);
	if (!o->own) return;
	if (o->terminal) enter_raw_mode();
	own = (struct source){.fd = 0, .ready = own_ready};
	own_reads = true;
	own_plain = loop_want(&own, EPOLLIN) < 0 && errno == EPERM;
	wait_on();
}

void input_put(const char *bytes, size_t size)
{
	if (to.fd < 0 || size > ATTACH_CHUNK || offset < length) return;
	memcpy(pending, bytes, size);
	length = size;
	offset = 0;
	push();
}

void input_end(void)
{
	if (options.terminal || !options.once) return;
	ending = true;
	wait_on();
}

void input_leave_own(void)
{
	stop_own();
	own.fd = -1;
	if (raw_mode) (void)tcsetattr(0, TCSADRAIN, &saved_mode);
	raw_mode = false;
	wait_on();
}

void input_close(void)
{
	input_leave_own();
	close_to();
}
