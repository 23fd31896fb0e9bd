#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each flag and collector that --help shows is in the manual page.
page=${srcdir:-.}/man/promc-node-exporter.1
failed=0
flags=$(./promc-node-exporter --help | sed -n 's/^ .*--\(\[no-\]\)*\([a-z_0-9.A-Z-]*\).*/\2/p')
[ "$flags" ] || { echo "--help shows no flags"; exit 1; }
text=$(sed 's/\\-/-/g' "$page")
for flag in $flags; do
    case $flag in
    collector.*.*) ;;
    collector.disable-defaults | collector.deadline) ;;
    collector.*)
        printf '%s\n' "$text" | grep -qx ".It Cm ${flag#collector.}" ||
            { echo "no collector ${flag#collector.} in $page"; failed=1; }
        continue
        ;;
    esac
    printf '%s\n' "$text" | grep -qF -e "Fl -$flag" || { echo "no --$flag in $page"; failed=1; }
done
exit $failed
