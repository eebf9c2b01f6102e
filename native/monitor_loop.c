#include "monitor.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

static int set = -1;

int loop_open(void)
{
	set = epoll_create1(EPOLL_CLOEXEC);
	return set < 0 ? -1 : 0;
}

int loop_want(struct source *s, uint32_t events)
{
	if (events == s->interest)
		return 0;
	/* Without interest a descriptor must leave the set: hang-ups are reported whether wanted or not. */
	int op = events == 0 ? EPOLL_CTL_DEL : s->interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	struct epoll_event event = { .events = events, .data.ptr = s };
	if (epoll_ctl(set, op, s->fd, &event) < 0)
		return -1;
	s->interest = events;
	return 0;
}

int loop_step(int timeout)
{
	struct epoll_event event;
	int count = epoll_wait(set, &event, 1, timeout);
	if (count <= 0)
		return count < 0 && errno != EINTR ? -1 : 0;
	struct source *s = event.data.ptr;
	s->ready(s, event.events);
	return 1;
}

uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int sooner(int a, int b) { return a < 0 || (b >= 0 && b < a) ? b : a; }

int until_ms(uint64_t at)
{
	if (at == 0) return -1;
	uint64_t now = now_ms();
	return at <= now ? 0 : at - now > 1u << 30 ? 1 << 30 : (int)(at - now);
}
