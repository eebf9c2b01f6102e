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
	*published_port(&p.host) = htons(listen_port);
	ports = xrealloc(ports, (port_count + 1) * sizeof *ports);
	ports[port_count++] = p;
	return true;
}

int proxy_listen(const char **which)
{
	static char text[96];
	for (size_t i = 0; i < port_count;) {
		size_t at = i;
		if (published_bind(ports, port_count, i, &i) == 0) continue;
		char address[INET6_ADDRSTRLEN];
		int number = errno;
		(void)snprintf(text, sizeof text, "%s %s %d", ports[at].udp ? "udp" : "tcp",
			       address_text(&ports[at].host, address), ntohs(*published_port(&ports[at].host)));
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
					  address_text(&ports[i].host, address), ntohs(*published_port(&ports[i].host)),
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
