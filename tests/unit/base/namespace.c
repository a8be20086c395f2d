/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/namespace.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"

bool namespace_enter(void)
{
    static bool entered, usable;
    if (!entered) {
        entered = true;
        usable = (!unshare(CLONE_NEWNET) || !unshare(CLONE_NEWUSER | CLONE_NEWNET))
                 && !system("ip link add u0 type veth peer name u1 2>/dev/null && ip link del u0");
    }
    return usable;
}

void namespace_run(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *command = xvasprintf(format, args);
    va_end(args);
    if (system(command)) {
        fail_msg("%s failed", command);
    }
    free(command);
}
