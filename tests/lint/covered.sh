#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that a test names each reason for which a packet is dropped, and each OpenFlow error that the code answers with: a
# reason by DROP_NAME in C, or by its name in a script; an error by its name anywhere in the tests but the corpora.
# usage: covered.sh SRCDIR
cd "$1" || exit 1

status=0
c_tests=$(find tests/unit -name '*.c')
scripts=$(find tests/system tests/interop -name '*.sh' -o -name '*.py' -o -name '*.txt')

# The name that weft-dpctl shows follows the enumerator in reason.c.
for reason in $(sed -n 's/^    \[\(DROP_[A-Z0-9_]*\)\] = .*/\1/p' lib/net/reason.c); do
    [ "$reason" = DROP_NONE ] && continue
    name=$(sed -n "s/^    \[$reason\] = {\"\([a-z0-9_]*\)\".*/\1/p" lib/net/reason.c)
    # shellcheck disable=SC2086
    if ! grep -qwE "$reason|drop\($name\)" $c_tests && ! grep -qE "(drops?|Dropped|reason).*\b$name\b|\($name\)" $scripts; then
        echo "no test for the drop reason $name ($reason)"
        status=1
    fi
done

# Errors that cannot be provoked by a peer alone, or not at all as the code stands.
# OFPHFC_EPERM: only printed, when another switch sends it.
# OFPBAC_BAD_TAG: for a build that knows one tag only.
# OFPPMFC_EPERM: the device refuses to go up or down.
# OFPGMFC_OUT_OF_GROUPS, OFPMMFC_OUT_OF_METERS, OFPBFC_MSG_TOO_MANY: limits of 2^18 objects or 256 MiB.
# OFPBAC_UNSUPPORTED_ORDER: only of lists as text; those of messages are put in order.
exempt='OFPBAC_UNSUPPORTED_ORDER OFPHFC_EPERM OFPBAC_BAD_TAG OFPPMFC_EPERM OFPGMFC_OUT_OF_GROUPS OFPMMFC_OUT_OF_METERS OFPBFC_MSG_TOO_MANY'

sources=$(find lib/ofp ofproto -name '*.c' ! -name error_table.c)
tests=$(find tests/unit tests/system tests/interop -type f)
# shellcheck disable=SC2086
sent=$(cat $sources | grep -ohE '\bOFP(HFC|BRC|BAC|BIC|BMC|FMFC|GMFC|PMFC|TMFC|QOFC|SCFC|RRFC|MMFC|TFFC|BPC|BFC|MOFC|ACFC)_[A-Z0-9_]+|\bNX[A-Z]+FC_[A-Z0-9_]+' | sort -u)
# shellcheck disable=SC2086
named=$(cat $tests | grep -ohaE '\b(OFP|NX)[A-Z]*_[A-Z0-9_]+' | sort -u)
for error in $sent; do
    case " $exempt " in *" $error "*) continue ;; esac
    if ! echo "$named" | grep -qx "$error"; then
        echo "no test for the error $error"
        status=1
    fi
done
exit $status
