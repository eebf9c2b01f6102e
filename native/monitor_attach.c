#include "monitor_attach.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor.h"
#include "monitor_stdio.h"
#include "util.h"

#define CLIENTS_MAX 256
/* How long one who takes nothing keeps a container that has ended, in milliseconds. */
#define FINISH_MS 5000

struct client {
	struct source source;
	struct client *next;
	bool owes_out, owes_err;
};

struct message {
	const char *bytes;
	size_t size;
};

static struct source listener = {.fd = -1};
static struct client *clients;
static size_t client_count;
static struct message last_out, last_err;
static bool hears = true;

static bool *owed(struct client *c, char kind) { return kind == ATTACH_STDOUT ? &c->owes_out : &c->owes_err; }
static struct message *last(char kind) { return kind == ATTACH_STDOUT ? &last_out : &last_err; }

static void client_wait(struct client *c)
{
	uint32_t events = (hears ? EPOLLIN : 0u) | (c->owes_out || c->owes_err ? EPOLLOUT : 0u);
	(void)loop_want(&c->source, events ? events : EPOLLRDHUP);
}

static void client_free(struct client *c)
{
	for (struct client **at = &clients; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	(void)loop_want(&c->source, 0);
	(void)close(c->source.fd);
	client_count--;
	bool out = c->owes_out, err = c->owes_err;
	free(c);
	if (out && !attach_owes(ATTACH_STDOUT)) output_all_taken(ATTACH_STDOUT);
	if (err && !attach_owes(ATTACH_STDERR)) output_all_taken(ATTACH_STDERR);
}

/* False when the client is gone, and freed. */
static bool client_push(struct client *c, char kind)
{
	if (!*owed(c, kind)) return true;
	ssize_t n = send(c->source.fd, last(kind)->bytes, last(kind)->size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) return true;
	if (n < 0) {
		client_free(c);
		return false;
	}
	*owed(c, kind) = false;
	return true;
}

static void client_heard(struct client *c)
{
	static char message[1 + ATTACH_CHUNK];
	ssize_t n = recv(c->source.fd, message, sizeof message, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n <= 0) {
		client_free(c);
		return;
	}
	if (message[0] == ATTACH_STDIN) {
		input_put(message + 1, (size_t)n - 1);
	} else if (message[0] == ATTACH_STDIN_END) {
		input_end();
	} else if (message[0] == ATTACH_SIZE && n == 5) {
		uint16_t size[2];
		memcpy(size, message + 1, sizeof size);
		output_resize(size[0], size[1]);
	}
}

static void client_ready(struct source *source, uint32_t events)
{
	struct client *c = (struct client *)source;
	if (events & EPOLLOUT) {
		bool out = c->owes_out, err = c->owes_err;
		if (!client_push(c, ATTACH_STDOUT) || !client_push(c, ATTACH_STDERR)) return;
		client_wait(c);
		if (out && !attach_owes(ATTACH_STDOUT)) output_all_taken(ATTACH_STDOUT);
		if (err && !attach_owes(ATTACH_STDERR)) output_all_taken(ATTACH_STDERR);
		return;
	}
	if ((events & EPOLLIN) && hears) client_heard(c);
	else client_free(c);
}

static void accept_client(struct source *source, uint32_t events)
{
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) return;
	if (client_count >= CLIENTS_MAX) {
		(void)close(fd);
		return;
	}
	struct client *c = xcalloc(1, sizeof *c);
	c->source = (struct source){.fd = fd, .ready = client_ready};
	c->next = clients;
	clients = c;
	client_count++;
	client_wait(c);
}

int attach_listen(int dirfd)
{
	/* Through /proc the name is short, however deep the store lies. */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" ATTACH_SOCKET, dirfd);
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) return -1;
	(void)unlinkat(dirfd, ATTACH_SOCKET, 0);
	mode_t before = umask(0177);
	int result = bind(fd, (struct sockaddr *)&address, sizeof address);
	(void)umask(before);
	if (result < 0 || listen(fd, 16) < 0) return -1;
	listener = (struct source){.fd = steal_fd(&fd), .ready = accept_client};
	return loop_want(&listener, EPOLLIN);
}

void attach_send(char *message, size_t size)
{
	char kind = message[0];
	*last(kind) = (struct message){message, size};
	for (struct client *c = clients, *next; c; c = next) {
		next = c->next;
		*owed(c, kind) = true;
		if (client_push(c, kind)) client_wait(c);
	}
}

bool attach_owes(char kind)
{
	for (struct client *c = clients; c; c = c->next)
		if (*owed(c, kind)) return true;
	return false;
}

void attach_listen_to(bool input)
{
	if (hears == input) return;
	hears = input;
	for (struct client *c = clients; c; c = c->next) client_wait(c);
}

void attach_settle(char kind)
{
	uint64_t end = now_ms() + FINISH_MS;
	for (struct client *c = clients, *next; c; c = next) {
		next = c->next;
		bool alive = true;
		while (alive && *owed(c, kind) && now_ms() < end) {
			struct pollfd ready = {.fd = c->source.fd, .events = POLLOUT};
			if (poll(&ready, 1, 100) > 0) alive = client_push(c, kind);
		}
		if (alive && *owed(c, kind)) client_free(c);
	}
}

void attach_finish(void)
{
	while (clients) client_free(clients);
}

void attach_close(int dirfd)
{
	attach_finish();
	if (listener.fd < 0) return;
	(void)loop_want(&listener, 0);
	(void)close(listener.fd);
	listener.fd = -1;
	(void)unlinkat(dirfd, ATTACH_SOCKET, 0);
}
