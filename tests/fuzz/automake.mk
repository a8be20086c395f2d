# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: with --enable-fuzzers they link libFuzzer, otherwise tests/fuzz/replay.c replays their corpus.
if FUZZERS
fuzz_main =
else
fuzz_main = tests/fuzz/replay.c
endif
