#include "dns.h"

#include <string.h>

enum { FLAGS_ANSWER = 0x8000, FLAGS_TRUNCATED = 0x0200, FLAGS_RECURSION = 0x0100, FLAGS_RECURSIVE = 0x0080 };
enum { CLASS_IN = 1, TYPE_OPT = 41, LABEL_MAX = 63, TIME_TO_LIVE = 5 };

static uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static void write16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* What stands in names of hosts; all others are nobody's here, and go to the servers as they came. */
static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The offset behind the name at `at`, or 0. There is nothing before it that it could be compressed to. */
static size_t read_name(const uint8_t *packet, size_t size, size_t at, char out[DNS_NAME_MAX + 1])
{
	size_t length = 0;
	bool plain = true;
	while (at < size) {
		size_t label = packet[at++];
		if (label == 0) {
			out[plain && length > 0 ? length - 1 : 0] = 0;
			return at;
		}
		if (label > LABEL_MAX || label > size - at || length + label + 1 > DNS_NAME_MAX) return 0;
		for (size_t i = 0; i < label; i++) {
			uint8_t c = packet[at + i];
			plain = plain && is_plain(c);
			out[length++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
		}
		out[length++] = '.';
		at += label;
	}
	return 0;
}

/* EDNS (RFC 6891): a record of the root name right behind the question. */
static size_t read_udp_size(const uint8_t *packet, size_t size, size_t at)
{
	enum { OPT_SIZE = 11 };
	if (read16(packet + 10) == 0 || size - at < OPT_SIZE || packet[at] != 0 || read16(packet + at + 1) != TYPE_OPT)
		return DNS_UDP_SIZE;
	size_t wished = read16(packet + at + 3);
	if (wished < DNS_UDP_SIZE) return DNS_UDP_SIZE;
	return wished > DNS_UDP_SIZE_MAX ? DNS_UDP_SIZE_MAX : wished;
}

int dns_parse_query(const uint8_t *packet, size_t size, struct dns_question *out)
{
	*out = (struct dns_question){.udp_size = DNS_UDP_SIZE};
	if (size < DNS_HEADER_SIZE || read16(packet + 2) & FLAGS_ANSWER) return -1;
	if (read16(packet + 2) >> 11 & 15) return DNS_NOT_IMPLEMENTED;
	if (read16(packet + 4) != 1) return DNS_FORMAT_ERROR;
	size_t at = read_name(packet, size, DNS_HEADER_SIZE, out->name);
	if (at == 0 || size - at < 4) return DNS_FORMAT_ERROR;
	out->type = read16(packet + at);
	if (read16(packet + at + 2) != CLASS_IN) out->name[0] = 0;
	out->end = at + 4;
	out->udp_size = read_udp_size(packet, size, out->end);
	return DNS_OK;
}

void dns_begin_answer(struct dns_answer *a, uint8_t *bytes, size_t limit, const uint8_t *query, size_t question, int code)
{
	if (question < DNS_HEADER_SIZE || question > limit) question = 0;
	*a = (struct dns_answer){.bytes = bytes, .size = question ? question : DNS_HEADER_SIZE, .limit = limit};
	memmove(bytes, query, a->size);
	uint32_t kept = read16(query + 2) & (0x7800u | FLAGS_RECURSION);
	write16(bytes + 2, FLAGS_ANSWER | FLAGS_RECURSIVE | kept | (uint32_t)code);
	write16(bytes + 4, question ? 1 : 0);
	memset(bytes + 6, 0, 6);
}

/* Room for a record of the name in the question; NULL when there is none. */
static uint8_t *add_record(struct dns_answer *a, uint16_t type, size_t size)
{
	enum { FIXED = 12, POINTER_TO_QUESTION = 0xc00c };
	if (a->truncated || a->limit - a->size < FIXED + size) {
		a->truncated = true;
		return NULL;
	}
	uint8_t *at = a->bytes + a->size;
	write16(at, POINTER_TO_QUESTION);
	write16(at + 2, type);
	write16(at + 4, CLASS_IN);
	write16(at + 6, 0);
	write16(at + 8, TIME_TO_LIVE);
	write16(at + 10, (uint32_t)size);
	a->size += FIXED + size;
	a->count++;
	return at + FIXED;
}

void dns_add_address(struct dns_answer *a, const uint8_t *address, size_t size)
{
	uint8_t *at = add_record(a, size == 16 ? DNS_AAAA : DNS_A, size);
	if (at) memcpy(at, address, size);
}

void dns_add_name(struct dns_answer *a, const char *name)
{
	uint8_t wire[DNS_NAME_MAX + 2];
	size_t length = 0;
	while (*name) {
		size_t label = strcspn(name, ".");
		if (label == 0 || label > LABEL_MAX || length + label + 2 > sizeof wire) return;
		wire[length++] = (uint8_t)label;
		memcpy(wire + length, name, label);
		length += label;
		name += label + (name[label] == '.');
	}
	wire[length++] = 0;
	uint8_t *at = add_record(a, DNS_PTR, length);
	if (at) memcpy(at, wire, length);
}

size_t dns_end_answer(struct dns_answer *a)
{
	write16(a->bytes + 6, a->count);
	if (a->truncated) write16(a->bytes + 2, read16(a->bytes + 2) | FLAGS_TRUNCATED);
	return a->size;
}

bool dns_answers(const uint8_t *answer, size_t answer_size, const uint8_t *query, size_t query_size)
{
	return answer_size >= DNS_HEADER_SIZE && query_size >= DNS_HEADER_SIZE && !memcmp(answer, query, 2) &&
	       read16(answer + 2) & FLAGS_ANSWER;
}
