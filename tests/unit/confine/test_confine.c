// SPDX-License-Identifier: GPL-2.0-or-later
/* What a confined process can no longer do, tried in a child; and what it still can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "confine/confine.h"

/* Runs `what` confined; true if it returned true. */
static bool in_child(bool (*what)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct verr verr = {};

		_exit(confine(&verr) || !what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool refused(long result)
{
	return result == -1 && errno == EPERM;
}

static bool starts_nothing(void)
{
	char *argv[] = {"/bin/true", NULL};

	return refused(execve(argv[0], argv, NULL)) && refused(fork()) && refused(vfork()) &&
	       refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static bool harms_nobody(void)
{
	return refused(kill(getppid(), 0)) && refused(kill(getppid(), SIGCONT)) &&
	       refused(ptrace(PTRACE_TRACEME, 0, 0, 0)) &&
	       refused(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)) &&
	       refused(syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0));
}

static bool changes_nothing(void)
{
	return refused(mount("none", "/nowhere", "tmpfs", 0, NULL)) &&
	       refused(umount2("/nowhere", 0)) && refused(chroot("/")) &&
	       refused(setresuid(0, 0, 0)) && refused(syscall(SYS_setns, 0, 0)) &&
	       refused(syscall(SYS_unshare, 0)) && refused(sethostname("a", 1)) &&
	       refused(syscall(SYS_init_module, NULL, 0, "")) &&
	       refused(rename("/nowhere", "/nowhere2")) && refused(mkdir("/nowhere", 0700)) &&
	       refused(truncate("/nowhere", 0)) && refused(chmod("/nowhere", 0)) &&
	       refused(chown("/nowhere", 0, 0)) && refused(syscall(SYS_reboot, 0, 0, 0, 0));
}

static bool connects_to_nobody(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && refused(connect(fd, (struct sockaddr *)&at, sizeof(at)));
}

static bool gets_nothing_back(void)
{
	static const cap_value_t gone[] = {CAP_SYS_ADMIN, CAP_DAC_OVERRIDE, CAP_SETUID,
					   CAP_KILL,      CAP_SYS_MODULE,   CAP_SYS_RAWIO,
					   CAP_SYS_BOOT,  CAP_CHOWN};
	cap_t caps = cap_get_proc();
	cap_flag_value_t set = CAP_SET;

	for (size_t i = 0; caps && i < ARRAY_SIZE(gone); i++) {
		cap_value_t cap = gone[i];

		if (cap_get_flag(caps, cap, CAP_PERMITTED, &set) || set == CAP_SET)
			return false;
	}
	return caps && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	       prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

static bool reads_still(void)
{
	char text[64];
	int fd = open("/proc/self/stat", O_RDONLY);

	return fd >= 0 && read(fd, text, sizeof(text)) > 0 && !close(fd) && malloc(1 << 22) &&
	       write(STDOUT_FILENO, "", 0) == 0;
}

static void refuses(void **state)
{
	assert_true(in_child(starts_nothing));
	assert_true(in_child(harms_nobody));
	assert_true(in_child(changes_nothing));
	assert_true(in_child(connects_to_nobody));
	assert_true(in_child(gets_nothing_back));
	assert_true(in_child(reads_still));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
