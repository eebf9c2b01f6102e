/* The monitor: one small process per container that starts it, keeps its output, forwards its ports and records its end. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- monitor_loop.c: one epoll set, one event at a time, so that a handler may free any source ---- */

struct source {
	int fd;
	uint32_t interest; /* what is registered now; 0 means not in the set */
	void (*ready)(struct source *self, uint32_t events);
};

int loop_open(void);
/* Changes what is waited for; 0 takes the descriptor out of the set. -1 with errno EPERM for regular files. */
int loop_want(struct source *s, uint32_t events);
/* Waits for one event at most `timeout` ms (-1: for ever) and runs its handler. 0 at a timeout. */
int loop_step(int timeout);
uint64_t now_ms(void);
/* The shorter of two timeouts, where -1 is for ever. */
int sooner(int a, int b);
/* From now until `at` (of now_ms), at least 0; -1 for 0, which is never. */
int until_ms(uint64_t at);

/* ---- monitor_log*.c: json-file lines ---- */

#define LOG_LINE_MAX 16384 /* longer lines are split, as docker does */

struct log_stream {
	const char *name; /* stdout, stderr */
	size_t length;
	char line[LOG_LINE_MAX];
};

struct log_options {
	uint64_t max_size; /* of one file, in bytes; 0: unlimited */
	uint32_t max_files;
};

int log_open(int dirfd, const struct log_options *options);
void log_feed(struct log_stream *s, const char *bytes, size_t count);
/* Writes an unfinished last line. */
void log_finish(struct log_stream *s);
/* Hands what was collected to the kernel. */
void log_flush(void);
/* Whole lines to the file, in a new one when this would become too large. */
void log_write(const char *bytes, size_t size);

/* ---- monitor_proxy*.c: published ports ---- */

struct published {
	bool udp;
	struct sockaddr_storage host; /* where we listen; port 0 lets the kernel choose */
	uint16_t last_port;           /* any free one from the port of `host` to this one */
	uint16_t container_port;
	struct source listener;
};

#define PUBLISHED_MAX 4096

/* Parses `tcp|udp,ADDRESS,HOSTPORT[-LAST],CONTAINERPORT`; false when it is malformed. */
bool proxy_add(const char *text);
/* Binds all ports in the host's namespace. On failure -1, errno set and *which the text of the port. */
int proxy_listen(const char **which);
/* Writes `ports` (one line per listener) into the container's directory. */
int proxy_record(int dirfd);
/* From now on connections are answered: they are made in the namespace `netns` (taken) to `address` (or 127.0.0.1). */
int proxy_serve(int netns, const char *address);
/* The container's networks have changed: finds its address anew. */
void proxy_look(void);
/* The container has ended and may come again: the ports stay ours, connections wait. */
void proxy_pause(void);
void proxy_close(void);

/* The port of `host`, in network byte order. */
in_port_t *published_port(struct sockaddr_storage *host);
/*
 * Binds ports[i] and its twin, the IPv6 wildcard behind it, if it has one; a port chosen by the kernel, or of a range, must be
 * free for both. *next is the first one behind. 0, or -1 with errno.
 */
int published_bind(struct published *ports, size_t count, size_t i, size_t *next);

/* A socket of the container's network namespace, non-blocking; -1 with errno. */
int proxy_socket(int type);
/* The address tried first (attempt 0) and then (attempt 1); false when there is no such attempt. */
bool proxy_target(int attempt, uint16_t port, struct sockaddr_in *target);

void tcp_accept(struct source *listener, uint32_t events);
/* Ends all connections. */
void tcp_close(void);
void udp_receive(struct source *listener, uint32_t events);
/* Ends sessions that were silent too long; ms until the next look, -1 when there are none. */
int udp_expire(void);
void udp_close(void);

/* ---- monitor_state.c: files of the container's directory ---- */

struct exit_facts {
	int code;
	int signal; /* 0: none */
	bool oom_killed;
};

/* `monitor`: who we are; `pid`: the container's first process. */
int state_identity(int dirfd, const char *name, pid_t pid);
/* The number alone, in a new file that replaces what is at `path`. -1 with errno. */
int state_pid_file(const char *path, pid_t pid);
int state_exit(int dirfd, const struct exit_facts *facts);
/* `restart.json`: how often it was started again, and whether it waits for that now, with the end before. */
int state_restart(int dirfd, unsigned count, bool waiting, const struct exit_facts *facts);
/* Removes the files that DIR/leases names: addresses and names on networks. */
void leases_release(int dirfd);
/* Removes those of the files that DIR/names lists which still hold the container's id. */
void names_release(int dirfd, const char *id);
/* Replaces `name` in one step. */
int state_write(int dirfd, const char *name, const char *text, size_t length);
/* RFC 3339 in UTC with nanoseconds; `out` holds 31 bytes. */
void state_time(char out[static 32]);
