#include "net_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

int net_parse_address(const char *text, struct net_address *address)
{
	*address = (struct net_address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	address->size = address->family == AF_INET6 ? 16 : 4;
	if (inet_pton(address->family, text, address->bytes) == 1) return 0;
	errno = EINVAL;
	return -1;
}

int net_mask(struct net_address *address, uint32_t prefix)
{
	if (prefix > address->size * 8) {
		errno = EINVAL;
		return -1;
	}
	for (size_t i = 0; i < address->size; i++, prefix -= prefix < 8 ? prefix : 8)
		if (prefix < 8) address->bytes[i] &= (uint8_t)(0xff00u >> prefix);
	return 0;
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

int net_make_veth(int socket, const struct net_veth *v)
{
	struct netlink n = {0};
	int master = index_of(v->bridge);
	if (master < 0) return -1;
	struct ifinfomsg link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, peer = {0};
	netlink_begin(&n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &link, sizeof link);
	netlink_attr_text(&n, IFLA_IFNAME, v->host);
	netlink_attr_u32(&n, IFLA_MASTER, (uint32_t)master);
	if (v->mtu) netlink_attr_u32(&n, IFLA_MTU, v->mtu);
	size_t info = netlink_nest(&n, IFLA_LINKINFO);
	netlink_attr_text(&n, IFLA_INFO_KIND, "veth");
	size_t specific = netlink_nest(&n, IFLA_INFO_DATA);
	size_t other = netlink_nest(&n, VETH_INFO_PEER);
	netlink_append(&n, &peer, sizeof peer);
	netlink_attr_text(&n, IFLA_IFNAME, v->name);
	netlink_attr_u32(&n, IFLA_NET_NS_PID, (uint32_t)v->pid);
	if (v->mac) netlink_attr(&n, IFLA_ADDRESS, v->mac, 6);
	if (v->mtu) netlink_attr_u32(&n, IFLA_MTU, v->mtu);
	netlink_unnest(&n, other);
	netlink_unnest(&n, specific);
	netlink_unnest(&n, info);
	netlink_end(&n);
	return netlink_send(socket, &n);
}

int net_make_bridge(int socket, const char *name, uint32_t mtu)
{
	struct netlink n = {0};
	struct ifinfomsg link = {0};
	netlink_begin(&n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &link, sizeof link);
	netlink_attr_text(&n, IFLA_IFNAME, name);
	if (mtu) netlink_attr_u32(&n, IFLA_MTU, mtu);
	size_t info = netlink_nest(&n, IFLA_LINKINFO);
	netlink_attr_text(&n, IFLA_INFO_KIND, "bridge");
	netlink_unnest(&n, info);
	netlink_end(&n);
	return netlink_send(socket, &n) && errno != EEXIST ? -1 : 0;
}

int net_isolate_port(int socket, const char *name)
{
	struct netlink n = {0};
	const uint8_t on = 1;
	struct ifinfomsg link = {.ifi_family = PF_BRIDGE, .ifi_index = index_of(name)};
	if (link.ifi_index < 0) return -1;
	netlink_begin(&n, RTM_SETLINK, NLM_F_ACK, &link, sizeof link);
	size_t port = netlink_nest(&n, IFLA_PROTINFO);
	netlink_attr(&n, IFLA_BRPORT_ISOLATED, &on, sizeof on);
	netlink_unnest(&n, port);
	netlink_end(&n);
	return netlink_send(socket, &n);
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

static void add_broadcast(struct netlink *n, const struct net_address *address, uint32_t prefix)
{
	uint8_t broadcast[4];
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t bits = prefix > i * 8 ? prefix - i * 8 : 0;
		broadcast[i] = (uint8_t)(address->bytes[i] | (bits >= 8 ? 0 : 0xffu >> bits));
	}
	netlink_attr(n, IFA_BROADCAST, broadcast, sizeof broadcast);
}

int net_add_address(int socket, const char *name, const struct net_address *address, uint32_t prefix)
{
	struct netlink n = {0};
	int index = index_of(name);
	if (index < 0) return -1;
	if (prefix > address->size * 8) {
		errno = EINVAL;
		return -1;
	}
	/* Nobody else has the address: looking for duplicates would keep it from being used for a second. */
	struct ifaddrmsg header = {.ifa_family = (uint8_t)address->family,
				   .ifa_prefixlen = (uint8_t)prefix,
				   .ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0,
				   .ifa_index = (uint32_t)index};
	netlink_begin(&n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header, sizeof header);
	netlink_attr(&n, IFA_LOCAL, address->bytes, address->size);
	netlink_attr(&n, IFA_ADDRESS, address->bytes, address->size);
	if (address->family == AF_INET && prefix < 31) add_broadcast(&n, address, prefix);
	netlink_end(&n);
	return netlink_send(socket, &n) && errno != EEXIST ? -1 : 0;
}

static int change_default_route(int socket, uint16_t message, uint16_t flags, const struct net_address *gateway, int index)
{
	struct netlink n = {0};
	struct rtmsg route = {.rtm_family = (uint8_t)gateway->family,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST};
	netlink_begin(&n, message, flags | NLM_F_ACK, &route, sizeof route);
	if (index > 0) {
		netlink_attr(&n, RTA_GATEWAY, gateway->bytes, gateway->size);
		netlink_attr_u32(&n, RTA_OIF, (uint32_t)index);
	}
	netlink_end(&n);
	return netlink_send(socket, &n);
}

int net_default_route(int socket, const char *name, const struct net_address *gateway)
{
	int index = index_of(name);
	if (index < 0) return -1;
	/* NLM_F_REPLACE of IPv6 adds a second next hop where the first is of another interface. */
	if (change_default_route(socket, RTM_DELROUTE, 0, gateway, 0) && errno != ESRCH) return -1;
	return change_default_route(socket, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, gateway, index);
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
