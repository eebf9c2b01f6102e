/* From the helper's root to the program's user, with exactly the capabilities that were asked for. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "channel.h"
#include "setup.h"
#include "sys.h"

static int read_permitted(uint64_t *permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];
	if (syscall(SYS_capget, &header, sets)) return -1;
	*permitted = sets[0].permitted | (uint64_t)sets[1].permitted << 32;
	return 0;
}

static int write_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];
	for (int i = 0; i < 2; i++)
		sets[i] = (struct __user_cap_data_struct){.effective = (uint32_t)(effective >> 32 * i),
							  .permitted = (uint32_t)(permitted >> 32 * i),
							  .inheritable = (uint32_t)(inheritable >> 32 * i)};
	return syscall(SYS_capset, &header, sets) ? -1 : 0;
}

static int drop_bounding(uint64_t keep)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		int set = prctl(PR_CAPBSET_READ, cap);
		if (set < 0) return 0; /* behind the kernel's last capability */
		if (set == 1 && !(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap)) return -1;
	}
	return 0;
}

static int set_user(const struct request *r, struct err *e)
{
	/* In a user namespace without setgroups there are none to drop, and none to have. */
	if (setgroups(r->group_count, r->groups) && (errno != EPERM || r->group_count)) return fail(e, "user", "groups");
	if (setresgid(r->gid, r->gid, r->gid)) return fail(e, "user", "gid %u", r->gid);
	if (prctl(PR_SET_KEEPCAPS, 1)) return fail(e, "user", "keep capabilities");
	if (setresuid(r->uid, r->uid, r->uid)) return fail(e, "user", "uid %u", r->uid);
	/* The change of user has cleared it (prctl(2)). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL)) return fail(e, "user", "death signal");
	return 0;
}

static int load_seccomp(const struct request *r, struct err *e)
{
	struct sock_fprog program = {.len = (unsigned short)r->seccomp_count,
				     .filter = (struct sock_filter *)(uintptr_t)r->seccomp};
	if (!r->seccomp) return 0;
	return sys_seccomp_load(&program) ? fail(e, "seccomp", "%zu instructions", r->seccomp_count) : 0;
}

static int set_ambient(uint64_t ambient)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if (ambient >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0)) return -1;
	return 0;
}

int credentials_set(struct setup *s, struct err *e)
{
	const struct request *r = s->request;
	struct request_capabilities c = r->capabilities;
	uint64_t held;
	if (read_permitted(&held)) return fail(e, "capabilities", "read");
	uint64_t missing = (c.permitted | c.effective | c.inheritable) & ~held;
	if (missing)
		channel_warn(s->channel, "capabilities 0x%llx are not given: this process does not have them",
			     (unsigned long long)missing);
	c.permitted &= held;
	c.effective &= c.permitted;
	c.inheritable &= held;
	c.ambient &= c.permitted & c.inheritable;
	if (drop_bounding(c.bounding)) return fail(e, "capabilities", "bounding set");
	if (set_user(r, e)) return -1;
	if (r->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return fail(e, "no-new-privileges", "set");
	if (!r->no_new_privileges) {
		/* Loading a filter needs CAP_SYS_ADMIN then; the filter has to let one capset(2) pass. */
		if (write_sets(held, held, c.inheritable)) return fail(e, "capabilities", "raise");
		if (load_seccomp(r, e)) return -1;
	}
	if (write_sets(c.effective, c.permitted, c.inheritable)) return fail(e, "capabilities", "set");
	if (set_ambient(c.ambient)) return fail(e, "capabilities", "ambient");
	return r->no_new_privileges ? load_seccomp(r, e) : 0;
}
