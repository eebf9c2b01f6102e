/* What `front` hears from the program and the monitor, and what it tells the program. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"

#define PACKET 196608 /* less than a socket takes at once by default; src/runtime/container/launch-by-front.ts sends less */

void front_tell(const char *packet, size_t size)
{
	if (front.socket >= 0) (void)send(front.socket, packet, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void front_leave_container(void)
{
	if (front.control >= 0) (void)close(front.control);
	front.control = -1;
}

void front_packet_arrived(void)
{
	static char packet[PACKET + 1];
	ssize_t size = recv(front.socket, packet, PACKET, MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (size <= 0) {
		(void)close(front.socket);
		front.socket = -1;
		return;
	}
	packet[size] = '\0';
	if (packet[0] == 'm') front_start_monitor(packet + 1, (size_t)size - 1);
}

static bool is_event(const char *line, const char *name)
{
	static const char start[] = "{\"event\":\"";
	size_t length = strlen(name);
	return !strncmp(line, start, sizeof start - 1) && !strncmp(line + sizeof start - 1, name, length) &&
	       line[sizeof start - 1 + length] == '"';
}

static void line_arrived(const char *line, size_t size)
{
	if (front.started) {
		/* The container goes on without us. */
		int code;
		if (is_event(line, "detached") && sscanf(line, "{\"event\":\"detached\",\"code\":%d", &code) == 1) _exit(code);
		return;
	}
	if (is_event(line, "started")) {
		front_started();
		front_replay_started();
	}
	front_tell(line, size);
}

void front_control_readable(void)
{
	static char text[2 * 65536];
	static size_t held;
	ssize_t n = recv(front.control, text + held, sizeof text - 1 - held, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n <= 0) {
		if (!front.started) front_tell("gone", 4);
		front_leave_container();
		return;
	}
	held += (size_t)n;
	char *line = text, *end;
	for (; (end = memchr(line, '\n', held - (size_t)(line - text))); line = end + 1) {
		*end = '\0';
		line_arrived(line, (size_t)(end - line));
	}
	held -= (size_t)(line - text);
	memmove(text, line, held);
	if (held >= sizeof text - 1) held = 0;
}
