#include "monitor_life.h"

#include <string.h>
#include <unistd.h>

enum { FIRST_MS = 100, LONGEST_MS = 60000, STEADY_MS = 10000 };

static unsigned count;
static int pause_ms;

struct policy {
	bool always, on_failure;
	uint32_t most; /* restarts after failures; 0: no limit */
};

/* Read at every end: `tsrun update` may have changed it. */
static struct policy read_policy(int dirfd)
{
	char text[64];
	struct policy p = {0};
	if (read_text_at(dirfd, "policy", text, sizeof text) <= 0) return p;
	text[strcspn(text, "\n")] = 0;
	p.always = !strcmp(text, "always") || !strcmp(text, "unless-stopped");
	p.on_failure = !strncmp(text, "on-failure ", 11) && !parse_u32(text + 11, &p.most);
	return p;
}

bool restart_stopped(const struct life *l) { return faccessat(l->dirfd, "stopped", F_OK, 0) == 0; }

bool restart_wanted(struct life *l, const struct exit_facts *facts)
{
	struct policy p = read_policy(l->dirfd);
	bool forced = l->force_restart;
	bool failed = p.on_failure && facts->code != 0 && (p.most == 0 || count < p.most);
	bool wanted = !l->forbid_restart && (forced || p.always || failed) && !restart_stopped(l);
	l->force_restart = l->forbid_restart = false;
	if (!wanted) return false;
	count++;
	/* Docker's: doubled after every short run, from the beginning after one that was long enough. */
	bool steady = now_ms() - l->started >= STEADY_MS;
	pause_ms = steady || pause_ms == 0 ? FIRST_MS : pause_ms * 2 > LONGEST_MS ? LONGEST_MS : pause_ms * 2;
	return true;
}

int restart_pause(void) { return pause_ms; }

unsigned restart_count(void) { return count; }
