/* TCP connections of published ports. */
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

#define CHUNK 65536

struct connection;

/* One side. `held` is what was read from the other side and could not be written here yet. */
struct side {
	struct source source; /* first: handlers get a pointer to it */
	struct connection *connection;
	struct side *peer;
	char *held;
	size_t held_size, held_offset;
	bool read_end, write_end;
};

struct connection {
	struct side client, server;
	struct connection *next, **place; /* in the list of all, and what points here */
	uint16_t port;
	int attempt;
	bool connected;
};

static struct connection *connections;

static void side_ready(struct source *s, uint32_t events);

static void side_close(struct side *s, bool reset)
{
	if (s->source.fd < 0) return;
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	if (reset) (void)setsockopt(s->source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	(void)loop_want(&s->source, 0);
	(void)close(s->source.fd);
	free(s->held);
}

static void connection_close(struct connection *c, bool reset)
{
	side_close(&c->client, reset);
	side_close(&c->server, reset);
	*c->place = c->next;
	if (c->next) c->next->place = c->place;
	free(c);
}

void tcp_close(void)
{
	while (connections) connection_close(connections, true);
}

static void side_wait(struct side *s)
{
	bool may_read = !s->read_end && s->peer->held_size == 0;
	(void)loop_want(&s->source, (may_read ? (uint32_t)EPOLLIN : 0) | (s->held_size > 0 ? (uint32_t)EPOLLOUT : 0));
}

/* Passes the end of the peer's data on once everything before it is written. */
static void pass_end(struct side *s)
{
	if (!s->peer->read_end || s->held_size > 0 || s->write_end) return;
	s->write_end = true;
	(void)shutdown(s->source.fd, SHUT_WR);
}

static bool side_flush(struct side *s)
{
	while (s->held_size > 0) {
		ssize_t n = send(s->source.fd, s->held + s->held_offset, s->held_size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return errno == EAGAIN;
		s->held_offset += (size_t)n;
		s->held_size -= (size_t)n;
	}
	free(s->held);
	s->held = NULL;
	s->held_offset = 0;
	return true;
}

static void hold(struct side *s, const char *bytes, size_t size)
{
	s->held = xmalloc(size);
	memcpy(s->held, bytes, size);
	s->held_size = size;
	s->held_offset = 0;
}

/* Reads once from `s` and writes to its peer. False when the connection is broken. */
static bool side_pull(struct side *s)
{
	static char chunk[CHUNK];
	ssize_t n = recv(s->source.fd, chunk, sizeof chunk, 0);
	if (n < 0) return errno == EAGAIN || errno == EINTR;
	if (n == 0) {
		s->read_end = true;
		return true;
	}
	ssize_t sent = send(s->peer->source.fd, chunk, (size_t)n, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
	if (sent < 0) sent = 0;
	if (sent < n) hold(s->peer, chunk + sent, (size_t)(n - sent));
	return true;
}

static bool connect_next(struct connection *c)
{
	struct sockaddr_in target;
	while (proxy_target(c->attempt++, c->port, &target)) {
		int fd = proxy_socket(SOCK_STREAM), on = 1;
		if (fd < 0) return false;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		c->server.source = (struct source){.fd = fd, .ready = side_ready};
		if (connect(fd, (struct sockaddr *)&target, sizeof target) == 0 || errno == EINPROGRESS)
			return loop_want(&c->server.source, EPOLLOUT) == 0;
		(void)close(fd);
		c->server.source.fd = -1;
	}
	return false;
}

/* The connection to the container is made or has failed. False when there is nothing left to try. */
static bool finish_connect(struct connection *c)
{
	int number = 0;
	socklen_t size = sizeof number;
	if (getsockopt(c->server.source.fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 && number == 0) {
		c->connected = true;
		return true;
	}
	(void)loop_want(&c->server.source, 0);
	(void)close(c->server.source.fd);
	c->server.source.fd = -1;
	return connect_next(c);
}

static void side_ready(struct source *source, uint32_t events)
{
	struct side *s = (struct side *)source;
	struct connection *c = s->connection;
	bool alive = true;
	if (!c->connected) {
		alive = finish_connect(c);
		if (alive && !c->connected) return;
	} else {
		if (s->held_size > 0 && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) alive = side_flush(s);
		bool readable = events & (EPOLLIN | EPOLLERR | EPOLLHUP);
		if (alive && readable && !s->read_end && s->peer->held_size == 0) alive = side_pull(s);
	}
	if (!alive) {
		connection_close(c, true);
		return;
	}
	pass_end(s);
	pass_end(s->peer);
	if (s->write_end && s->peer->write_end) {
		connection_close(c, false);
		return;
	}
	side_wait(s);
	side_wait(s->peer);
}

/* With no descriptor left a waiting client would keep the listener ready for ever: it is taken and dropped. */
static void drop_one(int listener)
{
	static int spare = -1;
	if (spare >= 0) (void)close(spare);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) (void)close(fd);
	spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void tcp_accept(struct source *listener, uint32_t events)
{
	(void)events;
	const struct published *p = (const struct published *)((char *)listener - offsetof(struct published, listener));
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE) drop_one(listener->fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct connection *c = xcalloc(1, sizeof *c);
	c->port = p->container_port;
	c->client = (struct side){.source = {.fd = fd, .ready = side_ready}, .connection = c, .peer = &c->server};
	c->server = (struct side){.source = {.fd = -1, .ready = side_ready}, .connection = c, .peer = &c->client};
	c->next = connections;
	c->place = &connections;
	if (connections) connections->place = &c->next;
	connections = c;
	if (!connect_next(c)) connection_close(c, true);
}
