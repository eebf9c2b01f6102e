/*
 * attach DIR [--no-stdin] [--detach-keys HEX] [--tty]: our stdio becomes that of a running container (monitor_attach.h).
 * 0 when the container has ended, 1 when the keys were typed or SIGUSR1 came, 125 when nobody listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "detach_keys.h"
#include "monitor_attach.h"
#include "util.h"
#include "verbs.h"

enum { ENDED = 0, DETACHED = 1, FAILED = 125 };

struct attachment {
	int socket, signals;
	bool reads, terminal, raw;
	struct detach_keys keys;
	struct termios saved;
	size_t size; /* of a message that the monitor has not taken yet */
	char message[1 + ATTACH_CHUNK];
};

static int connect_to(const char *dir)
{
	CLEANUP_CLOSE int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	/* A path may be longer than an address of a socket. */
	(void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" ATTACH_SOCKET, dirfd);
	if (dirfd < 0 || fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return -1;
	return steal_fd(&fd);
}

/* Never waits: while the container does not read, what it writes must be taken all the same. */
static bool say(const struct attachment *a, const char *message, size_t size)
{
	return send(a->socket, message, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

static void say_size(const struct attachment *a)
{
	struct winsize size;
	if (!a->terminal || (ioctl(0, TIOCGWINSZ, &size) < 0 && ioctl(1, TIOCGWINSZ, &size) < 0)) return;
	const uint16_t words[2] = {size.ws_row, size.ws_col};
	char message[1 + sizeof words] = {ATTACH_SIZE};
	memcpy(message + 1, words, sizeof words);
	(void)say(a, message, sizeof message);
}

static void push(struct attachment *a)
{
	if (a->size > 0 && say(a, a->message, a->size)) a->size = 0;
}

/* True when the keys to leave were typed. */
static bool pass_input(struct attachment *a)
{
	char typed[ATTACH_CHUNK - DETACH_KEYS_MAX];
	bool detached = false;
	ssize_t n = read(0, typed, sizeof typed);
	if (n < 0 && (errno == EINTR || errno == EAGAIN)) return false;
	if (n <= 0) {
		a->reads = false;
		a->message[0] = ATTACH_STDIN_END;
		a->size = 1;
	} else {
		a->message[0] = ATTACH_STDIN;
		size_t length = detach_keys_filter(&a->keys, typed, (size_t)n, a->message + 1, &detached);
		a->size = length > 0 ? 1 + length : 0;
	}
	push(a);
	return detached;
}

/* False at the end. Our reader may be slow: then the container waits for us. One that is gone ends us, by SIGPIPE. */
static bool pass_output(const struct attachment *a)
{
	static char message[1 + ATTACH_CHUNK];
	ssize_t n = recv(a->socket, message, sizeof message, 0);
	if (n < 0 && errno == EINTR) return true;
	if (n <= 0) return false;
	return write_all(message[0] == ATTACH_STDERR ? 2 : 1, message + 1, (size_t)n - 1) == 0;
}

static int relay(struct attachment *a)
{
	for (;;) {
		struct pollfd polls[] = {{.fd = a->socket, .events = (short)(POLLIN | (a->size > 0 ? POLLOUT : 0))},
					 {.fd = a->reads && !a->size ? 0 : -1, .events = POLLIN},
					 {.fd = a->signals, .events = POLLIN}};
		if (poll(polls, COUNT(polls), -1) < 0) continue;
		struct signalfd_siginfo info;
		if (polls[2].revents && read(a->signals, &info, sizeof info) == sizeof info) {
			if (info.ssi_signo == SIGUSR1) return DETACHED;
			say_size(a);
		}
		if (polls[0].revents & POLLOUT) push(a);
		if (polls[0].revents & ~POLLOUT && !pass_output(a)) return ENDED;
		if (polls[1].revents && pass_input(a)) return DETACHED;
	}
}

/* SIGUSR1 asks us to leave; it comes also when the program that started us is gone. */
static void open_signals(struct attachment *a)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGWINCH);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	(void)prctl(PR_SET_PDEATHSIG, SIGUSR1);
	/* That program passes signals on to the container, or does not: they are not for us. */
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR2};
	for (size_t i = 0; i < COUNT(ignored); i++) (void)signal(ignored[i], SIG_IGN);
}

static void open_terminal(struct attachment *a)
{
	say_size(a);
	if (!a->reads || tcgetattr(0, &a->saved) < 0) return;
	struct termios mode = a->saved;
	cfmakeraw(&mode);
	a->raw = tcsetattr(0, TCSADRAIN, &mode) == 0;
}

int attach_main(int argc, char **argv)
{
	static struct attachment a = {.reads = true, .signals = -1};
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--no-stdin")) a.reads = false;
		else if (!strcmp(argv[i], "--tty")) a.terminal = true;
		else if (strcmp(argv[i], "--detach-keys") || ++i >= argc || detach_keys_parse(&a.keys, argv[i])) return 2;
	}
	if (!a.terminal) a.keys.count = 0;
	if (argc < 2 || (a.socket = connect_to(argv[1])) < 0) return FAILED;
	open_signals(&a);
	if (a.terminal) open_terminal(&a);
	int result = relay(&a);
	if (a.raw) (void)tcsetattr(0, TCSADRAIN, &a.saved);
	return result;
}
