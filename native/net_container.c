#include "net_container.h"

#include <errno.h>
#include <linux/sched.h>

#include "net_link.h"
#include "netlink.h"
#include "sys.h"
#include "util.h"

int net_attach(const struct request *r, pid_t pid, struct err *e)
{
	const struct request_network *n = &r->network;
	uint8_t mac[6];
	if (n->kind != NETWORK_BRIDGE) return 0;
	if (n->mac && net_parse_mac(n->mac, mac)) return fail(e, "network", "hardware address %s", n->mac);
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_make_veth(socket, n->host_interface, n->bridge, pid, n->mac ? mac : NULL))
		return fail(e, "network", "%s on %s", n->host_interface, n->bridge);
	return 0;
}

/* There are no IPv6 addresses to have: a router advertisement of a neighbour must not bring one (CVE-2020-13401). */
static int refuse_ipv6(struct setup *s, struct err *e)
{
	if (procfs_open(s, e)) return -1;
	static const char *const keys[] = {"sys/net/ipv6/conf/eth0/accept_ra", "sys/net/ipv6/conf/eth0/disable_ipv6"};
	static const char *const values[] = {"0", "1"};
	for (size_t i = 0; i < COUNT(keys); i++)
		if (procfs_write(s, keys[i], values[i]) && errno != ENOENT) return fail(e, "network", "%s", keys[i]);
	return 0;
}

static int configure_bridge(struct setup *s, int socket, struct err *e)
{
	const struct request_network *n = &s->request->network;
	uint32_t address, gateway;
	if (net_parse_address(n->address, &address) || net_parse_address(n->gateway, &gateway))
		return fail(e, "network", "address %s, gateway %s", n->address, n->gateway);
	if (refuse_ipv6(s, e)) return -1;
	if (net_add_address(socket, "eth0", address, n->prefix) || net_set_up(socket, "eth0"))
		return fail(e, "network", "eth0 %s/%u", n->address, n->prefix);
	if (net_add_default_route(socket, "eth0", gateway)) return fail(e, "network", "route to %s", n->gateway);
	return 0;
}

int net_configure(struct setup *s, struct err *e)
{
	if (!(s->request->namespaces & CLONE_NEWNET)) return 0;
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_set_up(socket, "lo")) return fail(e, "network", "lo");
	return s->request->network.kind == NETWORK_BRIDGE ? configure_bridge(s, socket, e) : 0;
}
