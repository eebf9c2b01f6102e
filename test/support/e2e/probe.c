/*
 * What an attacker's program would try, one verb each. Plain system calls, so that no library stands between. Refuses to
 * run where the root is no overlay: it must never be started on the host. Arguments are such that a call which is let
 * through fails all the same (a bad address) wherever its success would change the machine.
 *   calls            every call of the table: NAME ok|ERRNO
 *   open-device MAJ MIN   mknod and open of a block device: ok|ERRNO
 *   abstract listen|connect NAME   a socket in the abstract name space
 *   overwrite        writes to every executable in /proc that is not this container's, until killed
 *   exchange A B     swaps two names for as long as it lives
 *   terminal         for descriptors 0-2: terminal or not; TIOCSTI on them and on /dev/tty
 *   keyring          serial number of the session keyring
 *   places [leave]   takes a port, an abstract name and a label for flows; leaves the sockets behind in messages to each other
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static char zeros[4096];
/* An address that is never mapped. */
static char *const bad = (char *)1;

#if defined(__x86_64__)
/* The 32 bit entry of the kernel: numbers and filter of another architecture. */
static long call32(long number, long a, long b, long c)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}
#endif

static void say(const char *name, long result)
{
	if (result >= 0)
		printf("%s ok\n", name);
	else
		printf("%s %s\n", name, strerrorname_np(errno));
}

#define TRY(name, ...) \
	do { \
		errno = 0; \
		say(name, syscall(__VA_ARGS__)); \
	} while (0)

/* Calls that change the caller are tried by a child. */
#define FORKED(name, ...) \
	do { \
		fflush(stdout); \
		pid_t child = fork(); \
		if (child == 0) { \
			TRY(name, __VA_ARGS__); \
			fflush(stdout); \
			_exit(0); \
		} \
		waitpid(child, NULL, 0); \
	} while (0)

static int calls(void)
{
	TRY("socket-inet", SYS_socket, AF_INET, SOCK_STREAM, 0);
	TRY("socket-unix", SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	TRY("socket-netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 0);
	TRY("socket-alg", SYS_socket, 38, SOCK_SEQPACKET, 0);
	TRY("socket-vsock", SYS_socket, 40, SOCK_STREAM, 0);
	TRY("io_uring_setup", 425, 1, zeros);
	TRY("io_uring_enter", 426, -1, 0, 0, 0, NULL, 0);
	TRY("io_uring_register", 427, -1, 0, NULL, 0);
	FORKED("unshare-user", SYS_unshare, CLONE_NEWUSER);
	FORKED("unshare-mount", SYS_unshare, CLONE_NEWNS);
	FORKED("clone-user", SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	TRY("clone3", 435, zeros, 88);
	TRY("setns", SYS_setns, 0, 0);
	TRY("keyctl", SYS_keyctl, 0, -3, 0);
	TRY("add_key", SYS_add_key, "user", "probe", "x", 1, -3);
	TRY("request_key", SYS_request_key, "user", "probe", NULL, -3);
	TRY("userfaultfd", SYS_userfaultfd, 0);
	TRY("bpf", SYS_bpf, 0, zeros, 72);
	TRY("perf_event_open", SYS_perf_event_open, zeros, 0, -1, -1, 0);
	TRY("mount", SYS_mount, "none", bad, "tmpfs", 0, NULL);
	TRY("umount2", SYS_umount2, bad, 0);
	TRY("pivot_root", SYS_pivot_root, bad, bad);
	TRY("fsopen", 430, "tmpfs", 0);
	TRY("open_tree", 428, AT_FDCWD, "/", 1);
	TRY("move_mount", 429, AT_FDCWD, bad, AT_FDCWD, bad, 0);
	TRY("mount_setattr", 442, AT_FDCWD, bad, 0, bad, 32);
	TRY("open_by_handle_at", SYS_open_by_handle_at, AT_FDCWD, zeros, O_RDONLY);
	TRY("init_module", SYS_init_module, bad, 0, bad);
	TRY("finit_module", SYS_finit_module, 0, "", 0);
	TRY("delete_module", SYS_delete_module, bad, 0);
	TRY("kexec_load", SYS_kexec_load, 0, 1, bad, 0);
	TRY("reboot", SYS_reboot, 0, 0, 0, NULL);
	TRY("swapon", SYS_swapon, bad, 0);
	TRY("acct", SYS_acct, bad);
	TRY("settimeofday", SYS_settimeofday, bad, NULL);
	TRY("clock_settime", SYS_clock_settime, 0, bad);
	TRY("syslog", SYS_syslog, 10, NULL, 0);
	TRY("quotactl", SYS_quotactl, 0, NULL, 0, NULL);
	TRY("lookup_dcookie", SYS_lookup_dcookie, 0, zeros, 10);
	TRY("personality-odd", SYS_personality, 0x0040000);
	TRY("personality-query", SYS_personality, 0xffffffff);
	TRY("chroot", SYS_chroot, "/");
	FORKED("ptrace-traceme", SYS_ptrace, 0, 0, 0, 0);
	TRY("memfd_create", SYS_memfd_create, "probe", 0);
	TRY("io_setup-bad", SYS_io_setup, 0, NULL);
#if defined(__x86_64__)
	TRY("iopl", SYS_iopl, 3);
	TRY("ioperm", SYS_ioperm, 0, 1, 1);
	TRY("x32-keyctl", 0x40000000 + SYS_keyctl, 0, -3, 0);
	say("i386-keyctl", call32(288, 0, -3, 0));
	say("i386-socket-alg", call32(359, 38, SOCK_SEQPACKET, 0));
	say("i386-unshare-user", call32(310, CLONE_NEWUSER, 0, 0));
	say("i386-socket-inet", call32(359, AF_INET, SOCK_STREAM, 0));
	say("i386-getpid", call32(20, 0, 0, 0));
#endif
	return 0;
}

static int open_device(const char *major, const char *minor)
{
	(void)unlink("/tmp/disk");
	if (mknod("/tmp/disk", S_IFBLK | 0600, makedev(atoi(major), atoi(minor)))) {
		printf("mknod %s\n", strerrorname_np(errno));
		return 0;
	}
	printf("mknod ok\n");
	say("open", open("/tmp/disk", O_RDONLY));
	(void)unlink("/tmp/disk");
	return 0;
}

static int abstract(const char *verb, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
	socklen_t size = (socklen_t)(sizeof(sa_family_t) + 1 + strlen(name));
	if (!strcmp(verb, "connect")) {
		say("connect", connect(fd, (void *)&address, size));
		return 0;
	}
	if (bind(fd, (void *)&address, size) || listen(fd, 5)) return 1;
	puts("listening");
	fflush(stdout);
	for (;;) pause();
}

static _Noreturn void overwrite(void)
{
	int hits = 0;
	for (;;)
		for (int pid = 1; pid < 3000; pid++) {
			char path[64], target[256];
			(void)snprintf(path, sizeof path, "/proc/%d/exe", pid);
			ssize_t n = readlink(path, target, sizeof target - 1);
			if (n <= 0) continue;
			target[n] = 0;
			if (!strstr(target, "tsbuild")) continue;
			/* Held open so that the file is not busy any more when the program has moved on. */
			int fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0) continue;
			if (!hits++) puts("seen"), fflush(stdout);
			char again[64];
			(void)snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
			for (int i = 0; i < 2000; i++) {
				int out = open(again, O_WRONLY);
				if (out >= 0) {
					puts(write(out, "owned", 5) == 5 ? "written" : strerrorname_np(errno)), fflush(stdout);
					close(out);
					break;
				}
			}
			close(fd);
		}
}

static int terminal(void)
{
	char c = 'x';
	for (int fd = 0; fd < 3; fd++) {
		printf("%d %s ", fd, isatty(fd) ? "terminal" : "none");
		say("tiocsti", ioctl(fd, TIOCSTI, &c));
	}
	int tty = open("/dev/tty", O_RDWR);
	say("/dev/tty", tty);
	return 0;
}

/* IPV6_FLOWLABEL_MGR and struct in6_flowlabel_req of linux/in6.h, which goes with no header of the C library. */
static int lease_label(int s)
{
	struct {
		struct in6_addr to;
		uint32_t label;
		uint8_t action, share;
		uint16_t flags, expires, linger;
		uint32_t pad;
	} wish = {.to = IN6ADDR_LOOPBACK_INIT, .label = htonl(0x12345), .share = 1, .flags = 3, .expires = 60, .linger = 60};
	return setsockopt(s, IPPROTO_IPV6, 32, &wish, sizeof wish);
}

static long send_sockets(int through, const int *sockets, size_t size)
{
	char byte = 'x', control[CMSG_SPACE(8 * sizeof(int))];
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(size)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), sockets, size);
	return sendmsg(through, &message, 0);
}

static int places(int leave)
{
	struct sockaddr_in port = {.sin_family = AF_INET, .sin_port = htons(4444)};
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0left"};
	int pair[2], tcp = socket(AF_INET, SOCK_STREAM, 0), named = socket(AF_UNIX, SOCK_STREAM, 0);
	int label = socket(AF_INET6, SOCK_DGRAM, 0);
	say("port", bind(tcp, (struct sockaddr *)&port, sizeof port));
	say("listen", listen(tcp, 1));
	say("name", bind(named, (struct sockaddr *)&name, sizeof name));
	say("label", label < 0 ? 0 : lease_label(label));
	if (!leave || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 0;
	const int all[] = {pair[0], pair[1], tcp, named};
	say("left", send_sockets(pair[0], all, sizeof all));
	say("left", send_sockets(pair[1], all, sizeof all));
	return 0;
}

static int is_container(void)
{
	struct statfs fs;
	return !statfs("/", &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	/* These three do nothing to the machine. */
	if (!strcmp(verb, "abstract") && argc == 4) return abstract(argv[2], argv[3]);
	if (!strcmp(verb, "exchange") && argc == 4)
		for (;;) (void)syscall(SYS_renameat2, AT_FDCWD, argv[2], AT_FDCWD, argv[3], 2);
	if (!strcmp(verb, "keyring")) {
		printf("%ld\n", syscall(SYS_keyctl, 0, -3, 0));
		return 0;
	}
	if (!is_container()) {
		(void)fprintf(stderr, "probe: this is no container\n");
		return 3;
	}
	if (!strcmp(verb, "calls")) return calls();
	if (!strcmp(verb, "open-device") && argc == 4) return open_device(argv[2], argv[3]);
	if (!strcmp(verb, "overwrite")) overwrite();
	if (!strcmp(verb, "terminal")) return terminal();
	if (!strcmp(verb, "places")) return places(argc > 2);
	return 2;
}
