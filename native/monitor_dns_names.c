#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "monitor_dns.h"
#include "util.h"

static unsigned turn; /* another address comes first every time */

enum { VALUES_MAX = 64 };

struct values {
	size_t count;
	char text[VALUES_MAX][DNS_NAME_MAX + 1];
};

/* What follows NAME@ in the names of files. */
static void collect(const char *directory, const char *name, struct values *values)
{
	size_t length = strlen(name);
	DIR *dir = opendir(directory);
	if (!dir) return;
	const struct dirent *entry;
	while ((entry = readdir(dir)) && values->count < VALUES_MAX) {
		if (strncmp(entry->d_name, name, length) != 0 || entry->d_name[length] != '@') continue;
		char *to = values->text[values->count++];
		strncpy(to, entry->d_name + length + 1, DNS_NAME_MAX);
		to[DNS_NAME_MAX] = 0;
	}
	(void)closedir(dir);
}

static size_t write_answer(const struct values *values, const uint8_t *query, const struct dns_question *q, uint8_t *out,
			   size_t limit)
{
	struct dns_answer a;
	uint8_t address[16];
	dns_begin_answer(&a, out, limit, query, q->end, DNS_OK);
	for (size_t i = 0; i < values->count; i++) {
		const char *text = values->text[(i + turn) % values->count];
		if (q->type == DNS_A && inet_pton(AF_INET, text, address) == 1) dns_add_address(&a, address, 4);
		if (q->type == DNS_AAAA && inet_pton(AF_INET6, text, address) == 1) dns_add_address(&a, address, 16);
		if (q->type == DNS_PTR && i == 0) dns_add_name(&a, text);
	}
	turn++;
	return dns_end_answer(&a);
}

static bool parse_server(const char *text, bool inside, struct dns_server *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&out->address;
	struct sockaddr_in *four = (struct sockaddr_in *)&out->address;
	*out = (struct dns_server){.inside = inside};
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(53);
		out->size = sizeof *four;
	} else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(53);
		out->size = sizeof *six;
	}
	return out->size > 0;
}

size_t dns_look_up(int dirfd, const uint8_t *query, const struct dns_question *q, uint8_t *out, size_t limit,
		   struct dns_server servers[DNS_SERVERS_MAX], size_t *count)
{
	static char text[16384];
	static struct values values;
	char *rest = text, *line;
	*count = 0;
	if (read_text_at(dirfd, "resolver", text, sizeof text) < 0) return 0;
	while ((line = strsep(&rest, "\n"))) {
		const char *kind = strsep(&line, " ");
		if (!line) continue;
		if (!strcmp(kind, "names")) {
			values.count = 0;
			if (q->name[0]) collect(line, q->name, &values);
			/* The first network that has the name has all of the answer. */
			if (values.count) return write_answer(&values, query, q, out, limit);
		} else if (*count < DNS_SERVERS_MAX && parse_server(line, !strcmp(kind, "inside"), &servers[*count])) {
			(*count)++;
		}
	}
	return 0;
}
