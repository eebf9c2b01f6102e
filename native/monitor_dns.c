#include "monitor_dns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net_resolver.h"
#include "util.h"

enum { PENDING_MAX = 256, QUERY_MAX = DNS_UDP_SIZE_MAX };

/* A query that a server was asked; the servers after it are tried when it does not answer. */
struct pending {
	struct source source; /* first: handlers get a pointer to it */
	struct pending *next;
	struct sockaddr_in client;
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t server, server_count, size;
	uint64_t until;
	uint8_t query[];
};

static struct source listener = {.fd = -1}, streams = {.fd = -1};
static struct pending *pending;
static size_t pending_count;
static int directory = -1, netns = -1;

int dns_connect(const struct dns_server *server, int type)
{
	int family = server->address.ss_family;
	int fd = server->inside ? resolver_socket(netns, family, type)
				: socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) return -1;
	if (connect(fd, (const struct sockaddr *)&server->address, server->size) == 0 || errno == EINPROGRESS) return fd;
	(void)close(fd);
	return -1;
}

size_t dns_answer_query(const uint8_t *query, size_t size, bool udp, uint8_t *out, size_t limit,
			struct dns_server servers[DNS_SERVERS_MAX], size_t *count)
{
	struct dns_question question;
	struct dns_answer a;
	*count = 0;
	int code = dns_parse_query(query, size, &question);
	if (code < 0) return 0;
	if (code != DNS_OK) {
		dns_begin_answer(&a, out, limit, query, 0, code);
		return dns_end_answer(&a);
	}
	if (udp && question.udp_size < limit) limit = question.udp_size;
	size_t known = dns_look_up(directory, query, &question, out, limit, servers, count);
	return known > 0 || *count > 0 ? known : dns_failure(query, size, out, limit);
}

size_t dns_failure(const uint8_t *query, size_t size, uint8_t *out, size_t limit)
{
	struct dns_question question;
	struct dns_answer a;
	(void)dns_parse_query(query, size, &question);
	dns_begin_answer(&a, out, limit, query, question.end, DNS_SERVER_FAILURE);
	return dns_end_answer(&a);
}

static void reply(const struct sockaddr_in *client, const uint8_t *bytes, size_t size)
{
	(void)sendto(listener.fd, bytes, size, MSG_NOSIGNAL, (const struct sockaddr *)client, sizeof *client);
}

static void pending_free(struct pending *p)
{
	struct pending **at = &pending;
	while (*at != p) at = &(*at)->next;
	*at = p->next;
	if (p->source.fd >= 0) {
		(void)loop_want(&p->source, 0);
		(void)close(p->source.fd);
	}
	free(p);
	pending_count--;
}

static void answered(struct source *source, uint32_t events);

/* Asks the next server that can be asked; without one the query has failed. */
static void ask_next(struct pending *p)
{
	uint8_t out[DNS_UDP_SIZE];
	if (p->source.fd >= 0) {
		(void)loop_want(&p->source, 0);
		(void)close(p->source.fd);
		p->source.fd = -1;
	}
	while (p->server < p->server_count) {
		int fd = dns_connect(&p->servers[p->server++], SOCK_DGRAM);
		if (fd < 0) continue;
		p->source = (struct source){.fd = fd, .ready = answered};
		p->until = now_ms() + DNS_PATIENCE;
		if (send(fd, p->query, p->size, MSG_NOSIGNAL) == (ssize_t)p->size && loop_want(&p->source, EPOLLIN) == 0) return;
		(void)close(fd);
		p->source = (struct source){.fd = -1};
	}
	reply(&p->client, out, dns_failure(p->query, p->size, out, sizeof out));
	pending_free(p);
}

static void answered(struct source *source, uint32_t events)
{
	static uint8_t bytes[65536];
	struct pending *p = (struct pending *)source;
	(void)events;
	ssize_t n = recv(source->fd, bytes, sizeof bytes, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n < 0) {
		ask_next(p);
		return;
	}
	if (!dns_answers(bytes, (size_t)n, p->query, p->size)) return;
	reply(&p->client, bytes, (size_t)n);
	pending_free(p);
}

static void forward(const struct sockaddr_in *client, const uint8_t *query, size_t size, const struct dns_server *servers,
		    size_t count)
{
	if (pending_count >= PENDING_MAX) {
		struct pending *oldest = pending;
		while (oldest->next) oldest = oldest->next;
		pending_free(oldest);
	}
	struct pending *p = xcalloc(1, sizeof *p + size);
	p->source.fd = -1;
	p->client = *client;
	memcpy(p->servers, servers, count * sizeof *servers);
	p->server_count = count;
	memcpy(p->query, query, size);
	p->size = size;
	p->next = pending;
	pending = p;
	pending_count++;
	ask_next(p);
}

static void query_arrived(struct source *source, uint32_t events)
{
	uint8_t query[QUERY_MAX], out[DNS_UDP_SIZE_MAX];
	struct dns_server servers[DNS_SERVERS_MAX];
	struct sockaddr_in client;
	socklen_t client_size = sizeof client;
	size_t count;
	(void)events;
	ssize_t n = recvfrom(source->fd, query, sizeof query, 0, (struct sockaddr *)&client, &client_size);
	if (n < 0 || client_size != sizeof client) return;
	size_t size = dns_answer_query(query, (size_t)n, true, out, sizeof out, servers, &count);
	if (size > 0) reply(&client, out, size);
	else if (count > 0) forward(&client, query, (size_t)n, servers, count);
}

void dns_open(int dirfd, pid_t pid)
{
	char path[40];
	int udp, tcp;
	resolver_take(&udp, &tcp);
	if (udp < 0) return;
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	directory = dirfd;
	netns = open(path, O_RDONLY | O_CLOEXEC); /* fails when it has ended already: then nobody asks */
	listener = (struct source){.fd = udp, .ready = query_arrived};
	streams = (struct source){.fd = tcp, .ready = dns_tcp_accept};
	(void)loop_want(&listener, EPOLLIN);
	(void)loop_want(&streams, EPOLLIN);
}

void dns_open_late(int dirfd, pid_t pid)
{
	char text[8];
	struct err ignored;
	if (listener.fd >= 0 || read_text_at(dirfd, "resolver", text, sizeof text) <= 0) return;
	if (resolver_open(pid, &ignored) == 0) dns_open(dirfd, pid);
}

int dns_expire(void)
{
	uint64_t now = now_ms(), first = 0;
	for (struct pending *p = pending, *next; p; p = next) {
		next = p->next;
		if (p->until <= now) ask_next(p);
	}
	for (const struct pending *p = pending; p; p = p->next)
		if (first == 0 || p->until < first) first = p->until;
	return sooner(until_ms(first), dns_tcp_expire());
}

static void close_source(struct source *s)
{
	if (s->fd < 0) return;
	(void)loop_want(s, 0);
	(void)close(s->fd);
	s->fd = -1;
}

void dns_close(void)
{
	while (pending) pending_free(pending);
	dns_tcp_close();
	close_source(&listener);
	close_source(&streams);
	if (netns >= 0) (void)close(netns);
	netns = -1;
}
