/* Interfaces, addresses and routes through rtnetlink. `socket` is of the namespace that is changed. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct net_address {
	int family; /* AF_INET, AF_INET6 */
	size_t size;
	uint8_t bytes[16]; /* network order */
};

/* "10.88.0.5", "fd00::5". -1 with EINVAL. */
int net_parse_address(const char *text, struct net_address *address);
/* Zeroes what is not of the network. False when the prefix is longer than the address. */
int net_mask(struct net_address *address, uint32_t prefix);
/* "02:42:0a:58:00:05" -> bytes. -1 with EINVAL. */
int net_parse_mac(const char *text, uint8_t mac[6]);

/* A pair: `host` enslaved to `bridge` and up, `name` (with mac, or NULL) in the network namespace of `pid`. */
struct net_veth {
	const char *host, *bridge, *name;
	const uint8_t *mac;
	uint32_t mtu; /* 0: the kernel's */
	pid_t pid;
};
int net_make_veth(int socket, const struct net_veth *veth);
int net_make_bridge(int socket, const char *name, uint32_t mtu); /* exists already: fine */
/* No frames between this port of a bridge and the others that are isolated. */
int net_isolate_port(int socket, const char *name);
int net_set_up(int socket, const char *name);
int net_add_address(int socket, const char *name, const struct net_address *address, uint32_t prefix); /* exists already: fine */
/* Takes the place of the default route of its family. */
int net_default_route(int socket, const char *name, const struct net_address *gateway);
int net_remove(int socket, const char *name); /* absent: fine */
