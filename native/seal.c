#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define EXECUTABLE_MEMFD 0x10u /* MFD_EXEC, since Linux 6.3 */

static int open_memory(void)
{
	int fd = memfd_create("tsbuild-native", MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE_MEMFD);
	return fd < 0 && errno == EINVAL ? memfd_create("tsbuild-native", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

int seal_self(char **argv, struct err *e)
{
	CLEANUP_CLOSE int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (self < 0 || fstat(self, &st)) return fail(e, "seal", "/proc/self/exe");
	int seals = fcntl(self, F_GET_SEALS);
	if (seals >= 0 && (seals & SEALS) == SEALS) return 0;
	CLEANUP_CLOSE int copy = open_memory();
	if (copy < 0) return fail(e, "seal", "memfd");
	for (off_t done = 0; done < st.st_size;) {
		ssize_t n = sendfile(copy, self, &done, (size_t)(st.st_size - done));
		if (n <= 0) return fail(e, "seal", "copy");
	}
	if (fcntl(copy, F_ADD_SEALS, SEALS)) return fail(e, "seal", "memfd");
	static char *const no_environment[] = {NULL};
	(void)syscall(SYS_execveat, copy, "", argv, no_environment, AT_EMPTY_PATH);
	return fail(e, "seal", "execute");
}
