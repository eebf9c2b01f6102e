/*
 * Asks the kernel what seccomp decides without ever doing a call: a second filter hands every marked call to a listener,
 * which answers ALLOWED. The first filter wins where it refuses.
 * usage: probe FILTER, with FILTER a file of struct sock_filter[] to load first, or "-" for none.
 * stdin: lines of "NUMBER ARGUMENT0"; stdout: one errno per line.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MARK 0x5eccu
#define ALLOWED 1234

static int listener = -1;

static void *answer(void *unused)
{
	(void)unused;
	for (;;) {
		struct seccomp_notif request;
		struct seccomp_notif_resp response = {0};
		memset(&request, 0, sizeof request);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
			continue;
		response.id = request.id;
		response.error = -ALLOWED;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
	return NULL;
}

static void load(const char *path)
{
	static struct sock_filter code[4096];
	FILE *file = fopen(path, "r");
	size_t count = file ? fread(code, sizeof code[0], 4096, file) : 0;
	struct sock_fprog program = {(unsigned short)count, code};
	if (count == 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
		perror("load filter");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof code / sizeof code[0], code};
	pthread_t thread;
	uint64_t number, argument;

	if (argc != 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 2;
	if (strcmp(argv[1], "-") != 0)
		load(argv[1]);
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0 || pthread_create(&thread, NULL, answer, NULL) != 0) {
		perror("listen");
		return 1;
	}
	while (scanf("%" SCNu64 " %" SCNu64, &number, &argument) == 2) {
		long rc = syscall((long)number, argument, 0L, 0L, 0L, 0L, (long)MARK);
		printf("%d\n", rc == -1 ? errno : 0);
	}
	fflush(stdout);
	_exit(0);
}
