/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that the datapath acts on: which processors forward, and how receive queues are spread over
 * them. Main thread only. */
#pragma once

struct smap;

/* Tells the datapath the settings among Open_vSwitch.other_config, if they are others than it was told
 * last. A datapath that is not connected is told when it is, with the rest of the configuration. */
void dp_settings_apply(const struct smap *options);

void dp_settings_forget(void); /* the program ends */
