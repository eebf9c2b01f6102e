/* Interfaces, addresses and routes through rtnetlink. `socket` is of the namespace that is changed. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

/* "10.88.0.5" -> network order. -1 with EINVAL. */
int net_parse_address(const char *text, uint32_t *address);
/* "02:42:0a:58:00:05" -> bytes. -1 with EINVAL. */
int net_parse_mac(const char *text, uint8_t mac[6]);

/* A pair: `host` enslaved to `bridge` and up, eth0 (with mac, or NULL) in the network namespace of `pid`. */
int net_make_veth(int socket, const char *host, const char *bridge, pid_t pid, const uint8_t *mac);
int net_make_bridge(int socket, const char *name); /* exists already: fine */
int net_set_up(int socket, const char *name);
int net_add_address(int socket, const char *name, uint32_t address, uint32_t prefix); /* exists already: fine */
int net_add_default_route(int socket, const char *name, uint32_t gateway);
int net_remove(int socket, const char *name); /* absent: fine */
