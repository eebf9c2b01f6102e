#include "net_nft.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net_nft_rule.h"

enum { PRIORITY_FILTER = 0, PRIORITY_SOURCE_NAT = 100 };

static void chain_names(const char *bridge, char nat[64], char forward[64])
{
	(void)snprintf(nat, 64, "nat-%s", bridge);
	(void)snprintf(forward, 64, "forward-%s", bridge);
}

static void forward_rules(struct nft *n, const char *chain, const struct nft_bridge *b)
{
	nft_begin_rule(n, chain);
	nft_match_interface(n, NFT_META_IIFNAME, NFT_CMP_EQ, b->name);
	nft_match_interface(n, NFT_META_OIFNAME, NFT_CMP_EQ, b->name);
	nft_verdict(n, b->isolated ? NF_DROP : NF_ACCEPT);
	nft_end_rule(n);
	if (!b->internal) {
		nft_begin_rule(n, chain);
		nft_match_interface(n, NFT_META_OIFNAME, NFT_CMP_EQ, b->name);
		nft_match_known(n);
		nft_verdict(n, NF_ACCEPT);
		nft_end_rule(n);
	}
	/* Other networks, and hosts that route to ours: published ports are the only way in, and are not forwarded here. */
	nft_begin_rule(n, chain);
	nft_match_interface(n, NFT_META_OIFNAME, NFT_CMP_EQ, b->name);
	nft_verdict(n, NF_DROP);
	nft_end_rule(n);
	nft_begin_rule(n, chain);
	nft_match_interface(n, NFT_META_IIFNAME, NFT_CMP_EQ, b->name);
	nft_verdict(n, b->internal ? NF_DROP : NF_ACCEPT);
	nft_end_rule(n);
}

int nft_guard(const struct nft_bridge *b, const struct net_address *network, uint32_t prefix, struct err *e)
{
	struct nft n;
	char nat[64], forward[64];
	chain_names(b->name, nat, forward);
	nft_begin(&n, network->family);
	nft_make_table(&n);
	nft_make_chain(&n, nat, "nat", NF_INET_POST_ROUTING, PRIORITY_SOURCE_NAT);
	if (b->masquerade && !b->internal) {
		nft_begin_rule(&n, nat);
		nft_match_network(&n, NFT_FIELD_SOURCE, network, prefix);
		nft_match_interface(&n, NFT_META_OIFNAME, NFT_CMP_NEQ, b->name);
		nft_masquerade(&n);
		nft_end_rule(&n);
	}
	nft_make_chain(&n, forward, "filter", NF_INET_FORWARD, PRIORITY_FILTER);
	forward_rules(&n, forward, b);
	return nft_commit(&n, b->name, e);
}

static int forget_chain(int family, const char *chain, struct err *e)
{
	struct nft n;
	nft_begin(&n, family);
	nft_remove_chain(&n, chain);
	if (!nft_commit(&n, chain, e)) return 0;
	/* A kernel without the family has no chain either. */
	return e->number == ENOENT || e->number == EAFNOSUPPORT || e->number == EOPNOTSUPP ? 0 : -1;
}

int nft_forget(const char *bridge, struct err *e)
{
	static const int families[] = {AF_INET, AF_INET6};
	char nat[64], forward[64];
	int result = 0;
	chain_names(bridge, nat, forward);
	for (int i = 0; i < 2; i++)
		if (forget_chain(families[i], nat, e) || forget_chain(families[i], forward, e)) result = -1;
	return result;
}
