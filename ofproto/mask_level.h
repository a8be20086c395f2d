/* SPDX-License-Identifier: Apache-2.0 */
/* Relaxed masks: what rules of near-by masks have in common, so that they can share a subtable (ofproto/classifier.h).
 *
 * Each mask has three levels, each a part of the next:
 *
 *   coarse  lengths of address prefixes cut down to a few, and what tells of the packet besides addresses left out, if there are any
 *   middle  lengths cut down to more, ports that are matched as a whole, other bytes that are matched as a whole
 *   exact   the mask itself
 *
 * They depend on nothing but the mask. Some may be equal. */
#pragma once

#include "ofproto/minimatch.h"

enum mask_level { LEVEL_COARSE, LEVEL_MIDDLE, LEVEL_EXACT, N_LEVELS };

/* The interned mask; a new reference. */
const struct minimask *mask_level_intern(const struct minimask *, enum mask_level);
