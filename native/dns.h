/* Packets of the name system (RFC 1035), as far as a small server reads and writes them. Pure: bytes in, bytes out. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };
enum { DNS_OK = 0, DNS_FORMAT_ERROR = 1, DNS_SERVER_FAILURE = 2, DNS_NOT_IMPLEMENTED = 4 };
enum { DNS_HEADER_SIZE = 12, DNS_NAME_MAX = 255, DNS_UDP_SIZE = 512, DNS_UDP_SIZE_MAX = 4096 };

struct dns_question {
	char name[DNS_NAME_MAX + 1]; /* lower case, without a dot at the end; "" when it is none that a host could have */
	uint16_t type;
	size_t end;      /* what of the packet is header and question */
	size_t udp_size; /* the longest answer that the client takes by UDP */
};

/* A query with one question of class IN. DNS_OK, or the code to answer with; -1 when it is not to be answered at all. */
int dns_parse_query(const uint8_t *packet, size_t size, struct dns_question *out);

struct dns_answer {
	uint8_t *bytes;
	size_t size, limit;
	uint16_t count;
	bool truncated;
};

/* The head of an answer to a query of at least DNS_HEADER_SIZE bytes; `question` is its size with the question, or 0. */
void dns_begin_answer(struct dns_answer *a, uint8_t *bytes, size_t limit, const uint8_t *query, size_t question, int code);
/* An address of 4 or 16 bytes for the name that was asked for. Without room the answer is marked as cut. */
void dns_add_address(struct dns_answer *a, const uint8_t *address, size_t size);
/* A name for the address that was asked for. */
void dns_add_name(struct dns_answer *a, const char *name);
/* The size of the packet. */
size_t dns_end_answer(struct dns_answer *a);
/* Whether `answer` can be one to `query`: the same id, and an answer. */
bool dns_answers(const uint8_t *answer, size_t answer_size, const uint8_t *query, size_t query_size);
