// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvmvm - a KVM VM that never enters its guest: copied to a file with QEMU's name it has QEMU's
 * files, and a thread without a name that waits in KVM_RUN. Its vCPU 1 is a secondary processor
 * that nothing starts. Another thread does nothing. Prints `pid` and the threads' numbers; stays
 * until its input ends. Status 77: no KVM here.
 */
#include "load.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static void *run(void *arg)
{
	load_print("vcpu", (uint64_t)syscall(SYS_gettid));
	ioctl((int)(intptr_t)arg, KVM_RUN, 0);
	pause();
	return NULL;
}

static void *idle(void *arg)
{
	(void)arg;
	load_print("other", (uint64_t)syscall(SYS_gettid));
	pause();
	return NULL;
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu;
	pthread_t thread;

	vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return 77;
	if (ioctl(vm, KVM_CREATE_IRQCHIP, 0) || ioctl(vm, KVM_CREATE_VCPU, 0) < 0)
		return 77;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 1);
	if (vcpu < 0)
		return 77;
	load_print("pid", (uint64_t)getpid());
	if (pthread_create(&thread, NULL, run, (void *)(intptr_t)vcpu) ||
	    pthread_create(&thread, NULL, idle, NULL))
		load_die("pthread_create");
	while (getchar() != EOF)
		;
	return 0;
}
