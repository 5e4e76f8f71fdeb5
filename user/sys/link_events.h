/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link_events.h - notifications that a network device was added, removed or changed. A known target
 * may have received a device (docker network connect, a tap that is plugged in).
 */
#ifndef VIRTAX_LINK_EVENTS_H
#define VIRTAX_LINK_EVENTS_H

#include <stdbool.h>

/* A file descriptor that is readable once there are events; the caller closes it. Or -errno. */
int link_events__open(void);

/*
 * Drains the events of fd; false if there were none. Removals count: the device may have been moved
 * into a container.
 */
bool link_events__take(int fd);

#endif
