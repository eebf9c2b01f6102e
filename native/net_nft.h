/* Masquerading for one bridge: two chains of its own in our table `ip tsbuild`, replaced in one transaction. */
#pragma once
#include <stdint.h>

#include "err.h"

/* network is masked already, network order. */
int nft_masquerade(const char *bridge, uint32_t network, uint32_t prefix, struct err *e);
/* Absent: fine. The table stays: another process may be filling it. */
int nft_forget(const char *bridge, struct err *e);
