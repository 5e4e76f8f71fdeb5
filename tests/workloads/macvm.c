// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * macvm - a VM on a macvtap, without a guest: copied to a file with QEMU's name it holds the
 * macvtap's character device open, as QEMU does, and passes frames between it and a tap in another
 * network namespace, whose network stack acts as the guest. VTXT_MACVM="CHARDEV NETNS TAP"
 * configures it; the arguments are QEMU's, for programs that read them. Prints `pid` when it is
 * ready; relays until its input ends; then prints how many frames went to and came from the guest.
 */
#include "load.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>

#define FRAME_BYTES 65536

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		load_die(path);
	return fd;
}

/* Plain frames, without a virtio header. */
static void set_frames(int fd, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, TUNSETIFF, &request))
		load_die("TUNSETIFF");
}

static int open_guest(const char *netns, const char *tap)
{
	int home = open_or_die("/proc/self/ns/net", O_RDONLY), there = open_or_die(netns, O_RDONLY);
	int fd = -1;

	if (setns(there, CLONE_NEWNET))
		load_die("setns");
	fd = open_or_die("/dev/net/tun", O_RDWR | O_NONBLOCK);
	set_frames(fd, tap);
	if (setns(home, CLONE_NEWNET))
		load_die("setns");
	close(home);
	close(there);
	return fd;
}

/* Passes all pending frames; drops one that the other side does not accept, as on any wire. */
static uint64_t pass(int from, int to)
{
	static char frame[FRAME_BYTES];
	uint64_t passed = 0;
	ssize_t n;

	while ((n = read(from, frame, sizeof(frame))) > 0)
		passed += write(to, frame, n) == n;
	return passed;
}

int main(void)
{
	char chardev[64], netns[256], tap[IFNAMSIZ];
	const char *env = getenv("VTXT_MACVM");
	uint64_t to_guest = 0, from_guest = 0;
	struct pollfd fds[3];
	int outer, inner;

	if (!env || sscanf(env, "%63s %255s %15s", chardev, netns, tap) != 3)
		load_die("VTXT_MACVM");
	outer = open_or_die(chardev, O_RDWR | O_NONBLOCK);
	set_frames(outer, "");
	inner = open_guest(netns, tap);
	fds[0] = (struct pollfd){.fd = outer, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = inner, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	load_print("pid", getpid());
	while (poll(fds, 3, -1) > 0 && !fds[2].revents) {
		to_guest += pass(outer, inner);
		from_guest += pass(inner, outer);
	}
	load_print("to_guest", to_guest);
	load_print("from_guest", from_guest);
	return 0;
}
