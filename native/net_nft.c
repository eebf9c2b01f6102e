#include "net_nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"
#include "util.h"

#define TABLE "tsbuild"
enum { PRIORITY_FILTER = 0, PRIORITY_SOURCE_NAT = 100 };

static void begin(struct netlink *n, uint16_t message, uint16_t flags)
{
	struct nfgenmsg header = {.nfgen_family = AF_INET, .version = NFNETLINK_V0};
	netlink_begin(n, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message), flags | NLM_F_ACK, &header, sizeof header);
}

static void batch(struct netlink *n, uint16_t type)
{
	struct nfgenmsg header = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
	netlink_begin(n, type, 0, &header, sizeof header);
	netlink_end(n);
}

static void be32(struct netlink *n, uint16_t type, uint32_t value) { netlink_attr_u32(n, type, htonl(value)); }

static void make_table(struct netlink *n)
{
	begin(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	netlink_attr_text(n, NFTA_TABLE_NAME, TABLE);
	netlink_end(n);
}

static void make_chain(struct netlink *n, const char *chain, const char *type, uint32_t hook, uint32_t priority)
{
	begin(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	netlink_attr_text(n, NFTA_CHAIN_TABLE, TABLE);
	netlink_attr_text(n, NFTA_CHAIN_NAME, chain);
	size_t nest = netlink_nest(n, NFTA_CHAIN_HOOK);
	be32(n, NFTA_HOOK_HOOKNUM, hook);
	be32(n, NFTA_HOOK_PRIORITY, priority);
	netlink_unnest(n, nest);
	be32(n, NFTA_CHAIN_POLICY, NF_ACCEPT);
	netlink_attr_text(n, NFTA_CHAIN_TYPE, type);
	netlink_end(n);
	/* Without a handle: all rules of the chain. */
	begin(n, NFT_MSG_DELRULE, 0);
	netlink_attr_text(n, NFTA_RULE_TABLE, TABLE);
	netlink_attr_text(n, NFTA_RULE_CHAIN, chain);
	netlink_end(n);
}

struct expression {
	size_t element, content;
};

static struct expression begin_expression(struct netlink *n, const char *name)
{
	struct expression x = {.element = netlink_nest(n, NFTA_LIST_ELEM)};
	netlink_attr_text(n, NFTA_EXPR_NAME, name);
	x.content = netlink_nest(n, NFTA_EXPR_DATA);
	return x;
}

static void end_expression(struct netlink *n, struct expression x)
{
	netlink_unnest(n, x.content);
	netlink_unnest(n, x.element);
}

static void value(struct netlink *n, uint16_t type, const void *bytes, size_t size)
{
	size_t nest = netlink_nest(n, type);
	netlink_attr(n, NFTA_DATA_VALUE, bytes, size);
	netlink_unnest(n, nest);
}

static void compare(struct netlink *n, uint32_t operation, const void *bytes, size_t size)
{
	struct expression x = begin_expression(n, "cmp");
	be32(n, NFTA_CMP_SREG, NFT_REG_1);
	be32(n, NFTA_CMP_OP, operation);
	value(n, NFTA_CMP_DATA, bytes, size);
	end_expression(n, x);
}

static void match_interface(struct netlink *n, uint32_t key, uint32_t operation, const char *name)
{
	char padded[IFNAMSIZ] = {0};
	(void)snprintf(padded, sizeof padded, "%s", name);
	struct expression x = begin_expression(n, "meta");
	be32(n, NFTA_META_KEY, key);
	be32(n, NFTA_META_DREG, NFT_REG_1);
	end_expression(n, x);
	compare(n, operation, padded, sizeof padded);
}

static void match_source(struct netlink *n, uint32_t network, uint32_t mask)
{
	enum { SOURCE_OFFSET = 12 }; /* of struct iphdr */
	const uint32_t zero = 0;
	struct expression x = begin_expression(n, "payload");
	be32(n, NFTA_PAYLOAD_DREG, NFT_REG_1);
	be32(n, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	be32(n, NFTA_PAYLOAD_OFFSET, SOURCE_OFFSET);
	be32(n, NFTA_PAYLOAD_LEN, 4);
	end_expression(n, x);
	x = begin_expression(n, "bitwise");
	be32(n, NFTA_BITWISE_SREG, NFT_REG_1);
	be32(n, NFTA_BITWISE_DREG, NFT_REG_1);
	be32(n, NFTA_BITWISE_LEN, 4);
	value(n, NFTA_BITWISE_MASK, &mask, 4);
	value(n, NFTA_BITWISE_XOR, &zero, 4);
	end_expression(n, x);
	compare(n, NFT_CMP_EQ, &network, 4);
}

static size_t begin_rule(struct netlink *n, const char *chain)
{
	begin(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	netlink_attr_text(n, NFTA_RULE_TABLE, TABLE);
	netlink_attr_text(n, NFTA_RULE_CHAIN, chain);
	return netlink_nest(n, NFTA_RULE_EXPRESSIONS);
}

static void end_rule(struct netlink *n, size_t expressions)
{
	netlink_unnest(n, expressions);
	netlink_end(n);
}

static void accept_interface(struct netlink *n, const char *chain, uint32_t key, const char *bridge)
{
	size_t rule = begin_rule(n, chain);
	match_interface(n, key, NFT_CMP_EQ, bridge);
	struct expression x = begin_expression(n, "immediate");
	be32(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = netlink_nest(n, NFTA_IMMEDIATE_DATA);
	size_t verdict = netlink_nest(n, NFTA_DATA_VERDICT);
	be32(n, NFTA_VERDICT_CODE, NF_ACCEPT);
	netlink_unnest(n, verdict);
	netlink_unnest(n, data);
	end_expression(n, x);
	end_rule(n, rule);
}

static int commit(struct netlink *n, struct err *e, const char *bridge)
{
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_NETFILTER);
	if (socket < 0) return fail(e, "nft", "socket");
	batch(n, NFNL_MSG_BATCH_END);
	return netlink_send(socket, n) ? fail(e, "nft", "%s", bridge) : 0;
}

static void chain_names(const char *bridge, char nat[64], char forward[64])
{
	(void)snprintf(nat, 64, "nat-%s", bridge);
	(void)snprintf(forward, 64, "forward-%s", bridge);
}

int nft_masquerade(const char *bridge, uint32_t network, uint32_t prefix, struct err *e)
{
	struct netlink n = {0};
	char nat[64], forward[64];
	uint32_t mask = prefix ? htonl(~0u << (32 - prefix)) : 0;
	chain_names(bridge, nat, forward);
	batch(&n, NFNL_MSG_BATCH_BEGIN);
	make_table(&n);
	make_chain(&n, nat, "nat", NF_INET_POST_ROUTING, PRIORITY_SOURCE_NAT);
	size_t rule = begin_rule(&n, nat);
	match_source(&n, network, mask);
	match_interface(&n, NFT_META_OIFNAME, NFT_CMP_NEQ, bridge);
	end_expression(&n, begin_expression(&n, "masq"));
	end_rule(&n, rule);
	make_chain(&n, forward, "filter", NF_INET_FORWARD, PRIORITY_FILTER);
	accept_interface(&n, forward, NFT_META_IIFNAME, bridge);
	accept_interface(&n, forward, NFT_META_OIFNAME, bridge);
	return commit(&n, e, bridge);
}

static int forget_chain(const char *chain, const char *bridge, struct err *e)
{
	struct netlink n = {0};
	batch(&n, NFNL_MSG_BATCH_BEGIN);
	begin(&n, NFT_MSG_DELRULE, 0);
	netlink_attr_text(&n, NFTA_RULE_TABLE, TABLE);
	netlink_attr_text(&n, NFTA_RULE_CHAIN, chain);
	netlink_end(&n);
	begin(&n, NFT_MSG_DELCHAIN, 0);
	netlink_attr_text(&n, NFTA_CHAIN_TABLE, TABLE);
	netlink_attr_text(&n, NFTA_CHAIN_NAME, chain);
	netlink_end(&n);
	return commit(&n, e, bridge) && e->number != ENOENT ? -1 : 0;
}

int nft_forget(const char *bridge, struct err *e)
{
	char nat[64], forward[64];
	chain_names(bridge, nat, forward);
	return forget_chain(nat, bridge, e) || forget_chain(forward, bridge, e) ? -1 : 0;
}
