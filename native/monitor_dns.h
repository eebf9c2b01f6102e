/*
 * The name server of a container: names of other containers from files, everything else from the servers of the host or those
 * that the user named. DIR/resolver is read at every query:
 *
 *   names DIRECTORY    holds files NAME@ADDRESS, and for addresses backwards NAME.in-addr.arpa@NAME
 *   host ADDRESS       a server that is asked from here
 *   inside ADDRESS     a server that is asked from the container
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "dns.h"
#include "monitor.h"

/* Takes the sockets that were opened with the container (net_resolver.h), if there are any. */
void dns_open(int dirfd, pid_t pid);
/* The same for a container that was put on its first network with names while it ran. */
void dns_open_late(int dirfd, pid_t pid);
/* Ends what has waited too long; ms until the next look, -1 when nothing waits. */
int dns_expire(void);
void dns_close(void);

/* ---- monitor_dns_names.c ---- */

enum { DNS_SERVERS_MAX = 8 };

struct dns_server {
	struct sockaddr_storage address;
	socklen_t size;
	bool inside;
};

/* What is known of a question: the size of a whole answer in `out`, or 0 and the servers to ask. */
size_t dns_look_up(int dirfd, const uint8_t *query, const struct dns_question *question, uint8_t *out, size_t limit,
		   struct dns_server servers[DNS_SERVERS_MAX], size_t *count);

/* ---- monitor_dns_tcp.c ---- */

void dns_tcp_accept(struct source *listener, uint32_t events);
int dns_tcp_expire(void);
void dns_tcp_close(void);

/* ---- shared ---- */

enum { DNS_PATIENCE = 1500 }; /* ms for one server */

/* A socket that is connected to the server or about to be; -1 with errno. */
int dns_connect(const struct dns_server *server, int type);
/* The answer to a query, or 0 and the servers to ask. */
size_t dns_answer_query(const uint8_t *query, size_t size, bool udp, uint8_t *out, size_t limit,
			struct dns_server servers[DNS_SERVERS_MAX], size_t *count);
/* Says that no server has answered. */
size_t dns_failure(const uint8_t *query, size_t size, uint8_t *out, size_t limit);
