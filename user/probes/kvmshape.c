// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/kvmshape.h"

#include <bpf/btf.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

#define NOT_THERE UINT32_MAX

/*
 * Offset in bytes and type of a member of a struct or union, including those of anonymous members.
 */
static uint32_t member_at(const struct btf *btf, uint32_t id, const char *name, uint32_t *ret_type)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	uint32_t inner;

	if (!type || !btf_is_composite(type))
		return NOT_THERE;
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		uint32_t at = btf_member_bit_offset(type, i) / 8;
		const char *its_name = btf__name_by_offset(btf, member->name_off);

		if (its_name && !strcmp(its_name, name)) {
			*ret_type = (uint32_t)btf__resolve_type(btf, member->type);
			return at;
		}
		if (its_name && *its_name)
			continue;
		inner = member_at(btf, (uint32_t)btf__resolve_type(btf, member->type), name,
				  ret_type);
		if (inner != NOT_THERE)
			return at + inner;
	}
	return NOT_THERE;
}

/* Offset in bytes of a member of a member …; `path` ends with NULL. NOT_THERE: no such member. */
static uint32_t path_at(const struct btf *btf, const char *type, const char *const *path)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	uint32_t at, sum = 0, next = (uint32_t)id;

	if (id < 0)
		return NOT_THERE;
	for (; *path; path++) {
		at = member_at(btf, next, *path, &next);
		if (at == NOT_THERE)
			return NOT_THERE;
		sum += at;
	}
	return sum;
}

#define PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

void kvmshape_read(struct vtx_kvm_shape *ret, const struct btf *btf, enum vtx_isa isa)
{
	*ret = (struct vtx_kvm_shape){.isa = isa};
	if (isa == VTX_ISA_SVM) {
		ret->reason_off = path_at(btf, "vcpu_svm", PATH("vmcb"));
		ret->code_off = path_at(btf, "vmcb", PATH("control", "exit_code"));
	} else {
		ret->reason_off = path_at(btf, "vcpu_vmx", PATH("exit_reason"));
		if (ret->reason_off == NOT_THERE) /* 6.16 moved it to a part shared with TDX */
			ret->reason_off = path_at(btf, "vcpu_vmx", PATH("vt", "exit_reason"));
	}
	ret->known = ret->reason_off != NOT_THERE && ret->code_off != NOT_THERE;
}

void kvmshape_find(struct vtx_kvm_shape *ret)
{
	static const struct {
		const char *module, *there;
		enum vtx_isa isa;
	} known[] = {{"kvm_amd", "/sys/module/kvm_amd", VTX_ISA_SVM},
		     {"kvm_intel", "/sys/module/kvm_intel", VTX_ISA_VMX}};
	struct btf *kernel, *btf;

	*ret = (struct vtx_kvm_shape){};
#if defined(__aarch64__)
	ret->isa = VTX_ISA_ARM;
	ret->known = 1; /* its tracepoint passes the reason */
	return;
#endif
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (access(known[i].there, F_OK))
			continue;
		ret->isa = known[i].isa;
		kernel = btf__load_vmlinux_btf();
		btf = kernel ? btf__load_module_btf(known[i].module, kernel) : NULL;
		if (kernel) /* if built in, its types are the kernel's */
			kvmshape_read(ret, btf ? btf : kernel, known[i].isa);
		btf__free(btf);
		btf__free(kernel);
		return;
	}
}
