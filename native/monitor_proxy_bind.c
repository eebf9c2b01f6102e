/* Published ports: taking a port of the host, of one family or of both. */
#include "monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "util.h"

#define FREE_PORT_ATTEMPTS 32

in_port_t *published_port(struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)a)->sin6_port : &((struct sockaddr_in *)a)->sin_port;
}

static int bind_one(struct published *p)
{
	int type = (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, on = 1;
	CLEANUP_CLOSE int fd = socket(p->host.ss_family, type, 0);
	if (fd < 0) return -1;
	bool v6 = p->host.ss_family == AF_INET6;
	if (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) return -1;
	if (!p->udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) return -1;
	/* Replies leave from the address that was asked. */
	if (p->udp && setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on) < 0)
		return -1;
	socklen_t length = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (bind(fd, (struct sockaddr *)&p->host, length) < 0 || (!p->udp && listen(fd, SOMAXCONN) < 0)) return -1;
	if (getsockname(fd, (struct sockaddr *)&p->host, &length) < 0) return -1;
	p->listener = (struct source){.fd = steal_fd(&fd), .ready = p->udp ? udp_receive : tcp_accept};
	return 0;
}

/* The IPv6 wildcard beside an IPv4 one of the same mapping: it takes the same port, and a host without IPv6 does without. */
static bool is_twin(const struct published *ports, size_t i)
{
	if (i == 0 || ports[i].host.ss_family != AF_INET6 || ports[i - 1].host.ss_family != AF_INET) return false;
	const struct published *a = &ports[i - 1], *b = &ports[i];
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a->host;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&b->host;
	return four->sin_addr.s_addr == INADDR_ANY && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr) && a->udp == b->udp &&
	       a->container_port == b->container_port && (six->sin6_port == 0 || six->sin6_port == four->sin_port);
}

/* Binds ports[i], and its twin to the same port. */
static int bind_pair(struct published *ports, size_t i, bool pair)
{
	if (bind_one(&ports[i]) < 0) return -1;
	if (!pair) return 0;
	*published_port(&ports[i + 1].host) = *published_port(&ports[i].host);
	if (bind_one(&ports[i + 1]) == 0 || errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) return 0;
	int number = errno;
	(void)close(ports[i].listener.fd);
	ports[i].listener.fd = -1;
	errno = number;
	return -1;
}

int published_bind(struct published *ports, size_t count, size_t i, size_t *next)
{
	bool pair = i + 1 < count && is_twin(ports, i + 1);
	uint16_t first = ntohs(*published_port(&ports[i].host));
	int choices = first ? ports[i].last_port - first + 1 : FREE_PORT_ATTEMPTS;
	*next = i + 1 + pair;
	for (int choice = 0; choice < choices; choice++) {
		*published_port(&ports[i].host) = htons((uint16_t)(first ? first + choice : 0));
		if (bind_pair(ports, i, pair) == 0) return 0;
		if (errno != EADDRINUSE) return -1;
	}
	*published_port(&ports[i].host) = htons(first);
	return -1;
}
