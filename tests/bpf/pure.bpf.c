// SPDX-License-Identifier: GPL-2.0-or-later
/* pure.bpf.c - runs the pure headers in BPF: test_bpf.c compares with the host's results. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "exit_index.h"
#include "hist.h"
#include "role.h"

char LICENSE[] SEC("license") = "GPL";

__u64 value_ns;
char comm[16];
__u32 lat_bucket, wait_bucket, role, svm, vmx, arm;

SEC("syscall")
int pure(void *ctx)
{
	lat_bucket = vtx_lat_bucket(value_ns);
	wait_bucket = vtx_wait_bucket(value_ns);
	role = vm_thread_role(comm);
	svm = exit_index_svm(value_ns);
	vmx = exit_index_vmx(value_ns);
	arm = exit_index_arm(value_ns, value_ns >> 32);
	return 0;
}
