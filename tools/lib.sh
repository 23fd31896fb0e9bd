# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# lib.sh - what tools/quickstart and tools/test share: package lists, progress, the build.
# POSIX sh; read with `.` after setting $top to the root of the checkout.

# Set by the script that reads this file.
: "${top:?}"

# --- saying things ----------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
    warn "$(basename "$0"): $*"
    exit 1
}

jobs_count() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# run_logged LABEL LOG COMMAND...: run a command with its output in LOG and show only that
# time passes: seconds counted up in place on a terminal, otherwise one line at the start, one
# each half minute and one at the end. On failure the last $log_tail lines of the log are shown.
# Returns the command's status.
log_tail=40
run_logged() {
    rl_label=$1 rl_log=$2
    shift 2
    mkdir -p "$(dirname "$rl_log")"
    rl_start=$(date +%s)
    if [ -t 1 ]; then
        printf '  %s ...' "$rl_label"
    else
        say "  $rl_label ..."
    fi
    "$@" </dev/null >"$rl_log" 2>&1 &
    rl_pid=$!
    (
        rl_n=0
        while sleep 1 >/dev/null 2>&1; do
            rl_n=$((rl_n + 1))
            if [ -t 1 ]; then
                printf '\r  %s ... %d s ' "$rl_label" "$rl_n"
            elif [ $((rl_n % 30)) -eq 0 ]; then
                say "  $rl_label ... $rl_n s"
            fi
        done
    ) &
    rl_ticker=$!
    rl_running=$rl_pid
    rl_status=0
    wait "$rl_pid" || rl_status=$?
    rl_running=
    kill "$rl_ticker" 2>/dev/null || :
    wait "$rl_ticker" 2>/dev/null || :
    rl_took=$(($(date +%s) - rl_start))
    [ ! -t 1 ] || printf '\r'
    if [ "$rl_status" -eq 0 ]; then
        say "  $rl_label: done in $rl_took s"
    else
        say "  $rl_label: FAILED after $rl_took s (status $rl_status); the log is $rl_log"
        tail -n "$log_tail" "$rl_log" | sed 's/^/    | /'
    fi
    return "$rl_status"
}

# Stop what run_logged has under way; for traps.
stop_logged() {
    [ -z "${rl_ticker-}" ] || kill "$rl_ticker" 2>/dev/null || :
    [ -n "${rl_running-}" ] || return 0
    kill "$rl_running" 2>/dev/null || :
    wait "$rl_running" 2>/dev/null || :
}

# --- packages ---------------------------------------------------------------------------

# What a build needs, and what the tests need on top, by package manager. bash and curl are
# here for the tools themselves.
apt_build='gcc g++ make libc6-dev autoconf automake libtool pkg-config
    libmicrohttpd-dev libdeflate-dev libzstd-dev libpcre2-dev libcurl4-openssl-dev
    libjansson-dev libsystemd-dev libproc2-dev libyaml-dev libcrypt-dev libgnutls28-dev bash curl'
apt_test='libcmocka-dev clang valgrind python3 python3-prometheus-client
    python3-statsd prometheus prometheus-node-exporter prometheus-pushgateway prometheus-cpp-dev
    mandoc xz-utils zstd openssl shellcheck cmake patch abigail-tools protobuf-compiler
    dbus-daemon python3-dbus python3-gi'
dnf_build='gcc gcc-c++ make autoconf automake libtool pkgconf-pkg-config
    libmicrohttpd-devel libdeflate-devel libzstd-devel pcre2-devel libcurl-devel systemd-devel
    jansson-devel procps-ng-devel libyaml-devel libxcrypt-devel gnutls-devel bash curl'
dnf_test='libcmocka-devel clang valgrind libasan libubsan libtsan python3
    python3-prometheus_client mandoc xz zstd openssl diffutils cmake
    patch libabigail protobuf-compiler dbus-daemon python3-dbus python3-gobject-base'
apk_build='build-base autoconf automake libtool pkgconf linux-headers
    libmicrohttpd-dev libdeflate-dev zstd-dev pcre2-dev curl-dev bash curl
    jansson-dev procps-dev yaml-dev libxcrypt-dev gnutls-dev'
apk_test='cmocka-dev clang valgrind python3 py3-prometheus-client prometheus mandoc xz zstd
    openssl cmake patch protobuf'

package_manager() {
    if command -v apt-get >/dev/null 2>&1; then
        echo apt
    elif command -v dnf >/dev/null 2>&1; then
        echo dnf
    elif command -v apk >/dev/null 2>&1; then
        echo apk
    else
        echo none
    fi
}

# packages_missing MANAGER PACKAGE...: print those that are not installed.
packages_missing() {
    pm_manager=$1
    shift
    for pm_package; do
        case $pm_manager in
        apt)
            # One word for each architecture; "not-installed" is one of them.
            case " $(dpkg-query -W -f '${db:Status-Status} ' "$pm_package" 2>/dev/null)" in
            *' installed '*) continue ;;
            esac
            ;;
        dnf) rpm -q --whatprovides "$pm_package" >/dev/null 2>&1 && continue ;;
        apk) apk info -e "$pm_package" >/dev/null 2>&1 && continue ;;
        esac
        printf '%s ' "$pm_package"
    done
}

# Run a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        warn "this needs root and there is no sudo here: $*"
        return 1
    fi
}

# install_packages LOG PACKAGE...: install through the package manager found.
install_packages() {
    ip_log=$1
    shift
    # Ask for a password now, while the terminal is ours, and not inside run_logged.
    if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then
        sudo -v || return 1
    fi
    case $(package_manager) in
    apt)
        run_logged "apt-get update" "$ip_log" as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -o DPkg::Lock::Timeout=120 update || return 1
        run_logged "apt-get install ($# packages)" "$ip_log" \
            as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
        ;;
    dnf) run_logged "dnf install ($# packages)" "$ip_log" as_root dnf -y install "$@" ;;
    apk) run_logged "apk add ($# packages)" "$ip_log" as_root apk add --no-progress "$@" ;;
    esac
}

# package_list MANAGER build|test: what to have installed, as words.
package_list() {
    case $1:$2 in
    apt:build) say "$apt_build" ;;
    apt:test) say "$apt_build $apt_test" ;;
    dnf:build) say "$dnf_build" ;;
    dnf:test) say "$dnf_build $dnf_test" ;;
    apk:build) say "$apk_build" ;;
    apk:test) say "$apk_build $apk_test" ;;
    esac
}

# Without a package manager that we know: say what is needed and end if some of it is missing.
need_tools_and_libraries() {
    say "  no apt-get, dnf or apk here, so nothing is installed for you. Needed are: a C and C++
  compiler, make, autoconf, automake, libtool, pkg-config, bash, curl, and the development
  files of libmicrohttpd (0.9.73 or newer), libdeflate and pcre2 (10.30 or newer). Pushing to
  a Pushgateway needs libcurl (7.62 or newer), and the collectors systemd and logind need
  libsystemd; without them the rest is built."
    for nt_tool in cc c++ make autoreconf libtoolize pkg-config bash curl; do
        command -v "$nt_tool" >/dev/null 2>&1 || die "$nt_tool is missing"
    done
    for nt_module in libmicrohttpd libdeflate libpcre2-8; do
        pkg-config --exists "$nt_module" || die "pkg-config does not find $nt_module"
    done
}

# need_packages LOG build|test: see that the packages for this purpose are installed. Sets
# installed=1 when some had to be.
need_packages() {
    np_manager=$(package_manager)
    if [ "$np_manager" = none ]; then
        need_tools_and_libraries
        return 0
    fi
    # The lists are words.
    # shellcheck disable=SC2046
    np_missing=$(packages_missing "$np_manager" $(package_list "$np_manager" "$2"))
    if [ -z "$np_missing" ]; then
        say "  all packages are here"
        return 0
    fi
    say "  to be installed: $np_missing"
    # shellcheck disable=SC2034,SC2086
    install_packages "$1" $np_missing && installed=1
}

# --- the build --------------------------------------------------------------------------

# Make configure unless it is there; after that, make itself notices when it is out of date.
make_configure() {
    if [ ! -x "$top/configure" ] || [ ! -f "$top/Makefile.in" ]; then
        run_logged "autoreconf" "$1" autoreconf -fi "$top" || return 1
    fi
}

# configure_in DIR LOG OPTION...: configure in DIR with these options unless that was done
# with the same options before.
configure_in() {
    ci_dir=$1 ci_log=$2
    shift 2
    mkdir -p "$ci_dir"
    if [ -f "$ci_dir/Makefile" ] && [ -x "$ci_dir/config.status" ] &&
        [ "$(cat "$ci_dir/.options" 2>/dev/null)" = "$*" ]; then
        return 0
    fi
    # exec, so that stop_logged() ends configure and not a shell around it.
    # shellcheck disable=SC2016
    run_logged "configure" "$ci_log" sh -c 'cd "$1" && shift && exec "$@"' sh "$ci_dir" \
        "$top/configure" "$@" || return 1
    printf '%s\n' "$*" >"$ci_dir/.options"
}
