#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of powers of ten must be what its generator writes.
dir=${srcdir:-.}/libpromc

if ! "${PYTHON3:-python3}" -c '' 2>/dev/null; then
    echo "skipped: no python3"
    exit 77
fi
"${PYTHON3:-python3}" "$dir/gen_pow10.py" | cmp - "$dir/number_pow10.c"
