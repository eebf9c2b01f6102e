#include "fsids.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsids_take(uint32_t uid, uint32_t gid)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];
	(void)setfsgid(gid);
	(void)setfsuid(uid);
	/* The kernel takes those about files away with the id. */
	if (syscall(SYS_capget, &header, sets)) return -1;
	for (int i = 0; i < 2; i++) sets[i].effective = sets[i].permitted;
	return syscall(SYS_capset, &header, sets) ? -1 : 0;
}
