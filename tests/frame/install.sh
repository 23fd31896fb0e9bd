#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install - `make install` puts every file in its place, and a program outside the tree, in C
# and in C++, finds the libraries through pkg-config or CMake, linked dynamically or statically,
# builds and runs. That program also sees that the library starts no thread and keeps no
# descriptor open.
# shellcheck source=tests/frame/lib.sh
. "${srcdir:=.}/tests/frame/lib.sh"
make_scratch
dest=$scratch/dest

# libtool insists on the folders of configure, which refer to each other as in the shell.
for name in prefix exec_prefix bindir libdir includedir datarootdir mandir pkgconfigdir; do
    eval "$name=\"$(makefile_var $name)\""
done

fresh_make -s install DESTDIR="$dest" >"$scratch/install.log" 2>&1 || {
    cat "$scratch/install.log"
    fail "make install"
    finish
}

# shellcheck disable=SC2154
expected="$includedir/promc/promc.h $includedir/promc/base.h $includedir/promc/emit.h
    $includedir/promc/render.h $includedir/promc/text.h $includedir/promc/textfile.h
    $libdir/libpromc.so $libdir/libpromc.so.0 $libdir/cmake/promc/promc-config.cmake
    $libdir/cmake/promc/promc-config-version.cmake
    $pkgconfigdir/libpromc.pc $mandir/man3/libpromc.3 $mandir/man3/promc_counter.3
    $mandir/man3/promc_counter_inc.3 $mandir/man3/promc_page_new.3
    $includedir/promc/testing.h $libdir/libpromc-test.so $libdir/libpromc-test.so.0
    $pkgconfigdir/libpromc-test.pc $mandir/man3/promc_lint.3 $mandir/man3/promc_testing.3
    $bindir/promc-lint $mandir/man1/promc-lint.1"
if [ -f libpromc/libpromc-http.la ]; then
    expected="$expected $includedir/promc/http.h $libdir/libpromc-http.so
    $libdir/libpromc-http.so.0 $pkgconfigdir/libpromc-http.pc"
fi
if [ -f libpromc/libpromc-push.la ]; then
    expected="$expected $includedir/promc/push.h $libdir/libpromc-push.so
    $libdir/libpromc-push.so.0 $pkgconfigdir/libpromc-push.pc"
fi
for program in promc-node-exporter promc-statsd-exporter; do
    # shellcheck disable=SC2154
    [ -f "$program" ] && expected="$expected $bindir/$program $mandir/man1/$program.1"
done
for file in $expected; do
    [ -s "$dest$file" ] || fail "$file is not installed"
done
# Internal headers and test programs stay at home.
for file in "$dest$includedir"/* "$dest$includedir"/promc/* "$dest$bindir"/*; do
    case " $(echo "$expected" | tr '\n' ' ') $includedir/promc " in
    *" ${file#"$dest"} "*) ;;
    *) [ ! -e "$file" ] || fail "${file#"$dest"} should not be installed" ;;
    esac
done

command -v pkg-config >/dev/null 2>&1 || skip "pkg-config is not installed"
# The .pc files hold the folders of configure; the copy under test is below $dest.
modules() {
    PKG_CONFIG_PATH=$dest$pkgconfigdir PKG_CONFIG_SYSROOT_DIR=$dest \
        pkg-config "$@"
}
[ "$(modules --modversion libpromc)" = "$(makefile_var PACKAGE_VERSION)" ] ||
    fail "libpromc.pc and configure.ac name different versions"

cat >"$scratch/consumer.c" <<'TXT'
#include <promc/promc.h>
#ifdef WITH_HTTP
#include <promc/http.h>
#endif
#ifdef WITH_PUSH
#include <promc/push.h>
#endif
#include <dirent.h>
#include <stdio.h>
#include <string.h>

PROMC_COUNTER(starts, "app_starts_total", "Times the service started.");

static int entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;

    while (dir != NULL && readdir(dir) != NULL)
        n++;
    if (dir != NULL)
        closedir(dir);
    return n;
}

int main(void)
{
    int descriptors = entries("/proc/self/fd");
    promc_page *page = promc_page_new(NULL);

    promc_counter_inc(starts);
    if (promc_render(NULL, PROMC_FORMAT_OPENMETRICS, page, NULL) != 0)
        return 1;
    if (entries("/proc/self/task") != 3 || entries("/proc/self/fd") != descriptors) {
        fprintf(stderr, "a thread or a descriptor too many\n");
        return 1;
    }
#ifdef WITH_HTTP
    promc_error err;
    promc_http *srv = promc_http_start(NULL, "127.0.0.1:0", &err);
    if (!srv) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (promc_http_port(srv) == 0)
        return 1;
    promc_http_stop(srv);
#endif
#ifdef WITH_PUSH
    promc_push *push = promc_push_new("http://127.0.0.1:9091", "consumer", NULL, NULL);
    if (!push)
        return 1;
    promc_push_free(push);
#endif
    if (promc_render(NULL, PROMC_FORMAT_TEXT, page, NULL) != 0)
        return 1;
    int found = strstr(promc_page_data(page), "\napp_starts_total 1\n") != NULL;
    promc_page_free(page);
    return !found || strcmp(promc_version(), PROMC_VERSION) != 0;
}
TXT
cp "$scratch/consumer.c" "$scratch/consumer.cc"

# consume COMPILER SUFFIX MODULE FLAG...
consume() {
    compiler=$1 suffix=$2 module=$3
    shift 3
    # Compiler and flags are words.
    # shellcheck disable=SC2046,SC2086
    $compiler -Wall -Wextra -Werror "$@" $(modules --cflags "$module") \
        "$scratch/consumer.$suffix" -o "$scratch/consumer" $(modules --libs "$module") || {
        fail "$compiler does not build a program with $module"
        return
    }
    LD_LIBRARY_PATH=$dest$libdir "$scratch/consumer" ||
        fail "the program built with $compiler and $module fails"
}

for module in libpromc libpromc-http libpromc-push; do
    [ -f "$dest$pkgconfigdir/$module.pc" ] || continue
    case $module in
    libpromc) flag=-DWITHOUT_HTTP ;;
    libpromc-http) flag=-DWITH_HTTP ;;
    *) flag=-DWITH_PUSH ;;
    esac
    consume "$(makefile_var CC)" c "$module" "$flag"
    consume "$(makefile_var CXX)" cc "$module" "$flag"
done

# Statically: the whole program with the core, ours alone with HTTP.
# shellcheck disable=SC2046
if [ -f "$dest$libdir/libpromc.a" ]; then
    $(makefile_var CC) -static $(modules --cflags libpromc) -DWITHOUT_HTTP \
        "$scratch/consumer.c" -o "$scratch/static" $(modules --static --libs libpromc) ||
        fail "a static program does not link"
    "$scratch/static" || fail "the static program fails"
    if [ -f "$dest$libdir/libpromc-http.a" ]; then
        $(makefile_var CC) $(modules --cflags libpromc-http) -DWITH_HTTP \
            "$scratch/consumer.c" -o "$scratch/static" "$dest$libdir/libpromc-http.a" \
            "$dest$libdir/libpromc.a" -lm $(pkg-config --libs $(sed -n \
                's/^Requires.private: //p' "$dest$pkgconfigdir/libpromc-http.pc")) || fail "our static libraries do not link"
        "$scratch/static" || fail "the program with our static libraries fails"
    fi
fi

# CMake.
if command -v cmake >/dev/null 2>&1; then
    mkdir "$scratch/cmake"
    cat >"$scratch/cmake/CMakeLists.txt" <<'TXT'
cmake_minimum_required(VERSION 3.13)
project(consumer C CXX)
find_package(promc 0.1 REQUIRED ${PARTS})
foreach(suffix c cc)
  add_executable(consumer-${suffix} ../consumer.${suffix})
  target_link_libraries(consumer-${suffix} promc::promc ${LIBRARIES})
  target_compile_definitions(consumer-${suffix} PRIVATE ${FLAG})
endforeach()
TXT
    # by_cmake NAME OPTION...
    by_cmake() {
        name=$1
        shift
        {
            cmake -S "$scratch/cmake" -B "$scratch/cmake/$name" \
                -Dpromc_DIR="$dest$libdir/cmake/promc" "$@" &&
                cmake --build "$scratch/cmake/$name"
        } >"$scratch/cmake.log" 2>&1 || {
            cat "$scratch/cmake.log"
            fail "CMake, $name"
            return
        }
        for suffix in c cc; do
            LD_LIBRARY_PATH=$dest$libdir "$scratch/cmake/$name/consumer-$suffix" ||
                fail "the program built by CMake fails: $name, $suffix"
        done
    }
    by_cmake core -DFLAG=WITHOUT_HTTP
    [ ! -f "$dest$libdir/libpromc.a" ] || by_cmake static -DFLAG=WITHOUT_HTTP -DPROMC_STATIC=ON
    [ ! -f "$dest$libdir/libpromc-http.so" ] ||
        by_cmake http -DFLAG=WITH_HTTP "-DPARTS=COMPONENTS;http" -DLIBRARIES=promc::http
    if cmake -S "$scratch/cmake" -B "$scratch/cmake/none" -DFLAG=X \
        -Dpromc_DIR="$dest$libdir/cmake/promc" "-DPARTS=COMPONENTS;nonesuch" \
        >"$scratch/cmake.log" 2>&1; then
        fail "CMake finds a component that does not exist"
    fi
else
    say "CMake is not installed: not tried"
fi

fresh_make -s uninstall DESTDIR="$dest" >"$scratch/uninstall.log" 2>&1 || fail "make uninstall"
left=$(find "$dest" ! -type d)
[ -z "$left" ] || fail "make uninstall leaves: $left"
finish
