#include "dns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "util.h"

/* `web.n1` AAAA? with an EDNS record of 1232 bytes */
static const uint8_t query[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 'W', 'e', 'b', 2, 'n', '1', 0,
				0,    28,   0, 1, 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0};

/* A copy of exactly the size, so that a read behind the end is seen. */
static int parse(const uint8_t *bytes, size_t size, struct dns_question *q)
{
	uint8_t *copy = xmalloc(size ? size : 1);
	if (size) memcpy(copy, bytes, size);
	int code = dns_parse_query(copy, size, q);
	free(copy);
	return code;
}

static void questions(void)
{
	struct dns_question q;
	uint8_t changed[sizeof query];
	CHECK(parse(query, sizeof query, &q) == DNS_OK);
	CHECK(!strcmp(q.name, "web.n1") && q.type == DNS_AAAA && q.end == 24 && q.udp_size == 1232);
	CHECK(parse(query, 24, &q) == DNS_OK && q.udp_size == DNS_UDP_SIZE);
	for (size_t size = 0; size < 24; size++) CHECK(parse(query, size, &q) != DNS_OK);
	memcpy(changed, query, sizeof query);
	changed[2] = 0x81; /* an answer */
	CHECK(parse(changed, sizeof changed, &q) == -1);
	changed[2] = 0x28; /* UPDATE */
	CHECK(parse(changed, sizeof changed, &q) == DNS_NOT_IMPLEMENTED);
	changed[2] = 1;
	changed[5] = 2;
	CHECK(parse(changed, sizeof changed, &q) == DNS_FORMAT_ERROR);
	changed[5] = 1;
	changed[12] = 0xc0; /* a pointer */
	CHECK(parse(changed, sizeof changed, &q) == DNS_FORMAT_ERROR);
	memcpy(changed, query, sizeof query);
	changed[13] = '/'; /* would be a path */
	CHECK(parse(changed, sizeof changed, &q) == DNS_OK && q.name[0] == 0);
	changed[13] = '@';
	CHECK(parse(changed, sizeof changed, &q) == DNS_OK && q.name[0] == 0);
	changed[13] = '.'; /* a label with a dot inside is not two labels */
	CHECK(parse(changed, sizeof changed, &q) == DNS_OK && q.name[0] == 0);
	memcpy(changed, query, sizeof query);
	changed[23] = 3; /* class CHAOS */
	CHECK(parse(changed, sizeof changed, &q) == DNS_OK && q.name[0] == 0);
}

static void longest_name(void)
{
	uint8_t packet[512] = {0, 1, 1, 0, 0, 1};
	struct dns_question q;
	size_t at = DNS_HEADER_SIZE;
	for (int label = 0; label < 4; label++) {
		packet[at++] = 63;
		memset(packet + at, 'a', 63);
		at += 63;
	}
	at += 1 + 4;
	packet[at - 1] = 1;
	/* 4 labels of 63 are 256 characters with their dots. */
	CHECK(parse(packet, at, &q) == DNS_FORMAT_ERROR);
}

static void answers(void)
{
	uint8_t out[DNS_UDP_SIZE], address[16] = {0xfd};
	struct dns_question q;
	struct dns_answer a;
	CHECK(parse(query, sizeof query, &q) == DNS_OK);
	dns_begin_answer(&a, out, sizeof out, query, q.end, DNS_OK);
	dns_add_address(&a, address, sizeof address);
	CHECK(dns_end_answer(&a) == q.end + 28 && out[7] == 1 && out[2] == 0x81 && out[3] == 0x80);
	CHECK(out[q.end] == 0xc0 && out[q.end + 1] == 12 && out[q.end + 3] == DNS_AAAA && out[q.end + 12] == 0xfd);
	CHECK(dns_answers(out, sizeof out, query, sizeof query));
	out[0]++;
	CHECK(!dns_answers(out, sizeof out, query, sizeof query) && !dns_answers(query, sizeof query, query, sizeof query));

	dns_begin_answer(&a, out, sizeof out, query, q.end, DNS_OK);
	for (int i = 0; i < 100; i++) dns_add_address(&a, address, 4);
	CHECK(dns_end_answer(&a) <= sizeof out && out[7] == 30 && out[2] == 0x83);

	dns_begin_answer(&a, out, sizeof out, query, q.end, DNS_OK);
	dns_add_name(&a, "web.n1");
	CHECK(dns_end_answer(&a) == q.end + 12 + 8 && out[q.end + 12] == 3 && out[q.end + 16] == 2 && out[q.end + 19] == 0);
	dns_begin_answer(&a, out, sizeof out, query, q.end, DNS_OK);
	dns_add_name(&a, "a..b");
	CHECK(dns_end_answer(&a) == q.end && out[7] == 0);
	dns_begin_answer(&a, out, sizeof out, query, 0, DNS_FORMAT_ERROR);
	CHECK(dns_end_answer(&a) == DNS_HEADER_SIZE && out[5] == 0 && (out[3] & 15) == DNS_FORMAT_ERROR);
}

/* Bytes that nobody meant: what comes out is within bounds, and an answer to it can be written. */
static void noise(void)
{
	uint32_t state = 1;
	for (int round = 0; round < 200000; round++) {
		uint8_t packet[64], out[DNS_UDP_SIZE];
		struct dns_question q;
		struct dns_answer a;
		state = state * 1103515245u + 12345u;
		size_t size = (state >> 16) % (sizeof packet + 1);
		for (size_t i = 0; i < size; i++) {
			state = state * 1103515245u + 12345u;
			packet[i] = (uint8_t)(i < sizeof query && state >> 30 ? query[i] : state >> 16);
		}
		if (parse(packet, size, &q) != DNS_OK) continue;
		CHECK(q.end <= size && strlen(q.name) <= DNS_NAME_MAX && !strpbrk(q.name, "/@"));
		dns_begin_answer(&a, out, sizeof out, packet, q.end, DNS_OK);
		dns_add_name(&a, q.name);
		CHECK(dns_end_answer(&a) <= sizeof out);
	}
}

int main(void)
{
	questions();
	longest_name();
	answers();
	noise();
	return 0;
}
