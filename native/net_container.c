#include "net_container.h"

#include <linux/sched.h>

#include "net_interface.h"
#include "net_link.h"
#include "net_resolver.h"
#include "netlink.h"
#include "sys.h"
#include "util.h"

int net_attach(const struct request *r, pid_t pid, struct err *e)
{
	const struct request_network *n = &r->network;
	if (n->resolver && resolver_open(pid, e)) return -1;
	if (n->interface_count == 0) return 0;
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0) return fail(e, "network", "socket");
	for (size_t i = 0; i < n->interface_count; i++)
		if (net_interface_attach(socket, &n->interfaces[i], pid, e)) return -1;
	return 0;
}

void net_detach(const struct request *r)
{
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	for (size_t i = 0; socket >= 0 && i < r->network.interface_count; i++)
		(void)net_remove(socket, r->network.interfaces[i].host);
}

int net_configure(struct setup *s, struct err *e)
{
	const struct request_network *n = &s->request->network;
	if (!(s->request->namespaces & CLONE_NEWNET)) return 0;
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_set_up(socket, "lo")) return fail(e, "network", "lo");
	if (n->interface_count && procfs_open(s, e)) return -1;
	for (size_t i = 0; i < n->interface_count; i++)
		if (net_interface_configure(socket, s->procfs, &n->interfaces[i], e)) return -1;
	return 0;
}
