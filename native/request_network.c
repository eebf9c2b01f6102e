/* Operations about the network. */
#include <string.h>

#include "request_ops.h"

int request_apply_network(struct request *r, const struct operation *op)
{
	struct request_network *n = &r->network;
	const char *kind = op->argv[1];
	if (!strcmp(kind, "host") || !strcmp(kind, "none")) {
		n->kind = *kind == 'h' ? NETWORK_HOST : NETWORK_NONE;
		return op->argc != 2;
	}
	if (!strcmp(kind, "path")) {
		n->kind = NETWORK_PATH;
		n->path = op->argv[2];
		return op->argc != 3;
	}
	n->kind = NETWORK_BRIDGE;
	return strcmp(kind, "bridge") != 0 || op->argc != 2;
}

int request_apply_interface(struct request *r, const struct operation *op)
{
	struct request_network *n = &r->network;
	struct net_interface new;
	if (n->kind != NETWORK_BRIDGE || net_interface_parse(&new, (const char *const *)op->argv + 1, op->argc - 1)) return -1;
	n->interfaces = request_grow(n->interfaces, n->interface_count, sizeof new);
	n->interfaces[n->interface_count++] = new;
	if (!n->host_interface) n->host_interface = new.host;
	/* The one with the default route is the one that others reach it by. */
	if (new.address4 && (!n->address || new.gateway4)) n->address = new.address4;
	return 0;
}
