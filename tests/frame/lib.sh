# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# lib.sh - what the tests of the frame share. make check runs them in the build tree with
# $srcdir set; exit status 77 means skipped.

: "${srcdir:=.}"
srcdir=$(cd "$srcdir" && pwd)
export srcdir

say() { printf '%s\n' "$*"; }
skip() {
    say "skipped: $*"
    exit 77
}

# One broken rule does not hide the next: fail notes it, and the test ends with `finish`.
failures=0
fail() {
    say "FAIL: $*"
    failures=$((failures + 1))
}
finish() {
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}

# makefile_var NAME: a variable of the build tree's Makefile.
makefile_var() { sed -n "s/^$1 = //p" Makefile | head -n 1; }

# A folder that goes away with the test.
make_scratch() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/promc-test.XXXXXX") || exit 99
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 99' INT TERM HUP
}

# A make under this one must not talk to its job server.
fresh_make() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make "$@"; }
