/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layers.h - a target's CPU time by layer: role and mode, as "vcpu.kernel". In a VM that was joined
 * to a recording made inside it, guest time is replaced by its parts: what the guest's targets did
 * is named as if it were on the host ("workload.user"), so a VM and a container compare like with
 * like; "guest.…" is what the guest's kernel adds. Where there is no KVM, the rest of what its
 * vCPUs' threads did is QEMU's: "tcg.kernel". Layers add up to the target's CPU time.
 */
#ifndef VIRTAX_LAYERS_LAYERS_H
#define VIRTAX_LAYERS_LAYERS_H

#include "model/run.h"

/* Who adds a layer, from the inside out. */
enum layer_part {
	LAYER_WORK,    /* the same work, in a guest or on the host */
	LAYER_GUEST,   /* the guest's kernel, besides the work */
	LAYER_TRACER,  /* the recording inside the guest: no cost of virtualization */
	LAYER_KVM,     /* exits and polling */
	LAYER_VMM,     /* QEMU and vhost */
	LAYER_NETWORK, /* the host's interrupts on behalf of a VM: its network path, for the most
			  part */
	LAYER_RUNTIME, /* of a container */
	LAYER_PARTS,
};

extern const char *const layer_part_name[LAYER_PARTS]; /* "the same work", … */

#define LAYER_NAME 24
#define LAYERS_MAX (VTX_ROLES * VTX_MODES + 13)

struct layer {
	char name[LAYER_NAME]; /* "vcpu.kernel" */
	uint64_t ns;           /* of the whole window */
};

/* The layers with time in them; returns how many. */
size_t layers_of(const struct run_numbers *numbers, struct layer ret[LAYERS_MAX]);

/* Was the target joined to a recording made inside it? */
bool layers_joined(const struct run_numbers *numbers);

enum layer_part layer_part(const char *name);

/*
 * With what joined VMs are compared: the first container whose requests are known, else the first
 * such target that is no VM. NULL: there is none.
 */
const struct run_target *layers_base(const struct run *run);

/*
 * Rounds n numbers so that their sum is `sum`: all down, then those that lost most get one more
 * (or, where the sum is lower, those that lost least get one less). -ENOMEM.
 */
int layers_round(const double *ns, size_t n, int64_t sum, int64_t *ret);

/* Is the target a VM to compare with layers_base(): joined, and its requests are known? */
bool layers_comparable(const struct run_target *target);

/* What a layer adds to a request, from one target to another. */
struct layer_step {
	char name[LAYER_NAME];
	enum layer_part part;
	double from, to; /* ns */
	int64_t ns;      /* to - from, rounded so that the steps add up */
};

/*
 * The steps from a request of one target to one of another, by part, the largest first within it;
 * their sum is the difference of *ret_from and *ret_to, the costs in whole ns. The requests of both
 * are known. Returns how many there are, or -ENOMEM.
 */
int layers_between(const struct run_target *from, const struct run_target *to,
		   struct layer_step ret[2 * LAYERS_MAX], int64_t *ret_from, int64_t *ret_to);

#endif
