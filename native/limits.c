/* rlimits. One that is above the hard limit is clamped: a default that cannot be had must not stop a container. */
#include <errno.h>
#include <sys/resource.h>

#include "channel.h"
#include "setup.h"

static int set_one(struct setup *s, const struct request_rlimit *wanted, struct err *e)
{
	struct rlimit limit = wanted->limit, current;
	int resource = (int)wanted->resource;
	if (limit.rlim_cur > limit.rlim_max) return fail_with(e, EINVAL, "rlimit", "%d: soft above hard", resource);
	if (!setrlimit(resource, &limit)) return 0;
	if (errno != EPERM || getrlimit(resource, &current)) return fail(e, "rlimit", "%d", resource);
	if (limit.rlim_max > current.rlim_max) limit.rlim_max = current.rlim_max;
	if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
	if (setrlimit(resource, &limit)) return fail(e, "rlimit", "%d", resource);
	channel_warn(s->channel, "limit %d is set to %llu:%llu: raising the hard limit needs CAP_SYS_RESOURCE", resource,
		     (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
	return 0;
}

int limits_set(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->request->rlimit_count; i++)
		if (set_one(s, &s->request->rlimits[i], e)) return -1;
	return 0;
}
