#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every seed of every fuzz target once more.
failed=0
for target in $FUZZ_TARGETS; do
    seeds=${srcdir:-.}/tests/fuzz/seeds/$target
    if [ "$FUZZ_RUNS" ]; then
        ./tests/fuzz/fuzz_"$target" "$FUZZ_RUNS" "$seeds" || failed=1
    else
        ./tests/fuzz/fuzz_"$target" "$seeds" || failed=1
    fi
done
exit $failed
