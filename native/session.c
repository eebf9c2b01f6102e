#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "session.h"
#include "status.h"
#include "sys.h"
#include "util.h"

static struct termios saved;

/*
 * A socket cannot be opened through /dev/stdout, the caller's terminal is none of the program's business, and a directory
 * would lead to all of the host: in these cases the program gets a pipe.
 */
static bool needs_pipe(int fd)
{
	struct stat st;
	return (!fstat(fd, &st) && (S_ISSOCK(st.st_mode) || S_ISDIR(st.st_mode))) || isatty(fd);
}

static struct pump *new_pump(int from, int to)
{
	struct pump *r = xmalloc(sizeof *r);
	r->from = from;
	r->to = to;
	r->close_to = r->close_from = r->terminal = r->ended = r->detached = false;
	r->keys = NULL;
	r->start = r->size = 0;
	return r;
}

static void never_block(int fd)
{
	struct stat st;
	/* Of a socket or pipe of our own only: the flag is shared by all who have the same open file. */
	int flags = fcntl(fd, F_GETFL);
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode) && flags >= 0) (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static int open_pipe(struct session *s, int fd, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC)) return fail(e, "stdio", "pipe");
	s->stdio[fd] = fd == 0 ? ends[0] : ends[1];
	s->pumps[fd] = fd == 0 ? new_pump(fd, ends[1]) : new_pump(ends[0], fd);
	if (fd == 0) {
		s->pumps[fd]->close_to = true;
		never_block(ends[1]);
	} else {
		s->pumps[fd]->close_from = true;
	}
	return 0;
}

/* The size of the caller's terminal; false when it has none. */
static bool read_size(struct winsize *size)
{
	for (int fd = 0; fd < 3; fd++)
		if (!ioctl(fd, TIOCGWINSZ, size)) return size->ws_row && size->ws_col;
	return false;
}

static void copy_size(int terminal)
{
	struct winsize size;
	if (read_size(&size)) (void)ioctl(terminal, TIOCSWINSZ, &size);
}

int session_open(struct session *s, struct request *request, struct err *e)
{
	static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
	sigset_t set;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < COUNT(forwarded); i++) (void)sigaddset(&set, forwarded[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0) return fail(e, "stdio", "signalfd");
	/* Before the program can ask for it. */
	struct winsize size;
	if (request->terminal && read_size(&size)) {
		request->rows = size.ws_row;
		request->columns = size.ws_col;
	}
	for (int fd = 0; fd < 3; fd++) {
		s->stdio[fd] = fd;
		if (!request->terminal && needs_pipe(fd) && open_pipe(s, fd, e)) return -1;
	}
	return 0;
}

static void make_raw(struct session *s)
{
	struct termios raw;
	if (tcgetattr(STDIN_FILENO, &saved)) return;
	raw = saved;
	cfmakeraw(&raw);
	s->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void session_connect(struct session *s, const struct container *container)
{
	for (int fd = 0; fd < 3; fd++)
		if (s->stdio[fd] != fd) (void)close(s->stdio[fd]);
	if (container->terminal < 0) return;
	never_block(container->terminal);
	copy_size(container->terminal);
	make_raw(s);
	s->pumps[0] = new_pump(STDIN_FILENO, container->terminal);
	s->pumps[0]->terminal = true;
	s->pumps[0]->keys = &s->keys;
	s->pumps[1] = new_pump(container->terminal, STDOUT_FILENO);
}

static void take_signals(struct session *s, const struct container *container)
{
	struct signalfd_siginfo info;
	while (read(s->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGWINCH)
			(void)sys_pidfd_send_signal(container->pidfd, (int)info.ssi_signo);
		else if (container->terminal >= 0)
			copy_size(container->terminal);
	}
}

/* Nothing is said on the control socket after the request: bytes are ignored, the end means that the caller is gone. */
static bool caller_is_gone(int control)
{
	char bytes[256];
	ssize_t n = read(control, bytes, sizeof bytes);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void restore_terminal(struct session *s)
{
	if (s->raw) (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	s->raw = false;
}

/* The keys were typed: the caller gets its terminal back, and what the program writes goes nowhere. */
static void leave_caller(struct session *s)
{
	struct pump *input = s->pumps[0];
	(void)!write(input->to, input->bytes, input->size);
	input->ended = true;
	s->pumps[1]->to = -1;
	restore_terminal(s);
	status_detached(s->control, 1);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++) (void)dup2(null, fd);
	/* The descriptor stays taken: status lines after this go nowhere. */
	if (null >= 0) (void)dup2(null, s->control);
	s->control = -1;
	(void)setsid();
}

void session_run(struct session *s, const struct container *container)
{
	for (;;) {
		struct pollfd polls[6] = {{.fd = container->pidfd, .events = POLLIN},
					  {.fd = s->signals, .events = POLLIN},
					  {.fd = s->control, .events = POLLIN}};
		for (int i = 0; i < 3; i++)
			polls[3 + i] = s->pumps[i] ? pump_interest(s->pumps[i]) : (struct pollfd){.fd = -1};
		if (poll(polls, COUNT(polls), -1) < 0) continue;
		if (polls[0].revents) break;
		if (polls[1].revents) take_signals(s, container);
		if (polls[2].revents && caller_is_gone(s->control)) {
			container_kill(container);
			s->control = -1;
		}
		for (int i = 0; i < 3; i++)
			if (s->pumps[i]) pump_step(s->pumps[i], &polls[3 + i]);
		if (s->pumps[0] && s->pumps[0]->detached && !s->pumps[0]->ended) leave_caller(s);
	}
	for (int i = 1; i < 3; i++)
		if (s->pumps[i]) pump_drain(s->pumps[i]);
}

void session_close(struct session *s)
{
	restore_terminal(s);
	for (int i = 0; i < 3; i++) free(s->pumps[i]);
	if (s->signals >= 0) (void)close(s->signals);
}
