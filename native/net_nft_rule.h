/* Messages that make up a transaction of nftables, in a table `tsbuild` of one family. Rules of others are not touched. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "net_link.h"
#include "netlink.h"

struct nft {
	struct netlink messages;
	uint8_t family;
	size_t rule; /* where the expressions of the rule being built begin */
	const char *chain;
};

enum nft_field { NFT_FIELD_SOURCE, NFT_FIELD_TARGET };

void nft_begin(struct nft *n, int family);
/* Sends it; -1 with e, and nothing of it is done. */
int nft_commit(struct nft *n, const char *what, struct err *e);

void nft_make_table(struct nft *n);
/* An empty chain: rules that it has are removed. */
void nft_make_chain(struct nft *n, const char *chain, const char *type, uint32_t hook, uint32_t priority);
void nft_remove_chain(struct nft *n, const char *chain);

/* A rule at the end of a chain: matches, and what is done then. */
void nft_begin_rule(struct nft *n, const char *chain);
void nft_match_interface(struct nft *n, uint32_t key, uint32_t operation, const char *name);
void nft_match_network(struct nft *n, enum nft_field field, const struct net_address *network, uint32_t prefix);
/* Protocol number and destination port. */
void nft_match_port(struct nft *n, uint8_t protocol, uint16_t port);
/* Packets of connections that exist, and what belongs to them. */
void nft_match_known(struct nft *n);
void nft_masquerade(struct nft *n);
/* To another address and port of this machine. */
void nft_redirect(struct nft *n, const struct net_address *target, uint16_t port);
/* NF_ACCEPT, NF_DROP */
void nft_verdict(struct nft *n, uint32_t verdict);
void nft_end_rule(struct nft *n);
