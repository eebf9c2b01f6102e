#include "monitor_options.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool take_flag(const char *name, struct monitor_options *o)
{
	const struct {
		const char *name;
		bool *to;
	} flags[] = {{"--detach", &o->detach},
		     {"--interactive", &o->interactive},
		     {"--own-input", &o->own_input},
		     {"--stdin-once", &o->stdin_once},
		     {"--no-log", &o->no_log}};
	for (size_t i = 0; i < COUNT(flags); i++)
		if (!strcmp(name, flags[i].name)) return (*flags[i].to = true);
	return false;
}

static bool take_text(const char *name, const char *value, struct monitor_options *o)
{
	const struct {
		const char *name;
		const char **to;
	} texts[] = {{"--dir", &o->dir},
		     {"--trash", &o->trash},
		     {"--journal", &o->journal},
		     {"--pid-file", &o->pid_file},
		     {"--health-cgroup", &o->health.cgroup}};
	for (size_t i = 0; i < COUNT(texts); i++)
		if (!strcmp(name, texts[i].name)) return (*texts[i].to = value);
	if (strcmp(name, "--discard")) return false;
	strings_add(&o->discards, value);
	return true;
}

static bool take_number(const char *name, const char *value, struct monitor_options *o)
{
	const struct {
		const char *name;
		uint64_t *to;
	} wide[] = {{"--log-max-size", &o->log.max_size},
		    {"--run-timeout", &o->run_timeout},
		    {"--health-interval", &o->health.interval},
		    {"--health-timeout", &o->health.timeout},
		    {"--health-start-period", &o->health.start_period},
		    {"--health-start-interval", &o->health.start_interval}};
	for (size_t i = 0; i < COUNT(wide); i++)
		if (!strcmp(name, wide[i].name)) return parse_u64(value, wide[i].to) == 0;
	if (!strcmp(name, "--log-max-file")) return parse_u32(value, &o->log.max_files) == 0;
	if (!strcmp(name, "--preserve")) return parse_u32(value, &o->preserved) == 0 && o->preserved <= 512;
	if (!strcmp(name, "--health-retries")) return parse_u32(value, &o->health.retries) == 0;
	if (!strcmp(name, "--stop-signal")) return parse_u32(value, &o->stop_signal) == 0;
	return !strcmp(name, "--stop-timeout") && parse_i64(value, &o->stop_timeout) == 0;
}

static bool take_action(const char *value, struct monitor_options *o)
{
	static const char *const names[] = {"none", "kill", "stop", "restart"};
	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(value, names[i])) {
			o->health.on_failure = (enum health_action)i;
			return true;
		}
	return false;
}

int options_parse(int argc, char **argv, struct monitor_options *o)
{
	o->stop_signal = SIGTERM;
	o->stop_timeout = 10;
	o->log.max_files = 1;
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i];
		if (take_flag(name, o)) continue;
		const char *value = ++i < argc ? argv[i] : NULL;
		if (!value) return -1;
		if (!strcmp(name, "--publish") && proxy_add(value)) continue;
		if (!strcmp(name, "--detach-keys") && !detach_keys_parse(&o->keys, value)) continue;
		if (!strcmp(name, "--health-on-failure") && take_action(value, o)) continue;
		if (!take_text(name, value, o) && !take_number(name, value, o)) return -1;
	}
	return o->dir ? 0 : -1;
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

void options_remove(const struct monitor_options *o, int dirfd)
{
	if (!o->trash) return;
	const char *slash = strrchr(o->dir, '/');
	names_release(dirfd, slash ? slash + 1 : o->dir);
	for (size_t i = 0; i < o->discards.count; i++) discard(o->discards.items[i], o->trash);
}

void options_free(struct monitor_options *o) { free(o->discards.items); }
