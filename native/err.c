#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fill(struct err *e, int number, const char *step, const char *format, va_list args)
{
	memset(e, 0, sizeof *e);
	e->number = number;
	(void)snprintf(e->step, sizeof e->step, "%s", step);
	(void)vsnprintf(e->arg, sizeof e->arg, format, args);
	return -1;
}

int fail(struct err *e, const char *step, const char *format, ...)
{
	int number = errno;
	va_list args;
	va_start(args, format);
	(void)fill(e, number, step, format, args);
	va_end(args);
	errno = number;
	return -1;
}

int fail_with(struct err *e, int number, const char *step, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)fill(e, number, step, format, args);
	va_end(args);
	errno = number;
	return -1;
}

const char *errno_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{EPERM, "EPERM"}, {ENOENT, "ENOENT"}, {ESRCH, "ESRCH"}, {EINTR, "EINTR"}, {EIO, "EIO"},
		{ENXIO, "ENXIO"}, {E2BIG, "E2BIG"}, {ENOEXEC, "ENOEXEC"}, {EBADF, "EBADF"}, {ECHILD, "ECHILD"},
		{EAGAIN, "EAGAIN"}, {ENOMEM, "ENOMEM"}, {EACCES, "EACCES"}, {EFAULT, "EFAULT"}, {EBUSY, "EBUSY"},
		{EEXIST, "EEXIST"}, {EXDEV, "EXDEV"}, {ENODEV, "ENODEV"}, {ENOTDIR, "ENOTDIR"}, {EISDIR, "EISDIR"},
		{EINVAL, "EINVAL"}, {ENFILE, "ENFILE"}, {EMFILE, "EMFILE"}, {ENOTTY, "ENOTTY"}, {ETXTBSY, "ETXTBSY"},
		{EFBIG, "EFBIG"}, {ENOSPC, "ENOSPC"}, {EROFS, "EROFS"}, {EMLINK, "EMLINK"}, {EPIPE, "EPIPE"},
		{ERANGE, "ERANGE"}, {ENAMETOOLONG, "ENAMETOOLONG"}, {ENOSYS, "ENOSYS"}, {ENOTEMPTY, "ENOTEMPTY"},
		{ELOOP, "ELOOP"}, {ENODATA, "ENODATA"}, {EPROTO, "EPROTO"}, {EBADMSG, "EBADMSG"},
		{EOVERFLOW, "EOVERFLOW"}, {EUSERS, "EUSERS"}, {EOPNOTSUPP, "EOPNOTSUPP"}, {EADDRINUSE, "EADDRINUSE"},
		{EADDRNOTAVAIL, "EADDRNOTAVAIL"}, {ENETDOWN, "ENETDOWN"}, {ENETUNREACH, "ENETUNREACH"},
		{ENOBUFS, "ENOBUFS"}, {ETIMEDOUT, "ETIMEDOUT"}, {ECONNREFUSED, "ECONNREFUSED"}, {ESTALE, "ESTALE"},
		{EDQUOT, "EDQUOT"}, {ELIBBAD, "ELIBBAD"}, {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
	};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number) return names[i].name;
	return "E?";
}
