// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guestvm - a VMM of its own: one vCPU, whose guest writes to a port as often as requested, and
 * spins before each time. Each write returns to this program. The guest runs in 64-bit mode at CPL
 * 3, which every KVM of x86 runs at its own speed, also one without VMX and SVM.
 *
 *   guestvm [-t] [-n NAME] [-w] EXITS SPIN   (options are for others to see, but for these:)
 *   -t: the vCPU runs in a thread of its own; -w: its name is that of a kvmtool's vCPU
 *
 * Prints `pid`, waits for one byte of input, runs the guest, prints `exits`, `returned` and `cpu`
 * (the vCPU thread's), and stays until its input ends. Status 77: no KVM here, or not x86.
 */
#include "load.h"

#ifndef __x86_64__
int main(void)
{
	return 77;
}
#else

#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define RAM_BYTES  (64u << 20)
#define TABLES     0x1000u /* three pages: PML4, PDPT, PD */
#define TABLE(n)   (TABLES + (n)*0x1000u)
#define CODE       0x10000u
#define PORT       0x40u
#define ENTRY_ALL  0x7u  /* present, writable, user */
#define ENTRY_HUGE 0x87u /* … of 2 MiB */

/* rbx: exits to go; rcx: turns of the loop before each. */
static const uint8_t guest_code[] = {
	0x48, 0x89, 0xc8, /* 1: mov rax, rcx */
	0x48, 0x85, 0xc0, /*    test rax, rax */
	0x74, 0x05,       /*    jz 3f */
	0x48, 0xff, 0xc8, /* 2: dec rax */
	0x75, 0xfb,       /*    jnz 2b */
	0xe6, PORT,       /* 3: out PORT, al */
	0x48, 0xff, 0xcb, /*    dec rbx */
	0x75, 0xec,       /*    jnz 1b */
	0xeb, 0xfe,       /*    jmp . (never reached: the last exit ends it) */
};

struct vm {
	int kvm, fd, vcpu;
	uint8_t *ram;
	struct kvm_run *run;
	uint64_t exits, spin, returned, cpu_ns;
	bool named;
};

static int call(int fd, unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		load_die(what);
	return ret;
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){.limit = ~0u,
				    .selector = selector,
				    .type = type,
				    .present = 1,
				    .dpl = 3,
				    .db = !code,
				    .s = 1,
				    .l = code,
				    .g = 1};
}

/* The first GiB is mapped to itself, and the vCPU is in user mode of 64-bit mode. */
static void set_mode(struct vm *vm)
{
	struct kvm_segment data = segment(0x23, 3, false);
	struct kvm_sregs regs;

	*(uint64_t *)(vm->ram + TABLE(0)) = TABLE(1) | ENTRY_ALL;
	*(uint64_t *)(vm->ram + TABLE(1)) = TABLE(2) | ENTRY_ALL;
	for (uint64_t i = 0; i < 512; i++)
		((uint64_t *)(vm->ram + TABLE(2)))[i] = i << 21 | ENTRY_HUGE;
	call(vm->vcpu, KVM_GET_SREGS, &regs, "KVM_GET_SREGS");
	regs.cs = segment(0x1b, 11, true);
	regs.ds = regs.es = regs.fs = regs.gs = regs.ss = data;
	regs.cr3 = TABLE(0);
	regs.cr4 = 1 << 5 | 1 << 9;                          /* PAE, FXSR */
	regs.cr0 = 1u << 31 | 1 << 16 | 1 << 5 | 1 << 4 | 1; /* paging, protection, x87 */
	regs.efer = 1 << 10 | 1 << 8;                        /* long mode, active */
	call(vm->vcpu, KVM_SET_SREGS, &regs, "KVM_SET_SREGS");
}

static void set_cpuid(const struct vm *vm)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entry[256];
	} id = {.head.nent = 256};

	call(vm->kvm, KVM_GET_SUPPORTED_CPUID, &id, "KVM_GET_SUPPORTED_CPUID");
	call(vm->vcpu, KVM_SET_CPUID2, &id, "KVM_SET_CPUID2");
}

static bool vm_open(struct vm *vm)
{
	struct kvm_userspace_memory_region slot = {.memory_size = RAM_BYTES};
	int size;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vm->fd = vm->kvm < 0 ? -1 : ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return false;
	vm->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm->ram == MAP_FAILED)
		load_die("mmap");
	memcpy(vm->ram + CODE, guest_code, sizeof(guest_code));
	ioctl(vm->fd, KVM_SET_TSS_ADDR, 0xfffbd000ul); /* only some need it */
	slot.userspace_addr = (uint64_t)(uintptr_t)vm->ram;
	call(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot, "KVM_SET_USER_MEMORY_REGION");
	vm->vcpu = call(vm->fd, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
	size = call(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
	vm->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		load_die("mmap");
	set_cpuid(vm);
	set_mode(vm);
	return true;
}

static void *run_guest(void *arg)
{
	struct vm *vm = arg;
	struct kvm_regs regs = {.rip = CODE, .rflags = 2 | 3 << 12 /* may use ports */};
	uint64_t left = vm->exits;

	if (vm->named)
		prctl(PR_SET_NAME, "kvm-vcpu-0");
	regs.rbx = vm->exits;
	regs.rcx = vm->spin;
	call(vm->vcpu, KVM_SET_REGS, &regs, "KVM_SET_REGS");
	while (left) {
		if (ioctl(vm->vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR)
				continue;
			load_die("KVM_RUN");
		}
		vm->returned++;
		if (vm->run->exit_reason != KVM_EXIT_IO || vm->run->io.port != PORT) {
			fprintf(stderr, "guestvm: exit %u\n", vm->run->exit_reason);
			exit(1);
		}
		left--;
	}
	vm->cpu_ns = load_now_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct option others[] = {
		{"id", required_argument, NULL, 'i'}, {"name", required_argument, NULL, 'i'}, {}};
	struct vm vm = {};
	bool threaded = false;
	pthread_t thread;
	int c;

	while ((c = getopt_long(argc, argv, "tw", others, NULL)) != -1) {
		threaded |= c == 't';
		vm.named |= c == 'w';
	}
	if (argc - optind != 2)
		return 64;
	vm.exits = strtoull(argv[optind], NULL, 10);
	vm.spin = strtoull(argv[optind + 1], NULL, 10);
	if (!vm_open(&vm))
		return 77;
	load_print("pid", (uint64_t)getpid());
	load_gate();
	if (!threaded)
		run_guest(&vm);
	else if (pthread_create(&thread, NULL, run_guest, &vm) || pthread_join(thread, NULL))
		load_die("pthread_create");
	load_print("exits", vm.exits);
	load_print("returned", vm.returned);
	load_print("cpu", vm.cpu_ns);
	while (getchar() != EOF)
		;
	return 0;
}
#endif
