/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exits.h - exits from guests: names of their reasons, and lists of what was counted. */
#ifndef VIRTAX_EXITS_H
#define VIRTAX_EXITS_H

#include "abi_kvm.h"
#include "model/run.h"

/*
 * The name of a reason (index as in bpf/exit_index.h), as the CPU's vendor and the kernel call it,
 * in capitals. Unnamed reasons are shown as a number. ret holds RUN_EXIT_NAME bytes.
 */
void exit_name(char *ret, enum vtx_isa isa, uint32_t index);

/* Likewise for a return to user space: KVM_EXIT_… of the kernel's interface without the prefix. */
void exit_user_name(char *ret, uint32_t index);

/*
 * The difference between two states of a slot's counters (`from` may be NULL: all zero).
 * with_lists: also by reason, by decreasing host time; run__free frees the lists. Returns 0 or
 * -ENOMEM.
 */
int exits_attribute(struct run_kvm *ret, const struct vtx_exits *from, const struct vtx_exits *to,
		    enum vtx_isa isa, bool with_lists);

/* Are there exits whose reason could not be read, because the kernel does not say where it is? */
bool exits_unread(const struct run_kvm *kvm);

#endif
