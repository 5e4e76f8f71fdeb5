// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/per_request.h"
#include "runfile/write_parts.h"

static void put_list(struct jsonw *w, const char *key, const struct run_exits *list)
{
	jsonw__object(w, key);
	for (size_t i = 0; i < list->n; i++) {
		jsonw__object_flat(w, list->exit[i].name);
		json_fields(w, exit_fields, &list->exit[i]);
		jsonw__end_object(w);
	}
	jsonw__end_object(w);
}

void json_kvm(struct jsonw *w, const struct run_kvm *kvm, bool with_lists)
{
	if (!kvm->present)
		return;
	if (kvm->exits == RUN_UNKNOWN) {
		jsonw__null(w, "kvm");
		return;
	}
	jsonw__object(w, "kvm");
	json_fields(w, kvm_fields, kvm);
	if (with_lists) {
		put_list(w, "reasons", &kvm->reasons);
		put_list(w, "userspace", &kvm->userspace);
	}
	jsonw__end_object(w);
}

static void put_means(struct jsonw *w, const char *key, const struct run_exits *list,
		      const struct run_requests *requests)
{
	jsonw__object(w, key);
	for (size_t i = 0; i < list->n; i++) {
		jsonw__object_flat(w, list->exit[i].name);
		jsonw__double(w, "count", per_request(list->exit[i].count, requests));
		jsonw__double(w, "ns", per_request(list->exit[i].ns, requests));
		jsonw__end_object(w);
	}
	jsonw__end_object(w);
}

void json_kvm_per_request(struct jsonw *w, const struct run_numbers *n)
{
	if (!n->kvm.present)
		return;
	if (n->kvm.exits == RUN_UNKNOWN) {
		jsonw__null(w, "kvm");
		return;
	}
	jsonw__object(w, "kvm");
	for (const struct field *f = kvm_fields; f->name; f++)
		jsonw__double(w, f->name, per_request(field_get(&n->kvm, f), &n->requests));
	put_means(w, "reasons", &n->kvm.reasons, &n->requests);
	put_means(w, "userspace", &n->kvm.userspace, &n->requests);
	jsonw__end_object(w);
}
