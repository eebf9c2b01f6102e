/* The health check: when it is made, what its results say, and health.json, which has docker's members. */
#include "monitor_life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "json_text.h"

enum { RESULTS_KEPT = 5, OUTPUT_MAX = PROBE_OUTPUT_MAX + 3 };

struct result {
	char start[32], end[32];
	int32_t code;
	size_t size;
	char *output;
};

static struct life *life;
static struct result results[RESULTS_KEPT];
static size_t result_count;
static const char *status;
static uint32_t streak;
static uint64_t next_at; /* now_ms; 0 while a probe runs */
static uint64_t probe_began;
static struct probe probe = {.pid = -1};
static struct source source = {.fd = -1};
static char received[sizeof(int32_t) + OUTPUT_MAX];
static size_t received_size;

static bool in_start_period(uint64_t at) { return at - life->started < life->options->health.start_period; }

static void plan_next(void)
{
	const struct health_options *o = &life->options->health;
	bool starting = !strcmp(status, "starting") && in_start_period(now_ms());
	next_at = now_ms() + (starting ? o->start_interval : o->interval);
}

static void record(void)
{
	enum { FRAME = 256 };
	size_t size = FRAME;
	for (size_t i = 0; i < result_count; i++) size += FRAME + results[i].size * JSON_ESCAPE_MAX;
	CLEANUP_FREE char *text = xmalloc(size);
	size_t n = (size_t)snprintf(text, FRAME, "{\"Status\":\"%s\",\"FailingStreak\":%u,\"Log\":[", status, streak);
	for (size_t i = 0; i < result_count; i++) {
		const struct result *r = &results[i];
		n += (size_t)snprintf(text + n, FRAME, "%s{\"Start\":\"%s\",\"End\":\"%s\",\"ExitCode\":%d,\"Output\":\"", i ? "," : "",
				      r->start, r->end, r->code);
		n += json_escape(text + n, r->output, r->size);
		memcpy(text + n, "\"}", 2);
		n += 2;
	}
	memcpy(text + n, "]}\n", 3);
	(void)state_write(life->dirfd, "health.json", text, n + 3);
}

/* Where the next result goes: the oldest makes room. */
static struct result *new_result(void)
{
	if (result_count == RESULTS_KEPT) {
		free(results[0].output);
		memmove(results, results + 1, sizeof results - sizeof *results);
		result_count--;
	}
	return &results[result_count];
}

static void act_on_failure(void)
{
	switch (life->options->health.on_failure) {
	case HEALTH_NONE: return;
	case HEALTH_KILL: container_kill(&life->container); return;
	case HEALTH_STOP: life->forbid_restart = true; break;
	case HEALTH_RESTART: life->force_restart = true; break;
	}
	life_ask_end(life);
}

static void judge(int32_t code)
{
	const char *before = status;
	if (code == 0) {
		streak = 0;
		status = "healthy";
	} else if (strcmp(status, "starting") != 0 || !in_start_period(probe_began)) {
		if (++streak >= life->options->health.retries) status = "unhealthy";
	}
	record();
	if (before == status) return;
	char action[64];
	(void)snprintf(action, sizeof action, "health_status: %s", status);
	journal_write(life, action, "");
	if (!strcmp(status, "unhealthy")) act_on_failure();
}

static void reap(void)
{
	(void)loop_want(&source, 0);
	(void)close(source.fd);
	source.fd = -1;
	while (waitpid(probe.pid, NULL, 0) < 0 && errno == EINTR) continue;
	probe.pid = -1;
}

static void finish_probe(void)
{
	static const char died[] = "the health check was killed";
	struct result *r = &results[result_count];
	reap();
	bool whole = received_size >= sizeof r->code;
	if (whole) memcpy(&r->code, received, sizeof r->code);
	else r->code = -1;
	const char *output = whole ? received + sizeof r->code : died;
	r->size = whole ? received_size - sizeof r->code : sizeof died - 1;
	r->output = xmalloc(r->size + 1);
	memcpy(r->output, output, r->size);
	state_time(r->end);
	result_count++;
	judge(r->code);
	plan_next();
}

static void result_arrived(struct source *s, uint32_t events)
{
	(void)events;
	ssize_t n = read(s->fd, received + received_size, sizeof received - received_size);
	if (n > 0) received_size += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN)) finish_probe();
}

static void begin_probe(void)
{
	struct result *r = new_result();
	state_time(r->start);
	probe_began = now_ms();
	received_size = 0;
	if (probe_start(&probe, life) < 0) {
		plan_next();
		return;
	}
	next_at = 0;
	source = (struct source){.fd = probe.result, .ready = result_arrived};
	(void)loop_want(&source, EPOLLIN);
}

void health_open(struct life *l)
{
	life = l;
	if (!l->options->health.interval) return;
	for (size_t i = 0; i < result_count; i++) free(results[i].output);
	result_count = 0;
	status = "starting";
	streak = 0;
	record();
	plan_next();
}

int health_step(void)
{
	if (!life || !life->options->health.interval || !next_at || life->ended) return -1;
	if (until_ms(next_at) > 0) return until_ms(next_at);
	if (cgroup_frozen(&life->request)) plan_next();
	else begin_probe();
	return until_ms(next_at);
}

void health_close(void)
{
	next_at = 0;
	if (probe.pid <= 0) return;
	(void)kill(probe.pid, SIGKILL);
	reap();
}
