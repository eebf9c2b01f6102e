/* Device rules of cgroup2: an eBPF program that the kernel asks before every mknod and open of a device node. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "cgroup.h"
#include "sys.h"

static int open_cgroup2(const struct request *request)
{
	for (size_t i = 0; i < request->cgroups.count; i++) {
		struct statfs fs;
		CLEANUP_CLOSE int fd =
			open(request->cgroups.items[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC) return steal_fd(&fd);
	}
	return -1;
}

static int load_program(const struct request *request)
{
	static const char license[] = "Apache-2.0";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)request->device_program,
		.insn_cnt = (uint32_t)request->device_program_count,
		.license = (uint64_t)(uintptr_t)license,
	};
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

/* Before 5.11 programs count as locked memory of the user; the limit is lifted for the moment of loading. */
static int load_unlimited(const struct request *request)
{
	struct rlimit before;
	const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
	if (getrlimit(RLIMIT_MEMLOCK, &before) || setrlimit(RLIMIT_MEMLOCK, &unlimited)) {
		errno = EPERM;
		return -1;
	}
	int program = load_program(request);
	int error = errno;
	(void)setrlimit(RLIMIT_MEMLOCK, &before);
	errno = error;
	return program;
}

int cgroup_limit_devices(const struct request *request, struct err *e)
{
	if (!request->device_program) return 0;
	CLEANUP_CLOSE int cgroup = open_cgroup2(request);
	if (cgroup < 0) return fail_with(e, ENODEV, "device-program", "no cgroup2 directory");
	CLEANUP_CLOSE int program = load_program(request);
	if (program < 0 && errno == EPERM) program = load_unlimited(request);
	if (program < 0) return fail(e, "device-program", "load");
	/* The cgroup holds the program from here on. MULTI: the programs of outer cgroups are asked too. */
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	return sys_bpf(BPF_PROG_ATTACH, &attr) < 0 ? fail(e, "device-program", "attach") : 0;
}
