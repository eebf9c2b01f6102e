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

int net_interface_parse(struct net_interface *out, const char *const *words, size_t count)
{
	if (count < NET_INTERFACE_WORDS || count > NET_INTERFACE_WORDS_MOST) return -1;
	*out = (struct net_interface){.name = words[0],
				      .bridge = words[1],
				      .host = words[2],
				      .mac = text_or_null(words[3]),
				      .address4 = text_or_null(words[4]),
				      .gateway4 = text_or_null(words[6]),
				      .address6 = text_or_null(words[7]),
				      .gateway6 = text_or_null(words[9]),
				      .isolated = *words[11] == '1',
				      .more = count > 12 ? text_or_null(words[12]) : NULL,
				      .settings = count > 13 ? text_or_null(words[13]) : NULL};
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

static int write_at(int procfs, const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = sys_openat2(procfs, path, O_WRONLY,
					   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	size_t size = strlen(text);
	return fd < 0 || write(fd, text, size) != (ssize_t)size ? -1 : 0;
}

static int write_setting(int procfs, const struct net_interface *i, const char *key, const char *text, struct err *e)
{
	char path[96];
	(void)snprintf(path, sizeof path, "sys/net/ipv6/conf/%s/%s", i->name, key);
	/* ENOENT: a kernel without IPv6 */
	return write_at(procfs, path, text) && errno != ENOENT ? fail(e, "network", "%s", path) : 0;
}

/* ipv4/conf/IFNAME/KEY=VALUE */
static int apply_setting(int procfs, const struct net_interface *i, char *word, struct err *e)
{
	static const char placeholder[] = "/IFNAME/";
	char path[200], *value = strchr(word, '=');
	if (value) *value++ = 0;
	char *key = strstr(word, placeholder);
	if (!value || !key) return fail_with(e, EINVAL, "network", "setting %.100s", word);
	*key = 0;
	int length = snprintf(path, sizeof path, "sys/net/%s/%s/%s", word, i->name, key + strlen(placeholder));
	if (length < 0 || (size_t)length >= sizeof path) return fail_with(e, ENAMETOOLONG, "network", "setting %.100s", word);
	return write_at(procfs, path, value) ? fail(e, "network", "%s", path) : 0;
}

static int apply_settings(int procfs, const struct net_interface *i, struct err *e)
{
	CLEANUP_FREE char *copy = xstrdup(i->settings ? i->settings : "");
	for (char *rest = copy, *word; (word = strsep(&rest, ","));)
		if (*word && apply_setting(procfs, i, word, e)) return -1;
	return 0;
}

/* A router advertisement of a neighbour must not bring an address or a route (CVE-2020-13401). */
static int settle_ipv6(int procfs, const struct net_interface *i, struct err *e)
{
	bool wanted = i->address6 || (i->more && strchr(i->more, ':'));
	return write_setting(procfs, i, "accept_ra", "0", e) ||
		       write_setting(procfs, i, "disable_ipv6", wanted ? "0" : "1", e)
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

static int add_more(int socket, const struct net_interface *i, struct err *e)
{
	CLEANUP_FREE char *copy = xstrdup(i->more ? i->more : "");
	for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
		uint32_t prefix;
		if (!*word) continue;
		char *slash = strchr(word, '/');
		if (slash) *slash++ = 0;
		if (!slash || parse_number(slash, 128, &prefix)) return fail_with(e, EINVAL, "network", "address %.60s", word);
		if (add_address(socket, i, word, prefix, e)) return -1;
	}
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
	    add_address(socket, i, i->address6, i->prefix6, e) || add_more(socket, i, e) ||
	    apply_settings(procfs, i, e))
		return -1;
	if (net_set_up(socket, i->name)) return fail(e, "network", "%s: up", i->name);
	return net_interface_route(socket, i, e);
}

int net_interface_route(int socket, const struct net_interface *i, struct err *e)
{
	return add_route(socket, i, i->gateway4, e) || add_route(socket, i, i->gateway6, e) ? -1 : 0;
}
