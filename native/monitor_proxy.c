/* Published ports: listeners in the host's network namespace, sockets in the container's. */
#include "monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "util.h"

#define FREE_PORT_ATTEMPTS 32

static struct published *ports;
static size_t port_count;
static int host_netns = -1, container_netns = -1;
static struct in_addr container_address;
/* `unreachable`: it has been taken off all networks. */
static bool has_address, unreachable;

static const char *address_text(const struct sockaddr_storage *a, char *out)
{
	const void *raw = a->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
						   : (const void *)&((const struct sockaddr_in *)a)->sin_addr;
	return inet_ntop(a->ss_family, raw, out, INET6_ADDRSTRLEN);
}

static in_port_t *port_field(struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)a)->sin6_port : &((struct sockaddr_in *)a)->sin_port;
}

static bool parse_port(const char *text, uint16_t *port)
{
	uint32_t value;
	if (!text || parse_u32(text, &value) || value > UINT16_MAX) return false;
	*port = (uint16_t)value;
	return true;
}

/* PORT or PORT-LAST */
static bool parse_range(char *text, uint16_t *first, uint16_t *last)
{
	char *dash = text ? strchr(text, '-') : NULL;
	if (dash) *dash++ = 0;
	if (!parse_port(text, first)) return false;
	*last = *first;
	return !dash || (parse_port(dash, last) && *first > 0 && *first <= *last);
}

bool proxy_add(const char *text)
{
	char copy[128], *rest = copy;
	if (port_count >= PUBLISHED_MAX || strlen(text) >= sizeof copy) return false;
	memcpy(copy, text, strlen(text) + 1);
	const char *protocol = strsep(&rest, ","), *address = strsep(&rest, ",");
	char *host_port = strsep(&rest, ",");
	const char *container_port = strsep(&rest, ",");
	struct published p = {.listener = {.fd = -1}};
	uint16_t listen_port;
	if (!container_port || rest || !parse_range(host_port, &listen_port, &p.last_port) ||
	    !parse_port(container_port, &p.container_port))
		return false;
	p.udp = !strcmp(protocol, "udp");
	if (!p.udp && strcmp(protocol, "tcp")) return false;
	if (inet_pton(AF_INET, address, &((struct sockaddr_in *)&p.host)->sin_addr) == 1) p.host.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, address, &((struct sockaddr_in6 *)&p.host)->sin6_addr) == 1) p.host.ss_family = AF_INET6;
	else return false;
	*port_field(&p.host) = htons(listen_port);
	ports = xrealloc(ports, (port_count + 1) * sizeof *ports);
	ports[port_count++] = p;
	return true;
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
static bool is_twin(size_t i)
{
	if (i == 0 || ports[i].host.ss_family != AF_INET6 || ports[i - 1].host.ss_family != AF_INET) return false;
	const struct published *a = &ports[i - 1], *b = &ports[i];
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a->host;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&b->host;
	return four->sin_addr.s_addr == INADDR_ANY && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr) && a->udp == b->udp &&
	       a->container_port == b->container_port && (six->sin6_port == 0 || six->sin6_port == four->sin_port);
}

/* Binds ports[i], and its twin to the same port. */
static int bind_pair(size_t i, bool pair)
{
	if (bind_one(&ports[i]) < 0) return -1;
	if (!pair) return 0;
	*port_field(&ports[i + 1].host) = *port_field(&ports[i].host);
	if (bind_one(&ports[i + 1]) == 0 || errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) return 0;
	int number = errno;
	(void)close(ports[i].listener.fd);
	ports[i].listener.fd = -1;
	errno = number;
	return -1;
}

/* Binds ports[i] and its twin; a port chosen by the kernel, or of a range, must be free for both. */
static int bind_group(size_t i, size_t *next)
{
	bool pair = i + 1 < port_count && is_twin(i + 1);
	uint16_t first = ntohs(*port_field(&ports[i].host));
	int choices = first ? ports[i].last_port - first + 1 : FREE_PORT_ATTEMPTS;
	*next = i + 1 + pair;
	for (int choice = 0; choice < choices; choice++) {
		*port_field(&ports[i].host) = htons((uint16_t)(first ? first + choice : 0));
		if (bind_pair(i, pair) == 0) return 0;
		if (errno != EADDRINUSE) return -1;
	}
	*port_field(&ports[i].host) = htons(first);
	return -1;
}

int proxy_listen(const char **which)
{
	static char text[96];
	for (size_t i = 0; i < port_count;) {
		size_t at = i;
		if (bind_group(i, &i) == 0) continue;
		char address[INET6_ADDRSTRLEN];
		int number = errno;
		(void)snprintf(text, sizeof text, "%s %s %d", ports[at].udp ? "udp" : "tcp",
			       address_text(&ports[at].host, address), ntohs(*port_field(&ports[at].host)));
		*which = text;
		errno = number;
		return -1;
	}
	return 0;
}

int proxy_record(int dirfd)
{
	CLEANUP_FREE char *text = xmalloc(port_count * 96 + 1);
	size_t length = 0;
	for (size_t i = 0; i < port_count; i++) {
		char address[INET6_ADDRSTRLEN];
		if (ports[i].listener.fd < 0) continue;
		length += (size_t)sprintf(text + length, "%s %s %d %d\n", ports[i].udp ? "udp" : "tcp",
					  address_text(&ports[i].host, address), ntohs(*port_field(&ports[i].host)),
					  ports[i].container_port);
	}
	return state_write(dirfd, "ports", text, length);
}

int proxy_serve(int netns, const char *address)
{
	if (container_netns >= 0) (void)close(container_netns);
	container_netns = netns;
	has_address = address && inet_pton(AF_INET, address, &container_address) == 1;
	unreachable = false;
	if (port_count == 0) return 0;
	if (host_netns < 0) host_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (host_netns < 0) return -1;
	for (size_t i = 0; i < port_count; i++)
		if (ports[i].listener.fd >= 0 && loop_want(&ports[i].listener, EPOLLIN) < 0) return -1;
	return 0;
}

void proxy_pause(void)
{
	udp_close();
	tcp_close();
	for (size_t i = 0; i < port_count; i++)
		if (ports[i].listener.fd >= 0) (void)loop_want(&ports[i].listener, 0);
	if (container_netns >= 0) (void)close(container_netns);
	container_netns = -1;
}

void proxy_close(void)
{
	proxy_pause();
	for (size_t i = 0; i < port_count; i++) {
		if (ports[i].listener.fd < 0) continue;
		(void)loop_want(&ports[i].listener, 0);
		(void)close(ports[i].listener.fd);
	}
	free(ports);
	ports = NULL;
	port_count = 0;
}

/* Whether the address is one of this namespace. */
static bool is_here(const struct in_addr *address)
{
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = *address};
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

/* The address of the first interface that is up and not `lo`. */
static bool first_address(struct in_addr *out)
{
	struct ifaddrs *all = NULL;
	bool found = false;
	if (getifaddrs(&all) < 0) return false;
	for (struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
		if ((one->ifa_flags & IFF_LOOPBACK) || !(one->ifa_flags & IFF_UP)) continue;
		*out = ((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
		found = true;
	}
	freeifaddrs(all);
	return found;
}

void proxy_look(void)
{
	if (port_count == 0 || container_netns < 0 || setns(container_netns, CLONE_NEWNET) < 0) return;
	if (!has_address || !is_here(&container_address)) {
		has_address = first_address(&container_address);
		unreachable = !has_address;
	}
	if (setns(host_netns, CLONE_NEWNET) < 0) _exit(70);
}

int proxy_socket(int type)
{
	/* A socket belongs to the namespace it was made in, so the visit can be short. */
	if (setns(container_netns, CLONE_NEWNET) < 0) return -1;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), number = errno;
	if (setns(host_netns, CLONE_NEWNET) < 0) _exit(70);
	errno = number;
	return fd;
}

bool proxy_target(int attempt, uint16_t port, struct sockaddr_in *target)
{
	/* Servers listen on all addresses as a rule; one bound to loopback only is reached by the second attempt. */
	*target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	if (has_address && attempt == 0) target->sin_addr = container_address;
	else target->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return !unreachable && attempt < (has_address ? 2 : 1);
}
