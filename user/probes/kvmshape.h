/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmshape.h - where this kernel's KVM keeps the reason of an exit. Its modules come and go, so
 * this is looked up when their tracepoints are attached, not when the programs are loaded.
 */
#ifndef VIRTAX_KVMSHAPE_H
#define VIRTAX_KVMSHAPE_H

#include "abi_kvm.h"

struct btf;

/*
 * Looks it up in the types of the KVM that is loaded or built in. ret->isa is VTX_ISA_NONE if there
 * is none. ret->known is 0 if BTF does not describe modules' types (5.10, which passes the reason
 * itself).
 */
void kvmshape_find(struct vtx_kvm_shape *ret);

/* Looks it up in given types, those of the module for `isa`. */
void kvmshape_read(struct vtx_kvm_shape *ret, const struct btf *btf, enum vtx_isa isa);

#endif
