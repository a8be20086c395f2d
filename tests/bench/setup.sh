#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what `make bench` compares Weft with.
set -eu
exec "$(dirname "$0")/../../scripts/install-packages.sh" bench
