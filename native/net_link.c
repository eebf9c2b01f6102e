#include "net_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

int net_parse_address(const char *text, uint32_t *address)
{
	struct in_addr parsed;
	if (inet_pton(AF_INET, text, &parsed) == 1) {
		*address = parsed.s_addr;
		return 0;
	}
	errno = EINVAL;
	return -1;
}

int net_parse_mac(const char *text, uint8_t mac[6])
{
	unsigned b[6];
	int end = 0;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) == 6 &&
	    text[end] == 0) {
		for (int i = 0; i < 6; i++) mac[i] = (uint8_t)b[i];
		return 0;
	}
	errno = EINVAL;
	return -1;
}

/* The index, or -1 with errno; the C library's answer is for this process's own namespace, as is the socket's. */
static int index_of(const char *name)
{
	unsigned index = if_nametoindex(name);
	return index ? (int)index : -1;
}

int net_make_veth(int socket, const char *host, const char *bridge, pid_t pid, const uint8_t *mac)
{
	struct netlink n = {0};
	int master = index_of(bridge);
	if (master < 0) return -1;
	struct ifinfomsg link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, peer = {0};
	netlink_begin(&n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &link, sizeof link);
	netlink_attr_text(&n, IFLA_IFNAME, host);
	netlink_attr_u32(&n, IFLA_MASTER, (uint32_t)master);
	size_t info = netlink_nest(&n, IFLA_LINKINFO);
	netlink_attr_text(&n, IFLA_INFO_KIND, "veth");
	size_t specific = netlink_nest(&n, IFLA_INFO_DATA);
	size_t other = netlink_nest(&n, VETH_INFO_PEER);
	netlink_append(&n, &peer, sizeof peer);
	netlink_attr_text(&n, IFLA_IFNAME, "eth0");
	netlink_attr_u32(&n, IFLA_NET_NS_PID, (uint32_t)pid);
	if (mac) netlink_attr(&n, IFLA_ADDRESS, mac, 6);
	netlink_unnest(&n, other);
	netlink_unnest(&n, specific);
	netlink_unnest(&n, info);
	netlink_end(&n);
	return netlink_send(socket, &n);
}

int net_make_bridge(int socket, const char *name)
{
	struct netlink n = {0};
	struct ifinfomsg link = {0};
	netlink_begin(&n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &link, sizeof link);
	netlink_attr_text(&n, IFLA_IFNAME, name);
	size_t info = netlink_nest(&n, IFLA_LINKINFO);
	netlink_attr_text(&n, IFLA_INFO_KIND, "bridge");
	netlink_unnest(&n, info);
	netlink_end(&n);
	return netlink_send(socket, &n) && errno != EEXIST ? -1 : 0;
}

int net_set_up(int socket, const char *name)
{
	struct netlink n = {0};
	int index = index_of(name);
	if (index < 0) return -1;
	struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	netlink_begin(&n, RTM_NEWLINK, NLM_F_ACK, &link, sizeof link);
	netlink_end(&n);
	return netlink_send(socket, &n);
}

int net_add_address(int socket, const char *name, uint32_t address, uint32_t prefix)
{
	struct netlink n = {0};
	int index = index_of(name);
	if (index < 0) return -1;
	if (prefix > 32) {
		errno = EINVAL;
		return -1;
	}
	uint32_t mask = prefix ? htonl(~0u << (32 - prefix)) : 0, broadcast = address | ~mask;
	struct ifaddrmsg header = {
		.ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = (uint32_t)index};
	netlink_begin(&n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header, sizeof header);
	netlink_attr(&n, IFA_LOCAL, &address, 4);
	netlink_attr(&n, IFA_ADDRESS, &address, 4);
	if (prefix < 31) netlink_attr(&n, IFA_BROADCAST, &broadcast, 4);
	netlink_end(&n);
	return netlink_send(socket, &n) && errno != EEXIST ? -1 : 0;
}

int net_add_default_route(int socket, const char *name, uint32_t gateway)
{
	struct netlink n = {0};
	int index = index_of(name);
	if (index < 0) return -1;
	struct rtmsg route = {.rtm_family = AF_INET,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST};
	netlink_begin(&n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &route, sizeof route);
	netlink_attr(&n, RTA_GATEWAY, &gateway, 4);
	netlink_attr_u32(&n, RTA_OIF, (uint32_t)index);
	netlink_end(&n);
	return netlink_send(socket, &n);
}

int net_remove(int socket, const char *name)
{
	struct netlink n = {0};
	int index = index_of(name);
	if (index < 0) return errno == ENODEV || errno == ENXIO ? 0 : -1;
	struct ifinfomsg link = {.ifi_index = index};
	netlink_begin(&n, RTM_DELLINK, NLM_F_ACK, &link, sizeof link);
	netlink_end(&n);
	return netlink_send(socket, &n) && errno != ENODEV ? -1 : 0;
}
