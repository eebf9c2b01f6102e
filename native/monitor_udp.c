/* UDP sessions of published ports: one connected socket in the container's namespace per client address. */
#include "monitor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

#define SESSIONS_MAX 1024
#define IDLE_MS 90000
#define DATAGRAM_MAX 65536

struct session {
	struct source source; /* first: handlers get a pointer to it */
	struct session *next;
	struct published *port;
	struct sockaddr_storage client;
	socklen_t client_size;
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))]; /* where the client's datagrams arrived */
	size_t control_size;
	uint64_t used;
	int attempt;
};

static struct session *sessions;
static size_t session_count;
static char datagram[DATAGRAM_MAX];

static void session_free(struct session **at)
{
	struct session *s = *at;
	*at = s->next;
	(void)loop_want(&s->source, 0);
	(void)close(s->source.fd);
	free(s);
	session_count--;
}

static void drop_oldest(void)
{
	struct session **oldest = &sessions;
	for (struct session **at = &sessions; *at; at = &(*at)->next)
		if ((*at)->used < (*oldest)->used) oldest = at;
	if (*oldest) session_free(oldest);
}

static bool session_connect(struct session *s)
{
	struct sockaddr_in target;
	if (!proxy_target(s->attempt, s->port->container_port, &target)) {
		s->attempt = 0;
		(void)proxy_target(0, s->port->container_port, &target);
	}
	return connect(s->source.fd, (struct sockaddr *)&target, sizeof target) == 0;
}

/* Nobody listens at the address: the next datagram goes to the other one. */
static void refused(struct session *s)
{
	s->attempt++;
	(void)session_connect(s);
}

static void answer(struct source *source, uint32_t events)
{
	(void)events;
	struct session *s = (struct session *)source;
	ssize_t n = recv(source->fd, datagram, sizeof datagram, 0);
	if (n < 0) {
		if (errno == ECONNREFUSED) refused(s);
		return;
	}
	s->used = now_ms();
	struct iovec part = {.iov_base = datagram, .iov_len = (size_t)n};
	struct msghdr message = {.msg_name = &s->client, .msg_namelen = s->client_size, .msg_iov = &part, .msg_iovlen = 1};
	if (s->control_size > 0) {
		message.msg_control = s->control;
		message.msg_controllen = (socklen_t)s->control_size;
	}
	(void)sendmsg(s->port->listener.fd, &message, MSG_NOSIGNAL);
}

static struct session *session_for(struct published *p, const struct msghdr *from)
{
	for (struct session *s = sessions; s; s = s->next)
		if (s->port == p && s->client_size == from->msg_namelen && !memcmp(&s->client, from->msg_name, s->client_size))
			return s;
	if (session_count >= SESSIONS_MAX) drop_oldest();
	int fd = proxy_socket(SOCK_DGRAM);
	if (fd < 0) return NULL;
	struct session *s = xcalloc(1, sizeof *s);
	s->source = (struct source){.fd = fd, .ready = answer};
	s->port = p;
	s->client_size = from->msg_namelen;
	memcpy(&s->client, from->msg_name, s->client_size);
	if (!session_connect(s) || loop_want(&s->source, EPOLLIN) < 0) {
		(void)close(fd);
		free(s);
		return NULL;
	}
	s->next = sessions;
	sessions = s;
	session_count++;
	return s;
}

/* Keeps the local address of the client's datagram as the source of our answers; the interface is left to routing. */
static void remember_local(struct session *s, struct msghdr *from)
{
	s->control_size = 0;
	struct cmsghdr *c = CMSG_FIRSTHDR(from);
	if (!c || c->cmsg_len > sizeof s->control) return;
	memcpy(s->control, c, c->cmsg_len);
	struct cmsghdr *kept = (struct cmsghdr *)s->control;
	if (kept->cmsg_level == IPPROTO_IP && kept->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;
		memcpy(&info, CMSG_DATA(kept), sizeof info);
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(kept), &info, sizeof info);
		s->control_size = CMSG_SPACE(sizeof info);
	} else if (kept->cmsg_level == IPPROTO_IPV6 && kept->cmsg_type == IPV6_PKTINFO) {
		s->control_size = CMSG_SPACE(sizeof(struct in6_pktinfo));
	}
}

void udp_receive(struct source *listener, uint32_t events)
{
	(void)events;
	struct published *p = (struct published *)((char *)listener - offsetof(struct published, listener));
	struct sockaddr_storage client;
	memset(&client, 0, sizeof client);
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct iovec part = {.iov_base = datagram, .iov_len = sizeof datagram};
	struct msghdr message = {.msg_name = &client,
				 .msg_namelen = sizeof client,
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	ssize_t n = recvmsg(listener->fd, &message, 0);
	if (n < 0) return;
	struct session *s = session_for(p, &message);
	if (!s) return;
	s->used = now_ms();
	remember_local(s, &message);
	if (send(s->source.fd, datagram, (size_t)n, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED) {
		refused(s);
		(void)send(s->source.fd, datagram, (size_t)n, MSG_NOSIGNAL);
	}
}

int udp_expire(void)
{
	uint64_t now = now_ms();
	for (struct session **at = &sessions; *at;) {
		if (now - (*at)->used >= IDLE_MS) session_free(at);
		else at = &(*at)->next;
	}
	return sessions ? IDLE_MS / 3 : -1;
}

void udp_close(void)
{
	while (sessions) session_free(&sessions);
}
