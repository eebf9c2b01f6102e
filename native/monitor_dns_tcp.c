/* Queries by TCP (RFC 7766): each with its size before it, one at a time per connection. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "monitor_dns.h"
#include "util.h"

enum { STREAMS_MAX = 32, IDLE = 10000, QUERY_MAX = 4096, MESSAGE_MAX = 65535 };
enum state { READ_QUERY, SEND_QUERY, READ_ANSWER, SEND_ANSWER };

struct stream {
	struct source client, server; /* client first: its handler gets a pointer to it */
	struct stream *next;
	enum state state;
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t next_server, server_count;
	uint64_t until;
	uint8_t *query, *message; /* with their sizes before them; `message` is what is read or written now */
	size_t query_size, done, size;
};

static struct stream *streams;
static size_t stream_count;

static void drop_server(struct stream *s)
{
	if (s->server.fd < 0) return;
	(void)loop_want(&s->server, 0);
	(void)close(s->server.fd);
	s->server = (struct source){.fd = -1};
}

static void stream_free(struct stream *s)
{
	struct stream **at = &streams;
	while (*at != s) at = &(*at)->next;
	*at = s->next;
	drop_server(s);
	(void)loop_want(&s->client, 0);
	(void)close(s->client.fd);
	free(s->query);
	free(s->message);
	free(s);
	stream_count--;
}

static void begin(struct stream *s, enum state state, size_t size)
{
	s->state = state;
	s->done = 0;
	s->size = size;
	s->until = now_ms() + (state == READ_QUERY || state == SEND_ANSWER ? IDLE : DNS_PATIENCE);
	s->message = xrealloc(s->message, 2 + MESSAGE_MAX);
	(void)loop_want(&s->client, state == READ_QUERY ? EPOLLIN : state == SEND_ANSWER ? EPOLLOUT : 0);
	if (s->server.fd >= 0) (void)loop_want(&s->server, state == SEND_QUERY ? EPOLLOUT : EPOLLIN);
}

static void send_answer(struct stream *s, size_t size)
{
	s->message[0] = (uint8_t)(size >> 8);
	s->message[1] = (uint8_t)size;
	begin(s, SEND_ANSWER, 2 + size);
}

static void server_ready(struct source *source, uint32_t events);

static void ask_next(struct stream *s)
{
	drop_server(s);
	while (s->next_server < s->server_count) {
		int fd = dns_connect(&s->servers[s->next_server++], SOCK_STREAM);
		if (fd < 0) continue;
		s->server = (struct source){.fd = fd, .ready = server_ready};
		begin(s, SEND_QUERY, s->query_size);
		return;
	}
	send_answer(s, dns_failure(s->query + 2, s->query_size - 2, s->message + 2, MESSAGE_MAX));
}

/* Whole queries are looked up; false when the client is not to be answered. */
static bool query_read(struct stream *s)
{
	s->query = xrealloc(s->query, s->size);
	memcpy(s->query, s->message, s->size);
	s->query_size = s->size;
	s->next_server = 0;
	size_t size = dns_answer_query(s->query + 2, s->query_size - 2, false, s->message + 2, MESSAGE_MAX, s->servers,
				       &s->server_count);
	if (size > 0) send_answer(s, size);
	else if (s->server_count > 0) ask_next(s);
	return size > 0 || s->server_count > 0;
}

/* Reads on; 1 when the message is whole, 0 when more is to come, -1 at the end or when it is too long. */
static int read_message(struct stream *s, int fd, size_t limit)
{
	ssize_t n = recv(fd, s->message + s->done, s->size - s->done, 0);
	if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0) return -1;
	s->done += (size_t)n;
	if (s->done < s->size) return 0;
	if (s->size > 2) return 1;
	size_t size = (size_t)s->message[0] << 8 | s->message[1];
	if (size < DNS_HEADER_SIZE || size > limit) return -1;
	s->size = 2 + size;
	return 0;
}

static int write_message(struct stream *s, int fd, const uint8_t *message)
{
	ssize_t n = send(fd, message + s->done, s->size - s->done, MSG_NOSIGNAL);
	if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
	s->done += (size_t)n;
	return s->done == s->size;
}

static void server_ready(struct source *source, uint32_t events)
{
	struct stream *s = (struct stream *)(void *)((char *)source - offsetof(struct stream, server));
	(void)events;
	int result = s->state == SEND_QUERY ? write_message(s, source->fd, s->query) : read_message(s, source->fd, MESSAGE_MAX);
	if (result == 0) return;
	if (result < 0) {
		ask_next(s);
	} else if (s->state == SEND_QUERY) {
		begin(s, READ_ANSWER, 2);
	} else if (dns_answers(s->message + 2, s->size - 2, s->query + 2, s->query_size - 2)) {
		drop_server(s);
		begin(s, SEND_ANSWER, s->size);
	} else {
		ask_next(s);
	}
}

static void client_ready(struct source *source, uint32_t events)
{
	struct stream *s = (struct stream *)source;
	(void)events;
	int result = s->state == SEND_ANSWER ? write_message(s, source->fd, s->message) : read_message(s, source->fd, QUERY_MAX);
	if (result < 0 || (result > 0 && s->state == READ_QUERY && !query_read(s))) stream_free(s);
	else if (result > 0 && s->state == SEND_ANSWER && s->done == s->size) begin(s, READ_QUERY, 2);
}

void dns_tcp_accept(struct source *listener, uint32_t events)
{
	(void)events;
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) return;
	if (stream_count >= STREAMS_MAX) {
		(void)close(fd);
		return;
	}
	struct stream *s = xcalloc(1, sizeof *s);
	s->client = (struct source){.fd = fd, .ready = client_ready};
	s->server.fd = -1;
	s->next = streams;
	streams = s;
	stream_count++;
	begin(s, READ_QUERY, 2);
}

int dns_tcp_expire(void)
{
	uint64_t now = now_ms(), first = 0;
	for (struct stream *s = streams, *next; s; s = next) {
		next = s->next;
		if (s->until > now) continue;
		if (s->state == SEND_QUERY || s->state == READ_ANSWER) ask_next(s);
		else stream_free(s);
	}
	for (const struct stream *s = streams; s; s = s->next)
		if (first == 0 || s->until < first) first = s->until;
	return until_ms(first);
}

void dns_tcp_close(void)
{
	while (streams) stream_free(streams);
}
