/* An interface of a container: one end of a veth pair, whose other end is a port of a bridge. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* Texts are NULL where there is none. With a gateway the interface has the default route of that family. */
struct net_interface {
	const char *name, *bridge, *host; /* eth0; and on the host's side the bridge and the other end */
	const char *mac, *address4, *gateway4, *address6, *gateway6;
	uint32_t prefix4, prefix6, mtu; /* mtu 0: the kernel's */
	bool isolated;                  /* from the other ports of the bridge */
	const char *more;               /* further addresses: ADDRESS/PREFIX, with commas between them */
	const char *settings;           /* of the kernel: ipv4/conf/IFNAME/KEY=VALUE, with commas between them */
};

enum { NET_INTERFACE_WORDS = 12, NET_INTERFACE_WORDS_MOST = 14 };

/*
 * NAME BRIDGE HOST MAC ADDRESS4 PREFIX4 GATEWAY4 ADDRESS6 PREFIX6 GATEWAY6 MTU ISOLATED [MORE [SETTINGS]]; empty is
 * none, numbers are then 0. -1 when malformed. The texts are not copied.
 */
int net_interface_parse(struct net_interface *out, const char *const *words, size_t count);

/* On the host's side: the pair, with the container's end in the network namespace of `pid`. */
int net_interface_attach(int socket, const struct net_interface *interface, pid_t pid, struct err *e);
/* In that namespace: addresses, up, routes. `procfs` is the root of a proc file system. */
int net_interface_configure(int socket, int procfs, const struct net_interface *interface, struct err *e);
/* Only the default routes, instead of those that are there. */
int net_interface_route(int socket, const struct net_interface *interface, struct err *e);
