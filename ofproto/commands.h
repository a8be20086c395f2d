/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the control socket (ovs-appctl) that concern bridges and the datapath. Main thread only. */
#pragma once

struct unixctl;

/* Registers all of them. */
void commands_register(struct unixctl *);

/* By file. */
void commands_fdb_register(struct unixctl *);      /* fdb/... */
void commands_datapath_register(struct unixctl *); /* dpif/..., dpctl/... */
void commands_tunnel_register(struct unixctl *);   /* ovs/route/..., tnl/... */
void commands_qos_register(struct unixctl *);      /* qos/... */
void commands_flow_register(struct unixctl *);     /* upcall/..., revalidator/..., dpif/dump-flows, dpctl/dump-flows, ... */
