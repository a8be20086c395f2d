/* SPDX-License-Identifier: Apache-2.0 */
/* The narrative of a translation as a tree. What the files of the translator call is in ofproto/xlate_ctx.h. */
#pragma once

struct report_node;

struct report_list {
    struct report_node *first, **end;
};
