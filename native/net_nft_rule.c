#include "net_nft_rule.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define TABLE "tsbuild"

static void begin(struct nft *n, uint16_t message, uint16_t flags)
{
	struct nfgenmsg header = {.nfgen_family = n->family, .version = NFNETLINK_V0};
	netlink_begin(&n->messages, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message), flags | NLM_F_ACK, &header,
		      sizeof header);
}

static void end(struct nft *n) { netlink_end(&n->messages); }

static void batch(struct nft *n, uint16_t type)
{
	struct nfgenmsg header = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
	netlink_begin(&n->messages, type, 0, &header, sizeof header);
	end(n);
}

void nft_begin(struct nft *n, int family)
{
	*n = (struct nft){.family = family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4};
	batch(n, NFNL_MSG_BATCH_BEGIN);
}

int nft_commit(struct nft *n, const char *what, struct err *e)
{
	CLEANUP_CLOSE int socket = netlink_open(NETLINK_NETFILTER);
	if (socket < 0) return fail(e, "nft", "socket");
	batch(n, NFNL_MSG_BATCH_END);
	return netlink_send(socket, &n->messages) ? fail(e, "nft", "%s", what) : 0;
}

static void text(struct nft *n, uint16_t type, const char *value) { netlink_attr_text(&n->messages, type, value); }
static void be32(struct nft *n, uint16_t type, uint32_t value) { netlink_attr_u32(&n->messages, type, htonl(value)); }
static size_t nest(struct nft *n, uint16_t type) { return netlink_nest(&n->messages, type); }
static void unnest(struct nft *n, size_t at) { netlink_unnest(&n->messages, at); }

void nft_make_table(struct nft *n)
{
	begin(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	text(n, NFTA_TABLE_NAME, TABLE);
	end(n);
}

/* Without a handle: all rules of the chain. */
static void remove_rules(struct nft *n, const char *chain)
{
	begin(n, NFT_MSG_DELRULE, 0);
	text(n, NFTA_RULE_TABLE, TABLE);
	text(n, NFTA_RULE_CHAIN, chain);
	end(n);
}

void nft_make_chain(struct nft *n, const char *chain, const char *type, uint32_t hook, uint32_t priority)
{
	begin(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	text(n, NFTA_CHAIN_TABLE, TABLE);
	text(n, NFTA_CHAIN_NAME, chain);
	size_t at = nest(n, NFTA_CHAIN_HOOK);
	be32(n, NFTA_HOOK_HOOKNUM, hook);
	be32(n, NFTA_HOOK_PRIORITY, priority);
	unnest(n, at);
	be32(n, NFTA_CHAIN_POLICY, NF_ACCEPT);
	text(n, NFTA_CHAIN_TYPE, type);
	end(n);
	remove_rules(n, chain);
}

void nft_remove_chain(struct nft *n, const char *chain)
{
	remove_rules(n, chain);
	begin(n, NFT_MSG_DELCHAIN, 0);
	text(n, NFTA_CHAIN_TABLE, TABLE);
	text(n, NFTA_CHAIN_NAME, chain);
	end(n);
}

struct expression {
	size_t element, content;
};

static struct expression begin_expression(struct nft *n, const char *name)
{
	struct expression x = {.element = nest(n, NFTA_LIST_ELEM)};
	text(n, NFTA_EXPR_NAME, name);
	x.content = nest(n, NFTA_EXPR_DATA);
	return x;
}

static void end_expression(struct nft *n, struct expression x)
{
	unnest(n, x.content);
	unnest(n, x.element);
}

static void value(struct nft *n, uint16_t type, const void *bytes, size_t size)
{
	size_t at = nest(n, type);
	netlink_attr(&n->messages, NFTA_DATA_VALUE, bytes, size);
	unnest(n, at);
}

static void compare(struct nft *n, uint32_t operation, const void *bytes, size_t size)
{
	struct expression x = begin_expression(n, "cmp");
	be32(n, NFTA_CMP_SREG, NFT_REG_1);
	be32(n, NFTA_CMP_OP, operation);
	value(n, NFTA_CMP_DATA, bytes, size);
	end_expression(n, x);
}

static void load_meta(struct nft *n, uint32_t key)
{
	struct expression x = begin_expression(n, "meta");
	be32(n, NFTA_META_KEY, key);
	be32(n, NFTA_META_DREG, NFT_REG_1);
	end_expression(n, x);
}

static void load_payload(struct nft *n, uint32_t base, uint32_t offset, uint32_t size)
{
	struct expression x = begin_expression(n, "payload");
	be32(n, NFTA_PAYLOAD_DREG, NFT_REG_1);
	be32(n, NFTA_PAYLOAD_BASE, base);
	be32(n, NFTA_PAYLOAD_OFFSET, offset);
	be32(n, NFTA_PAYLOAD_LEN, size);
	end_expression(n, x);
}

static void mask(struct nft *n, const void *bits, const void *zero, uint32_t size)
{
	struct expression x = begin_expression(n, "bitwise");
	be32(n, NFTA_BITWISE_SREG, NFT_REG_1);
	be32(n, NFTA_BITWISE_DREG, NFT_REG_1);
	be32(n, NFTA_BITWISE_LEN, size);
	value(n, NFTA_BITWISE_MASK, bits, size);
	value(n, NFTA_BITWISE_XOR, zero, size);
	end_expression(n, x);
}

void nft_begin_rule(struct nft *n, const char *chain)
{
	begin(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	text(n, NFTA_RULE_TABLE, TABLE);
	text(n, NFTA_RULE_CHAIN, chain);
	n->rule = nest(n, NFTA_RULE_EXPRESSIONS);
}

void nft_end_rule(struct nft *n)
{
	unnest(n, n->rule);
	end(n);
}

void nft_match_interface(struct nft *n, uint32_t key, uint32_t operation, const char *name)
{
	char padded[IFNAMSIZ] = {0};
	(void)snprintf(padded, sizeof padded, "%s", name);
	load_meta(n, key);
	compare(n, operation, padded, sizeof padded);
}

void nft_match_network(struct nft *n, enum nft_field field, const struct net_address *network, uint32_t prefix)
{
	static const uint8_t zero[16];
	/* Offsets in struct iphdr and struct ipv6hdr. */
	uint32_t source = network->family == AF_INET6 ? 8 : 12, size = (uint32_t)network->size;
	struct net_address bits = {.family = network->family, .size = network->size}, masked = *network;
	memset(bits.bytes, 0xff, sizeof bits.bytes);
	(void)net_mask(&bits, prefix);
	(void)net_mask(&masked, prefix);
	load_payload(n, NFT_PAYLOAD_NETWORK_HEADER, field == NFT_FIELD_SOURCE ? source : source + size, size);
	mask(n, bits.bytes, zero, size);
	compare(n, NFT_CMP_EQ, masked.bytes, size);
}

void nft_match_port(struct nft *n, uint8_t protocol, uint16_t port)
{
	uint16_t wire = htons(port);
	load_meta(n, NFT_META_L4PROTO);
	compare(n, NFT_CMP_EQ, &protocol, sizeof protocol);
	load_payload(n, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof wire);
	compare(n, NFT_CMP_EQ, &wire, sizeof wire);
}

void nft_match_known(struct nft *n)
{
	const uint32_t states = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED), zero = 0;
	struct expression x = begin_expression(n, "ct");
	be32(n, NFTA_CT_DREG, NFT_REG_1);
	be32(n, NFTA_CT_KEY, NFT_CT_STATE);
	end_expression(n, x);
	mask(n, &states, &zero, sizeof states);
	compare(n, NFT_CMP_NEQ, &zero, sizeof zero);
}

void nft_masquerade(struct nft *n) { end_expression(n, begin_expression(n, "masq")); }

static void load(struct nft *n, uint32_t reg, const void *bytes, size_t size)
{
	struct expression x = begin_expression(n, "immediate");
	be32(n, NFTA_IMMEDIATE_DREG, reg);
	value(n, NFTA_IMMEDIATE_DATA, bytes, size);
	end_expression(n, x);
}

void nft_redirect(struct nft *n, const struct net_address *target, uint16_t port)
{
	uint16_t wire = htons(port);
	load(n, NFT_REG_1, target->bytes, target->size);
	load(n, NFT_REG_2, &wire, sizeof wire);
	struct expression x = begin_expression(n, "nat");
	be32(n, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	be32(n, NFTA_NAT_FAMILY, n->family);
	be32(n, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	be32(n, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	end_expression(n, x);
}

void nft_verdict(struct nft *n, uint32_t code)
{
	struct expression x = begin_expression(n, "immediate");
	be32(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = nest(n, NFTA_IMMEDIATE_DATA), verdict = nest(n, NFTA_DATA_VERDICT);
	be32(n, NFTA_VERDICT_CODE, code);
	unnest(n, verdict);
	unnest(n, data);
	end_expression(n, x);
}
