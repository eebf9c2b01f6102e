#include "images.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys.h"

struct loop {
	int fd;
	char path[32];
};

enum { LOOP_TRIES = 256 };

/* In a container's own /dev there are only the devices that were there when it started. */
static int open_device(const char *path, int number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT) return fd;
	if (mknod(path, S_IFBLK | 0660, makedev(LOOP_MAJOR, (unsigned)number)) && errno != EEXIST) return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Others look for free devices as well: whoever configures one first has it. */
static int attach(int control, int file, struct loop *loop)
{
	const struct loop_config config = {
		.fd = (uint32_t)file,
		.info = {.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR},
	};
	for (int tries = 0; tries < LOOP_TRIES; tries++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		if (number < 0) return -1;
		(void)snprintf(loop->path, sizeof loop->path, "/dev/loop%d", number);
		loop->fd = open_device(loop->path, number);
		if (loop->fd < 0) return -1;
		if (!ioctl(loop->fd, LOOP_CONFIGURE, &config)) return 0;
		int number_of_error = errno;
		(void)close(loop->fd);
		loop->fd = -1;
		if (errno = number_of_error, errno != EBUSY) return -1;
	}
	return -1;
}

/* A device with the file's bytes, which is given back when the descriptor and all its mounts are gone. */
static int loop_open(const char *path, struct loop *loop)
{
	loop->fd = -1;
	CLEANUP_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	CLEANUP_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC);
	return control < 0 || file < 0 ? -1 : attach(control, file, loop);
}

static int set(int fs, const char *key, const char *value) { return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

/* Devices, or files where the kernel takes them (6.12, EROFS_FS_BACKED_BY_FILE): the metadata, then the data in their order. */
static int mount_sources(const char *const *sources, size_t count)
{
	CLEANUP_CLOSE int fs = sys_fsopen("erofs");
	if (fs < 0) return -1;
	for (size_t i = 0; i < count; i++)
		if (set(fs, i ? "device" : "source", sources[i])) return -1;
	if (sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
	return sys_fsmount(fs, MOUNT_ATTR_RDONLY);
}

enum { FILES_MAX = 1 + IMAGE_DATA_MAX };

static int mount_on_loops(const char *const *files, size_t count, struct err *e)
{
	struct loop loops[FILES_MAX];
	const char *paths[FILES_MAX];
	size_t opened = 0;
	int mounted = -1;
	for (; opened < count && !loop_open(files[opened], &loops[opened]); opened++) paths[opened] = loops[opened].path;
	if (opened < count)
		(void)fail(e, "image", "%s", files[opened]);
	else if ((mounted = mount_sources(paths, count)) < 0)
		(void)fail(e, "image", "mount %s", *files);
	while (opened-- > 0) (void)close(loops[opened].fd);
	return mounted;
}

static int mount_image(const char *metadata, const struct request_image *image, struct err *e)
{
	const char *files[FILES_MAX] = {metadata};
	for (size_t i = 0; i < image->data_count; i++) files[i + 1] = image->data[i];
	if (!image->from_files) return mount_on_loops(files, image->data_count + 1, e);
	int mounted = mount_sources(files, image->data_count + 1);
	return mounted < 0 ? fail(e, "image", "mount %s", metadata) : mounted;
}

static int mount_all(const struct request_root *root, struct err *e)
{
	for (size_t i = 0; i < root->image_count; i++) {
		struct request_image *image = &root->images[i];
		image->mount = mount_image(root->lower.items[image->lower], image, e);
		if (image->mount < 0) return -1;
	}
	return 0;
}

static void release_all(const struct request_root *root)
{
	for (size_t i = 0; i < root->image_count; i++) {
		if (root->images[i].mount >= 0) (void)close(root->images[i].mount);
		root->images[i].mount = -1;
	}
}

int images_mount(const struct request *request, struct err *e)
{
	if (mount_all(&request->root, e)) return -1;
	for (size_t i = 0; i < request->tree_count; i++)
		if (mount_all(&request->trees[i], e)) return -1;
	return 0;
}

void images_release(const struct request *request)
{
	release_all(&request->root);
	for (size_t i = 0; i < request->tree_count; i++) release_all(&request->trees[i]);
}
