// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exits cpuid N | io N - leaves the guest it runs in for a known reason: N times by the instruction
 * CPUID, which KVM handles itself, or 2 N times by port accesses, which go to QEMU: each read of a
 * PCI device's first word is one write to an address port and one read of a data port. Prints how
 * long that took, in ns of the guest's clock.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>

static int config = -1;

static void leave_by_cpuid(void)
{
	unsigned a, b, c, d;

	__cpuid(0, a, b, c, d);
}

static void leave_by_io(void)
{
	char word[4];

	if (pread(config, word, sizeof(word), 0) != sizeof(word))
		abort();
}

static int has_pci(void)
{
	config = open("/sys/bus/pci/devices/0000:00:00.0/config", O_RDONLY | O_CLOEXEC);
	return config >= 0;
}
#else
#define leave_by_cpuid NULL
#define leave_by_io    NULL
#define has_pci()      0
#endif

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	void (*leave)(void) = NULL;
	uint64_t start;
	long n;

	if (argc == 3 && !strcmp(argv[1], "cpuid"))
		leave = leave_by_cpuid;
	else if (argc == 3 && !strcmp(argv[1], "io") && has_pci())
		leave = leave_by_io;
	if (!leave) {
		fprintf(stderr, "usage: exits cpuid|io N (x86, PCI)\n");
		return 2;
	}
	n = atol(argv[2]);
	start = now_ns();
	for (long i = 0; i < n; i++)
		leave();
	printf("%llu\n", (unsigned long long)(now_ns() - start));
	return 0;
}
