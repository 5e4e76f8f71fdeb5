/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_profile.h - the profile's maps. */
#ifndef VIRTAX_LEDGER_PROFILE_H
#define VIRTAX_LEDGER_PROFILE_H

#include "profile/profile.h"

struct ledger;

/* Before loading: without a profile in the plan its maps are not created. */
void ledger_profile__configure(struct ledger *ledger);

/* Everything that was counted, after the clocks have stopped. -errno. Free with profile_raw__free.
 */
int ledger_profile__read(const struct ledger *ledger, struct profile_raw *ret);

#endif
