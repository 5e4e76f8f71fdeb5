/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.h - joins the recording made inside a VM to that of its host: the VM's guest time, in the
 * window and in its rows, is split by the guest's own accounts (model/run_inside.h).
 */
#ifndef VIRTAX_JOIN_JOIN_H
#define VIRTAX_JOIN_JOIN_H

#include "base/err.h"
#include "model/run.h"

/*
 * Fills `inside` of the target of `host` that has the label or the name `vm`, and adds to
 * `degraded` what is doubtful. `what` names the guest's file in messages. Returns 0, -ENOMEM, or
 * -EINVAL with *ret_err set: there is no such VM, the two recordings are not of the same VM or
 * time, or one has no rows. After an error the host's run can only be freed.
 */
int join(struct run *host, const char *vm, const struct run *guest, const char *what,
	 struct verr *ret_err);

#endif
