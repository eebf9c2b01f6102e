#include "net_interface.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "net_link.h"
#include "sys.h"
#include "util.h"

static const char *text_or_null(const char *word) { return *word ? word : NULL; }

static int parse_number(const char *word, uint32_t max, uint32_t *out)
{
	return parse_u32(*word ? word : "0", out) || *out > max ? -1 : 0;
}

/* It becomes a part of paths below /proc. */
static bool is_interface_name(const char *name)
{
	size_t length = strlen(name);
	return length > 0 && length < IFNAMSIZ && name[0] != '.' && !strpbrk(name, "/ \t\n%");
}

int net_interface_parse(struct net_interface *out, const char *const *words)
{
	*out = (struct net_interface){.name = words[0],
				      .bridge = words[1],
				      .host = words[2],
				      .mac = text_or_null(words[3]),
				      .address4 = text_or_null(words[4]),
				      .gateway4 = text_or_null(words[6]),
				      .address6 = text_or_null(words[7]),
				      .gateway6 = text_or_null(words[9]),
				      .isolated = *words[11] == '1'};
	if (!is_interface_name(out->name) || !is_interface_name(out->bridge) || !is_interface_name(out->host)) return -1;
	if (parse_number(words[5], 32, &out->prefix4) || parse_number(words[8], 128, &out->prefix6)) return -1;
	return parse_number(words[10], 65535, &out->mtu);
}

int net_interface_attach(int socket, const struct net_interface *i, pid_t pid, struct err *e)
{
	uint8_t mac[6];
	if (i->mac && net_parse_mac(i->mac, mac)) return fail(e, "network", "hardware address %s", i->mac);
	const struct net_veth veth = {.host = i->host,
				      .bridge = i->bridge,
				      .name = i->name,
				      .mac = i->mac ? mac : NULL,
				      .mtu = i->mtu,
				      .pid = pid};
	if (net_make_veth(socket, &veth)) return fail(e, "network", "%s on %s", i->host, i->bridge);
	if (i->isolated && net_isolate_port(socket, i->host)) return fail(e, "network", "%s: isolate", i->host);
	return 0;
}

static int write_setting(int procfs, const struct net_interface *i, const char *key, const char *text, struct err *e)
{
	char path[96];
	(void)snprintf(path, sizeof path, "sys/net/ipv6/conf/%s/%s", i->name, key);
	CLEANUP_CLOSE int fd = sys_openat2(procfs, path, O_WRONLY,
					   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (fd < 0 && errno == ENOENT) return 0; /* a kernel without IPv6 */
	size_t size = strlen(text);
	return fd < 0 || write(fd, text, size) != (ssize_t)size ? fail(e, "network", "%s", path) : 0;
}

/* A router advertisement of a neighbour must not bring an address or a route (CVE-2020-13401). */
static int settle_ipv6(int procfs, const struct net_interface *i, struct err *e)
{
	return write_setting(procfs, i, "accept_ra", "0", e) ||
		       write_setting(procfs, i, "disable_ipv6", i->address6 ? "0" : "1", e)
		       ? -1
		       : 0;
}

static int add_address(int socket, const struct net_interface *i, const char *text, uint32_t prefix, struct err *e)
{
	struct net_address address;
	if (!text) return 0;
	if (net_parse_address(text, &address) || net_add_address(socket, i->name, &address, prefix))
		return fail(e, "network", "%s %s/%u", i->name, text, prefix);
	return 0;
}

static int add_route(int socket, const struct net_interface *i, const char *text, struct err *e)
{
	struct net_address gateway;
	if (!text) return 0;
	if (net_parse_address(text, &gateway) || net_default_route(socket, i->name, &gateway))
		return fail(e, "network", "route to %s", text);
	return 0;
}

int net_interface_configure(int socket, int procfs, const struct net_interface *i, struct err *e)
{
	if (settle_ipv6(procfs, i, e) || add_address(socket, i, i->address4, i->prefix4, e) ||
	    add_address(socket, i, i->address6, i->prefix6, e))
		return -1;
	if (net_set_up(socket, i->name)) return fail(e, "network", "%s: up", i->name);
	return net_interface_route(socket, i, e);
}

int net_interface_route(int socket, const struct net_interface *i, struct err *e)
{
	return add_route(socket, i, i->gateway4, e) || add_route(socket, i, i->gateway6, e) ? -1 : 0;
}
