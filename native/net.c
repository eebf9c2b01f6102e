/* Verb `net`: ensure-bridge NAME ADDRESS PREFIX | remove-bridge NAME. A failure is one status line on stdout. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "net_link.h"
#include "net_nft.h"
#include "netlink.h"
#include "status.h"
#include "util.h"
#include "verbs.h"

static int check_name(const char *name, struct err *e)
{
	size_t length = strlen(name);
	if (length == 0 || length >= IFNAMSIZ || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != length)
		return fail_with(e, EINVAL, "bridge", "name %.100s", name);
	return 0;
}

static int ensure_bridge(const char *name, const char *address, const char *prefix, struct err *e)
{
	uint32_t bits, ip;
	if (check_name(name, e)) return -1;
	if (parse_u32(prefix, &bits) || bits == 0 || bits > 30 || net_parse_address(address, &ip))
		return fail_with(e, EINVAL, "bridge", "%s/%s", address, prefix);
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_make_bridge(socket, name)) return fail(e, "bridge", "%s", name);
	if (net_add_address(socket, name, ip, bits)) return fail(e, "bridge", "%s: address %s", name, address);
	if (net_set_up(socket, name)) return fail(e, "bridge", "%s: up", name);
	if (write_text_at(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", "1"))
		return fail(e, "bridge", "/proc/sys/net/ipv4/ip_forward");
	return nft_masquerade(name, ip & htonl(~0u << (32 - bits)), bits, e);
}

static int remove_bridge(const char *name, struct err *e)
{
	if (check_name(name, e)) return -1;
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_ROUTE);
	if (socket < 0 || net_remove(socket, name)) return fail(e, "bridge", "%s", name);
	return nft_forget(name, e);
}

int net_main(int argc, char **argv)
{
	struct err e;
	int result;
	if (argc == 5 && !strcmp(argv[1], "ensure-bridge"))
		result = ensure_bridge(argv[2], argv[3], argv[4], &e);
	else if (argc == 3 && !strcmp(argv[1], "remove-bridge"))
		result = remove_bridge(argv[2], &e);
	else {
		(void)fprintf(stderr, "usage: net ensure-bridge NAME ADDRESS PREFIX | remove-bridge NAME\n");
		return 2;
	}
	if (result) status_error(STDOUT_FILENO, &e);
	return result ? 1 : 0;
}
