#include "status.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

/* A line is written at once: it is never torn between two writers. What does not fit is left out of the text. */
struct line {
	size_t size;
	char text[65536];
};

static void put(struct line *l, const char *text, size_t size)
{
	if (size > sizeof l->text - l->size) return;
	memcpy(l->text + l->size, text, size);
	l->size += size;
}

static void put_raw(struct line *l, const char *text) { put(l, text, strlen(text)); }

static void put_number(struct line *l, const char *key, int number)
{
	char text[64];
	(void)snprintf(text, sizeof text, ",\"%s\":%d", key, number);
	put_raw(l, text);
}

/* Bytes that are no UTF-8 pass as they are: the reader replaces them. */
static void put_string(struct line *l, const char *text)
{
	put_raw(l, "\"");
	for (; *text; text++) {
		char escaped[8];
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			(void)snprintf(escaped, sizeof escaped, "\\%c", c);
		else
			(void)snprintf(escaped, sizeof escaped, c < 0x20 ? "\\u%04x" : "%c", c);
		put_raw(l, escaped);
	}
	put_raw(l, "\"");
}

static void put_pair(struct line *l, const char *key, const char *text)
{
	put_raw(l, ",\"");
	put_raw(l, key);
	put_raw(l, "\":");
	put_string(l, text);
}

static void begin(struct line *l, const char *event)
{
	l->size = 0;
	put_raw(l, "{\"event\":\"");
	put_raw(l, event);
	put_raw(l, "\"");
}

/* Between status_hold and status_flush: what fits waits here, so that the reader is woken once. */
static struct line held;
static bool holds;

static void send_held(int fd)
{
	if (held.size) (void)write_all(fd, held.text, held.size);
	held.size = 0;
}

static void send_bytes(int fd, const void *bytes, size_t size)
{
	if (size > sizeof held.text - held.size) send_held(fd);
	if (holds && size <= sizeof held.text - held.size)
		put(&held, bytes, size);
	else
		(void)write_all(fd, bytes, size);
}

void status_hold(void) { holds = true; }

void status_flush(int fd)
{
	holds = false;
	send_held(fd);
}

static void end(struct line *l, int fd)
{
	/* Room for the end is always there: the last bytes are given up for it. */
	if (l->size > sizeof l->text - 2) l->size = sizeof l->text - 2;
	put_raw(l, "}\n");
	send_bytes(fd, l->text, l->size);
}

void status_error(int fd, const struct err *e)
{
	struct line l;
	begin(&l, "error");
	put_pair(&l, "step", e->step);
	put_pair(&l, "errno", errno_name(e->number));
	put_pair(&l, "arg", e->arg);
	put_pair(&l, "text", strerror(e->number));
	end(&l, fd);
}

void status_warning(int fd, const char *message)
{
	struct line l;
	begin(&l, "warning");
	put_pair(&l, "message", message);
	end(&l, fd);
}

void status_started(int fd, const struct container *container)
{
	struct line l;
	begin(&l, "started");
	put_number(&l, "pid", (int)container->pid);
	put_raw(&l, ",\"stubs\":[");
	for (size_t i = 0; i < container->stubs.count; i++) {
		if (i) put_raw(&l, ",");
		put_string(&l, container->stubs.items[i]);
	}
	put_raw(&l, "]");
	end(&l, fd);
}

void status_exit(int fd, const struct container_exit *exit)
{
	struct line l;
	begin(&l, "exit");
	put_number(&l, "code", exit->code);
	put_number(&l, "signal", exit->signal);
	put_raw(&l, exit->oom_killed ? ",\"oomKilled\":true" : ",\"oomKilled\":false");
	end(&l, fd);
}

void status_detached(int fd, int code)
{
	struct line l;
	begin(&l, "detached");
	put_number(&l, "code", code);
	end(&l, fd);
}

void status_bytes(int fd, const char *kind, const void *bytes, size_t size)
{
	struct line l;
	begin(&l, "bytes");
	put_pair(&l, "kind", kind);
	put_number(&l, "size", (int)size);
	end(&l, fd);
	send_bytes(fd, bytes, size);
}

void status_done(int fd, bool scanned, bool network_used, bool kept)
{
	struct line l;
	begin(&l, "done");
	put_raw(&l, scanned ? ",\"scanned\":true" : ",\"scanned\":false");
	put_raw(&l, network_used ? ",\"networkUsed\":true" : ",\"networkUsed\":false");
	put_raw(&l, kept ? ",\"kept\":true" : ",\"kept\":false");
	end(&l, fd);
}
