#include "util.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"
#include "net_link.h"

static void numbers(void)
{
	uint64_t u;
	int64_t i;
	uint32_t w;
	CHECK(!parse_u64("18446744073709551615", &u) && u == UINT64_MAX);
	CHECK(parse_u64("18446744073709551616", &u) && parse_u64("", &u) && parse_u64("-1", &u) && parse_u64(" 1", &u));
	CHECK(parse_u64("0x10", &u) && parse_u64("1e3", &u));
	CHECK(!parse_i64("-1000", &i) && i == -1000);
	CHECK(parse_i64("9223372036854775808", &i) && parse_i64("-", &i));
	CHECK(!parse_u32("4294967295", &w) && parse_u32("4294967296", &w));
}

static void lists(void)
{
	struct strings list = {0};
	for (int n = 0; n < 1000; n++) {
		strings_add(&list, "x");
		CHECK(list.count == (size_t)n + 1 && !list.items[list.count]);
	}
	free(list.items);
}

static void addresses(void)
{
	struct net_address a;
	uint8_t mac[6];
	CHECK(!net_parse_address("10.88.0.5", &a) && a.family == AF_INET && a.size == 4 && a.bytes[3] == 5);
	CHECK(!net_parse_address("fd00::5", &a) && a.family == AF_INET6 && a.size == 16 && a.bytes[15] == 5);
	CHECK(net_parse_address("10.88", &a) && net_parse_address("::g", &a) && net_parse_address("", &a));
	CHECK(!net_parse_address("172.18.255.255", &a) && !net_mask(&a, 20) && a.bytes[2] == 240 && a.bytes[3] == 0);
	CHECK(net_mask(&a, 33) && !net_mask(&a, 0) && a.bytes[0] == 0);
	CHECK(!net_parse_mac("02:42:0a:58:00:05", mac) && mac[2] == 0x0a && mac[5] == 5);
	CHECK(net_parse_mac("02:42:0a:58:00", mac) && net_parse_mac("02:42:0a:58:00:05:06", mac) && net_parse_mac("x", mac));
}

int main(void)
{
	numbers();
	lists();
	addresses();
	return 0;
}
