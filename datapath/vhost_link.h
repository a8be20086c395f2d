/* SPDX-License-Identifier: Apache-2.0 */
/* The connection of a vhost-user port to its front-end: connects or listens, comes back after
 * either side went away, and has the device carry out the messages.
 *
 * A front-end that breaks the protocol is disconnected and may try again a while later. Main thread
 * only. */
#pragma once

#include "datapath/vhost_device.h"

struct loop;
struct vhost_link;

struct vhost_link_config {
    struct loop *loop;
    struct vhost_device *device; /* stays the caller's, and outlives the link */
    const char *path; /* of the socket; null: the run directory and 'name', for a server */
    bool server;
    const char *name;           /* the port's */
    void (*changed)(void *aux); /* called after a message, and when the connection comes and goes */
    void *aux;
};

/* Begins at once; that nobody is there yet is no failure. Null with a sentence for what is wrong
 * with the configuration (the caller frees it). */
struct vhost_link *vhost_link_create(const struct vhost_link_config *, char **errorp) WARN_UNUSED;
void vhost_link_destroy(struct vhost_link *); /* null is fine; the device is as after a reset */

/* A link that is down has no connection, which the guest sees as a cable that was pulled. */
void vhost_link_set_down(struct vhost_link *, bool down);

/* Looks whether the guest's memory and rings are still good; to be called once a second. */
void vhost_link_check(struct vhost_link *);

/* Why the port does not work now; null if it does, or waits for a guest that is connected. */
const char *vhost_link_error(const struct vhost_link *);

bool vhost_link_is_connected(const struct vhost_link *);
const char *vhost_link_path(const struct vhost_link *);

/* Is this what 'path' was at creation? */
bool vhost_link_has_path(const struct vhost_link *, const char *path);
