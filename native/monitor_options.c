#include "monitor_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monitor.h"

int options_parse(int argc, char **argv, struct monitor_options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i];
		if (!strcmp(name, "--detach")) {
			o->detach = true;
			continue;
		}
		if (!strcmp(name, "--interactive")) {
			o->interactive = true;
			continue;
		}
		const char *value = ++i < argc ? argv[i] : NULL;
		if (!value) return -1;
		if (!strcmp(name, "--dir")) o->dir = value;
		else if (!strcmp(name, "--trash")) o->trash = value;
		else if (!strcmp(name, "--lease")) strings_add(&o->leases, value);
		else if (!strcmp(name, "--unlink")) strings_add(&o->unlinks, value);
		else if (!strcmp(name, "--discard")) strings_add(&o->discards, value);
		else if (!strcmp(name, "--publish") ? !proxy_add(value) : true) return -1;
	}
	return o->dir ? 0 : -1;
}

void options_release(const struct monitor_options *o)
{
	for (size_t i = 0; i < o->leases.count; i++) (void)unlink(o->leases.items[i]);
}

static void discard(const char *path, const char *trash)
{
	struct timespec now;
	const char *slash = strrchr(path, '/');
	(void)clock_gettime(CLOCK_REALTIME, &now);
	CLEANUP_FREE char *to =
		xasprintf("%s/%s.%lld.%ld", trash, slash ? slash + 1 : path, (long long)now.tv_sec, now.tv_nsec);
	(void)rename(path, to);
}

void options_remove(const struct monitor_options *o)
{
	if (!o->trash) return;
	for (size_t i = 0; i < o->unlinks.count; i++) (void)unlink(o->unlinks.items[i]);
	for (size_t i = 0; i < o->discards.count; i++) discard(o->discards.items[i], o->trash);
}

void options_free(struct monitor_options *o)
{
	free(o->leases.items);
	free(o->unlinks.items);
	free(o->discards.items);
}
