// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/inventory.h"

#include <stdlib.h>

#include "owners/cgroup_index.h"
#include "sys/proc_table.h"

void inventory__free(struct inventory *inv)
{
	size_t i;

	if (!inv)
		return;
	for (i = 0; i < inv->n; i++)
		found__release(&inv->found[i]);
	for (i = 0; i < inv->n_managers; i++)
		free(inv->manager[i].name);
	free(inv->found);
	free(inv->manager);
	free(inv->owner);
	cgroup_index__free(inv->by_cgroup);
	cgroup_layout__free(inv->layout);
	proc_table__free(inv->table);
	netdev_table__free(inv->devs);
	free(inv);
}

int inventory__add_netns(const struct sysroot *sr, const struct inventory *inv, pid_t pid,
			 struct found *found)
{
	int number, err = 0;
	size_t i;

	if (proc_ns(sr, pid, "net", &found->netns))
		found->netns = 0;
	found->host_netns = found->netns && found->netns == inv->host_netns;
	if (found->host_netns || netdev_nsid(sr, pid, &number))
		return 0;
	for (i = 0; !err && i < inv->devs->n; i++) {
		if (inv->devs->dev[i].peer_nsid == number)
			err = found__add_netdev(found, inv->devs->dev[i].ifindex, false,
						inv->devs->dev[i].name);
	}
	return err;
}
