/*
 * Verb `net`. A failure is one status line on stdout.
 *
 *   ensure-bridge NAME WORD...    the bridge with addresses and rules; ADDRESS/PREFIX of either family,
 *                                 internal, isolated, no-masquerade, mtu=N
 *   remove-bridge NAME
 *   connect PID INTERFACE...      an interface (net_interface.h) for the network namespace of a process that runs
 *   disconnect HOST               removes a pair by the name of the host's end
 *   route PID INTERFACE...        the default routes of an interface that is there
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net_interface.h"
#include "net_link.h"
#include "net_nft.h"
#include "netlink.h"
#include "status.h"
#include "util.h"
#include "verbs.h"

struct bridge_wish {
	struct nft_bridge rules;
	uint32_t mtu;
	size_t count;
	struct {
		struct net_address address;
		uint32_t prefix;
	} addresses[8];
};

static int check_name(const char *name, struct err *e)
{
	size_t length = strlen(name);
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	if (length == 0 || length >= IFNAMSIZ || name[0] == '.' || strspn(name, plain) != length)
		return fail_with(e, EINVAL, "bridge", "name %.100s", name);
	return 0;
}

/* ADDRESS/PREFIX */
static int take_address(struct bridge_wish *w, const char *word)
{
	char text[64];
	const char *slash = strchr(word, '/');
	if (!slash || (size_t)(slash - word) >= sizeof text || w->count == COUNT(w->addresses)) return -1;
	memcpy(text, word, (size_t)(slash - word));
	text[slash - word] = 0;
	uint32_t prefix;
	struct net_address *to = &w->addresses[w->count].address;
	if (net_parse_address(text, to) || parse_u32(slash + 1, &prefix) || prefix == 0 || prefix > to->size * 8) return -1;
	w->addresses[w->count++].prefix = prefix;
	return 0;
}

static int take_word(struct bridge_wish *w, const char *word)
{
	if (!strcmp(word, "internal")) w->rules.internal = true;
	else if (!strcmp(word, "isolated")) w->rules.isolated = true;
	else if (!strcmp(word, "no-masquerade")) w->rules.masquerade = false;
	else if (!strncmp(word, "mtu=", 4)) return parse_u32(word + 4, &w->mtu) || w->mtu > 65535 ? -1 : 0;
	else return take_address(w, word);
	return 0;
}

/* The only settings of the whole machine that are changed: without them nothing leaves a bridge. */
static int forward(int family, struct err *e)
{
	const char *path =
		family == AF_INET6 ? "/proc/sys/net/ipv6/conf/all/forwarding" : "/proc/sys/net/ipv4/ip_forward";
	char text[8];
	if (read_text_at(AT_FDCWD, path, text, sizeof text) > 0 && text[0] == '1') return 0;
	return write_text_at(AT_FDCWD, path, "1") ? fail(e, "bridge", "%s", path) : 0;
}

static int settle_address(int socket, const struct bridge_wish *w, size_t at, struct err *e)
{
	const char *name = w->rules.name;
	char path[96];
	struct net_address network = w->addresses[at].address;
	uint32_t prefix = w->addresses[at].prefix;
	if (network.family == AF_INET6) {
		(void)snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
		if (write_text_at(AT_FDCWD, path, "0")) return fail(e, "bridge", "%s", path);
		(void)snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
		if (write_text_at(AT_FDCWD, path, "0")) return fail(e, "bridge", "%s", path);
	}
	if (net_add_address(socket, name, &network, prefix)) return fail(e, "bridge", "%s: address", name);
	(void)net_mask(&network, prefix);
	return nft_guard(&w->rules, &network, prefix, e) || (!w->rules.internal && forward(network.family, e)) ? -1 : 0;
}

static int ensure_bridge(int argc, char **argv, struct err *e)
{
	struct bridge_wish w = {.rules = {.name = argv[0], .masquerade = true}};
	if (check_name(argv[0], e)) return -1;
	for (int i = 1; i < argc; i++)
		if (take_word(&w, argv[i])) return fail_with(e, EINVAL, "bridge", "%.100s", argv[i]);
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_make_bridge(socket, argv[0], w.mtu)) return fail(e, "bridge", "%s", argv[0]);
	for (size_t i = 0; i < w.count; i++)
		if (settle_address(socket, &w, i, e)) return -1;
	return net_set_up(socket, argv[0]) ? fail(e, "bridge", "%s: up", argv[0]) : 0;
}

static int remove_bridge(int argc, char **argv, struct err *e)
{
	(void)argc;
	if (check_name(argv[0], e)) return -1;
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_remove(socket, argv[0])) return fail(e, "bridge", "%s", argv[0]);
	return nft_forget(argv[0], e);
}

static int parse_target(int argc, char **argv, pid_t *pid, struct net_interface *interface, struct err *e)
{
	uint32_t number;
	if (parse_u32(argv[0], &number) || number == 0 || number > INT32_MAX)
		return fail_with(e, EINVAL, "network", "process %.40s", argv[0]);
	*pid = (pid_t)number;
	if (net_interface_parse(interface, (const char *const *)argv + 1, (size_t)argc - 1))
		return fail_with(e, EINVAL, "network", "interface %.40s", argv[1]);
	return 0;
}

static int enter_network(pid_t pid, struct err *e)
{
	char path[40];
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || setns(fd, CLONE_NEWNET) ? fail(e, "network", "%s", path) : 0;
}

static int connect_interface(int argc, char **argv, struct err *e)
{
	pid_t pid;
	struct net_interface interface;
	if (parse_target(argc, argv, &pid, &interface, e)) return -1;
	CLEANUP_CLOSE int procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int outside = netlink_open(NETLINK_ROUTE);
	if (procfs < 0 || outside < 0) return fail(e, "network", "socket");
	if (net_interface_attach(outside, &interface, pid, e) || enter_network(pid, e)) return -1;
	CLEANUP_CLOSE int inside = netlink_open(NETLINK_ROUTE);
	if (inside < 0) return fail(e, "network", "socket");
	if (!net_interface_configure(inside, procfs, &interface, e)) return 0;
	(void)net_remove(inside, interface.name);
	return -1;
}

static int disconnect_interface(int argc, char **argv, struct err *e)
{
	(void)argc;
	if (check_name(argv[0], e)) return -1;
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	return socket < 0 || net_remove(socket, argv[0]) ? fail(e, "network", "%s", argv[0]) : 0;
}

static int route_interface(int argc, char **argv, struct err *e)
{
	pid_t pid;
	struct net_interface interface;
	if (parse_target(argc, argv, &pid, &interface, e) || enter_network(pid, e)) return -1;
	CLEANUP_CLOSE int inside = netlink_open(NETLINK_ROUTE);
	if (inside < 0) return fail(e, "network", "socket");
	return net_interface_route(inside, &interface, e);
}

int net_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int min, max; /* words after the name */
		int (*run)(int argc, char **argv, struct err *e);
	} verbs[] = {
		{"ensure-bridge", 2, 16, ensure_bridge},
		{"remove-bridge", 1, 1, remove_bridge},
		{"connect", NET_INTERFACE_WORDS + 1, NET_INTERFACE_WORDS_MOST + 1, connect_interface},
		{"disconnect", 1, 1, disconnect_interface},
		{"route", NET_INTERFACE_WORDS + 1, NET_INTERFACE_WORDS_MOST + 1, route_interface},
	};
	struct err e;
	for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0 || argc - 2 < verbs[i].min || argc - 2 > verbs[i].max) continue;
		if (!verbs[i].run(argc - 2, argv + 2, &e)) return 0;
		status_error(STDOUT_FILENO, &e);
		return 1;
	}
	(void)fprintf(stderr, "usage: net ensure-bridge|remove-bridge|connect|disconnect|route ...\n");
	return 2;
}
