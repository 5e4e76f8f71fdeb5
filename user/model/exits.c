// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/exits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_index.h"
#include "model/snapshot.h"

/* clang-format off */

/* Intel SDM volume 3, appendix C. */
static const char *const vmx_name[VTX_EXIT_OTHER] = {
	[0] = "EXCEPTION_NMI",
	[1] = "EXTERNAL_INTERRUPT",
	[2] = "TRIPLE_FAULT",
	[3] = "INIT_SIGNAL",
	[4] = "SIPI_SIGNAL",
	[5] = "IO_SMI",
	[6] = "OTHER_SMI",
	[7] = "INTERRUPT_WINDOW",
	[8] = "NMI_WINDOW",
	[9] = "TASK_SWITCH",
	[10] = "CPUID",
	[11] = "GETSEC",
	[12] = "HLT",
	[13] = "INVD",
	[14] = "INVLPG",
	[15] = "RDPMC",
	[16] = "RDTSC",
	[17] = "RSM",
	[18] = "VMCALL",
	[19] = "VMCLEAR",
	[20] = "VMLAUNCH",
	[21] = "VMPTRLD",
	[22] = "VMPTRST",
	[23] = "VMREAD",
	[24] = "VMRESUME",
	[25] = "VMWRITE",
	[26] = "VMOFF",
	[27] = "VMON",
	[28] = "CR_ACCESS",
	[29] = "DR_ACCESS",
	[30] = "IO_INSTRUCTION",
	[31] = "MSR_READ",
	[32] = "MSR_WRITE",
	[33] = "INVALID_STATE",
	[34] = "MSR_LOAD_FAIL",
	[36] = "MWAIT_INSTRUCTION",
	[37] = "MONITOR_TRAP_FLAG",
	[39] = "MONITOR_INSTRUCTION",
	[40] = "PAUSE_INSTRUCTION",
	[41] = "MCE_DURING_VMENTRY",
	[43] = "TPR_BELOW_THRESHOLD",
	[44] = "APIC_ACCESS",
	[45] = "EOI_INDUCED",
	[46] = "GDTR_IDTR",
	[47] = "LDTR_TR",
	[48] = "EPT_VIOLATION",
	[49] = "EPT_MISCONFIG",
	[50] = "INVEPT",
	[51] = "RDTSCP",
	[52] = "PREEMPTION_TIMER",
	[53] = "INVVPID",
	[54] = "WBINVD",
	[55] = "XSETBV",
	[56] = "APIC_WRITE",
	[57] = "RDRAND",
	[58] = "INVPCID",
	[59] = "VMFUNC",
	[60] = "ENCLS",
	[61] = "RDSEED",
	[62] = "PML_FULL",
	[63] = "XSAVES",
	[64] = "XRSTORS",
	[66] = "SPP_EVENT",
	[67] = "UMWAIT",
	[68] = "TPAUSE",
	[69] = "LOADIWKEY",
	[74] = "BUS_LOCK",
	[75] = "NOTIFY",
	[76] = "SEAMCALL",
	[77] = "TDCALL",
	[78] = "MSRLIST_READ",
	[79] = "MSRLIST_WRITE",
	[84] = "MSR_READ_IMM",
	[85] = "MSR_WRITE_IMM",
};

/* AMD APM volume 2, appendix C. */
#define SVM(code) [(code)-VTX_SVM_BASE]
static const char *const svm_name[VTX_EXIT_OTHER] = {
	SVM(0x40) = "EXCP_DE",
	SVM(0x41) = "EXCP_DB",
	SVM(0x42) = "EXCP_NMI",
	SVM(0x43) = "EXCP_BP",
	SVM(0x44) = "EXCP_OF",
	SVM(0x45) = "EXCP_BR",
	SVM(0x46) = "EXCP_UD",
	SVM(0x47) = "EXCP_NM",
	SVM(0x48) = "EXCP_DF",
	SVM(0x4a) = "EXCP_TS",
	SVM(0x4b) = "EXCP_NP",
	SVM(0x4c) = "EXCP_SS",
	SVM(0x4d) = "EXCP_GP",
	SVM(0x4e) = "EXCP_PF",
	SVM(0x50) = "EXCP_MF",
	SVM(0x51) = "EXCP_AC",
	SVM(0x52) = "EXCP_MC",
	SVM(0x53) = "EXCP_XF",
	SVM(0x60) = "INTR",
	SVM(0x61) = "NMI",
	SVM(0x62) = "SMI",
	SVM(0x63) = "INIT",
	SVM(0x64) = "VINTR",
	SVM(0x65) = "CR0_SEL_WRITE",
	SVM(0x66) = "IDTR_READ",
	SVM(0x67) = "GDTR_READ",
	SVM(0x68) = "LDTR_READ",
	SVM(0x69) = "TR_READ",
	SVM(0x6a) = "IDTR_WRITE",
	SVM(0x6b) = "GDTR_WRITE",
	SVM(0x6c) = "LDTR_WRITE",
	SVM(0x6d) = "TR_WRITE",
	SVM(0x6e) = "RDTSC",
	SVM(0x6f) = "RDPMC",
	SVM(0x70) = "PUSHF",
	SVM(0x71) = "POPF",
	SVM(0x72) = "CPUID",
	SVM(0x73) = "RSM",
	SVM(0x74) = "IRET",
	SVM(0x75) = "SWINT",
	SVM(0x76) = "INVD",
	SVM(0x77) = "PAUSE",
	SVM(0x78) = "HLT",
	SVM(0x79) = "INVLPG",
	SVM(0x7a) = "INVLPGA",
	SVM(0x7b) = "IOIO",
	SVM(0x7c) = "MSR",
	SVM(0x7d) = "TASK_SWITCH",
	SVM(0x7e) = "FERR_FREEZE",
	SVM(0x7f) = "SHUTDOWN",
	SVM(0x80) = "VMRUN",
	SVM(0x81) = "VMMCALL",
	SVM(0x82) = "VMLOAD",
	SVM(0x83) = "VMSAVE",
	SVM(0x84) = "STGI",
	SVM(0x85) = "CLGI",
	SVM(0x86) = "SKINIT",
	SVM(0x87) = "RDTSCP",
	SVM(0x88) = "ICEBP",
	SVM(0x89) = "WBINVD",
	SVM(0x8a) = "MONITOR",
	SVM(0x8b) = "MWAIT",
	SVM(0x8c) = "MWAIT_COND",
	SVM(0x8d) = "XSETBV",
	SVM(0x8e) = "RDPRU",
	SVM(0x8f) = "EFER_WRITE_TRAP",
	SVM(0x90) = "CR0_WRITE_TRAP",
	SVM(0x94) = "CR4_WRITE_TRAP",
	SVM(0x98) = "CR8_WRITE_TRAP",
	SVM(0xa0) = "INVLPGB",
	SVM(0xa2) = "INVPCID",
	SVM(0xa3) = "MCOMMIT",
	SVM(0xa4) = "TLBSYNC",
	SVM(0xa5) = "BUSLOCK",
	SVM(0xa6) = "IDLE_HLT",
	[VTX_SVM_REGS] = "CR_READ",
	[VTX_SVM_REGS + 1] = "CR_WRITE",
	[VTX_SVM_REGS + 2] = "DR_READ",
	[VTX_SVM_REGS + 3] = "DR_WRITE",
	[VTX_SVM_LATE] = "NPF",
	[VTX_SVM_LATE + 1] = "AVIC_INCOMPLETE_IPI",
	[VTX_SVM_LATE + 2] = "AVIC_UNACCELERATED_ACCESS",
	[VTX_SVM_LATE + 3] = "VMGEXIT",
};

/* Arm ARM, ESR_ELx.EC; from VTX_ARM_EVENTS on, those that are not traps. */
static const char *const arm_name[VTX_EXIT_OTHER] = {
	[0x00] = "UNKNOWN",
	[0x01] = "WFx",
	[0x03] = "CP15_32",
	[0x04] = "CP15_64",
	[0x05] = "CP14_MR",
	[0x06] = "CP14_LS",
	[0x07] = "FP_ASIMD",
	[0x08] = "CP10_ID",
	[0x09] = "PAC",
	[0x0c] = "CP14_64",
	[0x0e] = "ILL",
	[0x11] = "SVC32",
	[0x12] = "HVC32",
	[0x13] = "SMC32",
	[0x15] = "SVC64",
	[0x16] = "HVC64",
	[0x17] = "SMC64",
	[0x18] = "SYS64",
	[0x19] = "SVE",
	[0x1a] = "ERET",
	[0x1f] = "IMP_DEF",
	[0x20] = "IABT_LOW",
	[0x21] = "IABT_CUR",
	[0x22] = "PC_ALIGN",
	[0x24] = "DABT_LOW",
	[0x25] = "DABT_CUR",
	[0x26] = "SP_ALIGN",
	[0x28] = "FP_EXC32",
	[0x2c] = "FP_EXC64",
	[0x2f] = "SERROR",
	[0x30] = "BREAKPT_LOW",
	[0x31] = "BREAKPT_CUR",
	[0x32] = "SOFTSTP_LOW",
	[0x33] = "SOFTSTP_CUR",
	[0x34] = "WATCHPT_LOW",
	[0x35] = "WATCHPT_CUR",
	[0x38] = "BKPT32",
	[0x3a] = "VECTOR32",
	[0x3c] = "BRK64",
	[VTX_ARM_EVENTS] = "IRQ",
	[VTX_ARM_EVENTS + 1] = "EL1_SERROR",
	[VTX_ARM_EVENTS + 3] = "ILLEGAL_RETURN",
};

/* include/uapi/linux/kvm.h */
static const char *const user_name[VTX_USER_EXITS] = {
	[0] = "UNKNOWN",
	[1] = "EXCEPTION",
	[2] = "IO",
	[3] = "HYPERCALL",
	[4] = "DEBUG",
	[5] = "HLT",
	[6] = "MMIO",
	[7] = "IRQ_WINDOW_OPEN",
	[8] = "SHUTDOWN",
	[9] = "FAIL_ENTRY",
	[10] = "INTR",
	[11] = "SET_TPR",
	[12] = "TPR_ACCESS",
	[13] = "S390_SIEIC",
	[14] = "S390_RESET",
	[15] = "DCR",
	[16] = "NMI",
	[17] = "INTERNAL_ERROR",
	[18] = "OSI",
	[19] = "PAPR_HCALL",
	[20] = "S390_UCONTROL",
	[21] = "WATCHDOG",
	[22] = "S390_TSCH",
	[23] = "EPR",
	[24] = "SYSTEM_EVENT",
	[25] = "S390_STSI",
	[26] = "IOAPIC_EOI",
	[27] = "HYPERV",
	[28] = "ARM_NISV",
	[29] = "X86_RDMSR",
	[30] = "X86_WRMSR",
	[31] = "DIRTY_RING_FULL",
	[32] = "AP_RESET_HOLD",
	[33] = "X86_BUS_LOCK",
	[34] = "XEN",
	[35] = "RISCV_SBI",
	[36] = "RISCV_CSR",
	[37] = "NOTIFY",
	[38] = "LOONGARCH_IOCSR",
	[39] = "MEMORY_FAULT",
	[40] = "TDX",
	[VTX_USER_SIGNAL] = "SIGNAL",
	[VTX_USER_ERROR] = "ERROR",
	[VTX_USER_OTHER] = "OTHER",
};

/* clang-format on */

void exit_name(char *ret, enum vtx_isa isa, uint32_t index)
{
	static const char *const *const names[VTX_ISAS] = {
		[VTX_ISA_VMX] = vmx_name, [VTX_ISA_SVM] = svm_name, [VTX_ISA_ARM] = arm_name};
	static const char *const isa_name[VTX_ISAS] = {"EXIT", "VMX", "SVM", "ARM"};
	const char *name = NULL;

	if (index == VTX_EXIT_OTHER)
		name = "OTHER";
	else if (index == VTX_EXIT_UNREAD)
		name = "UNREAD";
	else if (index < VTX_EXIT_OTHER && names[isa])
		name = names[isa][index];
	if (name)
		snprintf(ret, RUN_EXIT_NAME, "%s", name);
	else if (isa == VTX_ISA_SVM && index < VTX_SVM_DENSE)
		snprintf(ret, RUN_EXIT_NAME, "SVM_0x%03x", index + VTX_SVM_BASE);
	else
		snprintf(ret, RUN_EXIT_NAME, "%s_%u", isa_name[isa], index);
}

void exit_user_name(char *ret, uint32_t index)
{
	if (index < VTX_USER_EXITS && user_name[index])
		snprintf(ret, RUN_EXIT_NAME, "%s", user_name[index]);
	else
		snprintf(ret, RUN_EXIT_NAME, "KVM_EXIT_%u", index);
}

static struct vtx_exit exit_since(const struct vtx_exit *from, const struct vtx_exit *to)
{
	return (struct vtx_exit){.count = snapshot_since(from->count, to->count),
				 .ns = snapshot_since(from->ns, to->ns)};
}

static int most_first(const void *a, const void *b)
{
	const struct run_exit *one = a, *two = b;

	if (one->ns != two->ns)
		return one->ns < two->ns ? 1 : -1;
	if (one->count != two->count)
		return one->count < two->count ? 1 : -1;
	return strcmp(one->name, two->name);
}

/* Appends to a list that has room. */
static struct run_exit *append(struct run_exits *list, const struct vtx_exit *exit)
{
	struct run_exit *ret = &list->exit[list->n++];

	ret->count = exit->count;
	ret->ns = exit->ns;
	return ret;
}

static int make_lists(struct run_kvm *ret, const struct vtx_exits *from, const struct vtx_exits *to,
		      enum vtx_isa isa)
{
	struct vtx_exit d;

	ret->reasons.exit = calloc(VTX_EXIT_REASONS, sizeof(*ret->reasons.exit));
	ret->userspace.exit = calloc(VTX_USER_EXITS, sizeof(*ret->userspace.exit));
	if (!ret->reasons.exit || !ret->userspace.exit)
		return -ENOMEM; /* run__free frees the other */
	for (uint32_t i = 0; i < VTX_EXIT_REASONS; i++) {
		d = exit_since(&from->reason[i], &to->reason[i]);
		if (d.count)
			exit_name(append(&ret->reasons, &d)->name, isa, i);
	}
	for (uint32_t i = 0; i < VTX_USER_EXITS; i++) {
		d = exit_since(&from->user[i], &to->user[i]);
		if (d.count)
			exit_user_name(append(&ret->userspace, &d)->name, i);
	}
	qsort(ret->reasons.exit, ret->reasons.n, sizeof(struct run_exit), most_first);
	qsort(ret->userspace.exit, ret->userspace.n, sizeof(struct run_exit), most_first);
	return 0;
}

int exits_attribute(struct run_kvm *ret, const struct vtx_exits *from, const struct vtx_exits *to,
		    enum vtx_isa isa, bool with_lists)
{
	static const struct vtx_exits none;
	struct vtx_exit d;

	memset(ret, 0, sizeof(*ret));
	ret->present = true;
	from = from ? from : &none;
	for (uint32_t i = 0; i < VTX_EXIT_REASONS; i++) {
		d = exit_since(&from->reason[i], &to->reason[i]);
		ret->exits += d.count;
		ret->exit_ns += d.ns;
	}
	for (uint32_t i = 0; i < VTX_USER_EXITS; i++) {
		d = exit_since(&from->user[i], &to->user[i]);
		ret->userspace_exits += d.count;
		ret->userspace_ns += d.ns;
	}
	return with_lists ? make_lists(ret, from, to, isa) : 0;
}

bool exits_unread(const struct run_kvm *kvm)
{
	char name[RUN_EXIT_NAME];

	exit_name(name, VTX_ISA_NONE, VTX_EXIT_UNREAD);
	for (size_t i = 0; i < kvm->reasons.n; i++)
		if (!strcmp(kvm->reasons.exit[i].name, name))
			return true;
	return false;
}
