/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmshape.h - where this kernel's KVM keeps the reason of an exit. Its modules may come and go, so
 * this is looked up when their tracepoints are hooked, not when the programs are loaded.
 */
#ifndef VIRTAX_KVMSHAPE_H
#define VIRTAX_KVMSHAPE_H

#include "abi_kvm.h"

struct btf;

/*
 * From the types of the KVM that is loaded (or built in); ret->isa is VTX_ISA_NONE if none is, and
 * ret->known is 0 where the kernel describes no module's types (5.10 does not, and passes the
 * reason itself).
 */
void kvm_shape_find(struct vtx_kvm_shape *ret);

/* Likewise for given types: of a module whose instruction set is `isa`. */
void kvm_shape_read(struct vtx_kvm_shape *ret, const struct btf *btf, enum vtx_isa isa);

#endif
