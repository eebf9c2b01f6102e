/* The rules of one bridge: two chains of its own in our tables `ip tsbuild` and `ip6 tsbuild`, replaced in one transaction. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "net_link.h"

struct nft_bridge {
	const char *name;
	bool internal;   /* nothing leaves or enters it */
	bool isolated;   /* nor goes from one of its containers to another */
	bool masquerade; /* what leaves it gets the host's address */
};

/* For the family of `network`. */
int nft_guard(const struct nft_bridge *bridge, const struct net_address *network, uint32_t prefix, struct err *e);
/* Of both families. Absent: fine. The tables stay: another process may be filling them. */
int nft_forget(const char *bridge, struct err *e);
