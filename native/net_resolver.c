#include "net_resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_nft_rule.h"
#include "util.h"

static int opened_udp = -1, opened_tcp = -1;

static void forget(int *fd)
{
	if (*fd >= 0) (void)close(*fd);
	*fd = -1;
}

/* A socket at a free port of the server's address; the port is said in *port. */
static int open_socket(int type, uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof at;
	(void)inet_pton(AF_INET, "127.0.0.11", &at.sin_addr);
	CLEANUP_CLOSE int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || (type == SOCK_STREAM && listen(fd, 64))) return -1;
	if (getsockname(fd, (struct sockaddr *)&at, &size)) return -1;
	*port = ntohs(at.sin_port);
	return steal_fd(&fd);
}

static int lead_here(uint16_t udp, uint16_t tcp, struct err *e)
{
	enum { PRIORITY_TARGET_NAT = -100, PORT = 53 };
	struct nft n;
	struct net_address server;
	(void)net_parse_address("127.0.0.11", &server);
	nft_begin(&n, AF_INET);
	nft_make_table(&n);
	nft_make_chain(&n, "resolver", "nat", NF_INET_LOCAL_OUT, (uint32_t)PRIORITY_TARGET_NAT);
	for (int i = 0; i < 2; i++) {
		nft_begin_rule(&n, "resolver");
		nft_match_network(&n, NFT_FIELD_TARGET, &server, 32);
		nft_match_port(&n, i ? IPPROTO_TCP : IPPROTO_UDP, PORT);
		nft_redirect(&n, &server, i ? tcp : udp);
		nft_end_rule(&n);
	}
	return nft_commit(&n, "resolver", e);
}

static int open_inside(struct err *e)
{
	uint16_t udp, tcp;
	forget(&opened_udp);
	forget(&opened_tcp);
	/* Before lo is up its addresses are nobody's, and answers would come from another one. */
	CLEANUP_CLOSE int netlink = netlink_open(NETLINK_ROUTE);
	if (netlink < 0 || net_set_up(netlink, "lo")) return fail(e, "network", "lo");
	opened_udp = open_socket(SOCK_DGRAM, &udp);
	opened_tcp = opened_udp < 0 ? -1 : open_socket(SOCK_STREAM, &tcp);
	if (opened_tcp < 0) return fail(e, "network", "name server");
	return lead_here(udp, tcp, e);
}

int resolver_open(pid_t pid, struct err *e)
{
	char path[40];
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	CLEANUP_CLOSE int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int inside = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0 || inside < 0 || setns(inside, CLONE_NEWNET)) return fail(e, "network", "%s", path);
	int result = open_inside(e);
	if (setns(home, CLONE_NEWNET)) _exit(70);
	return result;
}

void resolver_take(int *udp, int *tcp)
{
	*udp = opened_udp;
	*tcp = opened_tcp;
	opened_udp = opened_tcp = -1;
}

int resolver_socket(int netns, int family, int type)
{
	CLEANUP_CLOSE int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(netns, CLONE_NEWNET)) return -1;
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), number = errno;
	if (setns(home, CLONE_NEWNET)) _exit(70);
	errno = number;
	return fd;
}
