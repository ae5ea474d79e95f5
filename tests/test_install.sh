#!/bin/sh
# An installed qatbench as an author of a solver meets it: everything is where it belongs, and docs/writing-a-solver.md
# works word by word: its blocks ```sh are run in their order, in a folder outside the repository.
#
# usage: test_install.sh MESON BUILD SOURCE PREFIX LIBDIR
# BUILD is installed under DESTDIR and used from there; its .pc file is pointed there too. Closes with Check's line.
set -u
meson=$1 build=$2 source=$3 prefix=$4 libdir=$5
scratch=$(mktemp -d /tmp/qb_install_XXXXXX) || exit 99
trap 'rm -rf "$scratch"' EXIT
stage=$scratch/root$prefix
checks=0 failures=0 skipped=0

# check WHAT COMMAND...: counts; shows the output of a command that fails.
check() {
  what=$1
  shift
  checks=$((checks + 1))
  if ! (set -e; "$@") >"$scratch/log" 2>&1 </dev/null; then
    failures=$((failures + 1))
    printf 'test_install.sh:F: %s\n' "$what"
    tail -n 40 "$scratch/log"
  fi
}

# skip N REASON: N checks that cannot be made here
skip() {
  checks=$((checks + $1)) skipped=$((skipped + $1))
  echo "skipped: $2"
}

equal() { [ "$1" = "$2" ] || { printf "expected '%s', got '%s'\n" "$2" "$1"; return 1; }; }

use_staged_install() {
  sed -i "s|^prefix=.*|prefix=$stage|" "$stage/$libdir/pkgconfig/qatbench.pc"
}

has_all_files() {
  for file in bin/qatbench include/qatbench/solver.h include/qatbench/solver_util.h share/man/man1/qatbench.1 \
      share/man/man7/qatbench-solver.7 \
      share/bash-completion/completions/qatbench share/zsh/site-functions/_qatbench share/fish/vendor_completions.d/qatbench.fish \
      share/qatbench/template/template.c share/qatbench/template/meson.build "$libdir/pkgconfig/qatbench.pc" \
      share/doc/qatbench/writing-a-solver.md \
      share/doc/qatbench/solver-abi.md "$libdir/qatbench/solvers/ste.so" "$libdir/qatbench/solvers/parq.so"; do
    [ -s "$stage/$file" ] || { echo "$file is missing"; return 1; }
  done
}

has_no_tests_installed() {
  ! find "$scratch/root" -name '*.a' -o -name 'test_*' -o -path '*solvers/template*' -o -name 'misbehaving*' | grep .
}

tells_pkg_config() {
  equal "$(pkg-config --libs qatbench)" ''
  equal "$(pkg-config --variable=pluginsdir qatbench)" "$stage/$libdir/qatbench/solvers"
  equal "$(pkg-config --variable=bindir qatbench)" "$stage/bin"
  equal "$(pkg-config --variable=abi_version qatbench)" "$(sed -n 's/^#define QB_SOLVER_ABI_M[AI][JN]OR \([0-9]*\)u/\1/p' \
    "$source/harness/include/qatbench/solver.h" | paste -sd.)"
  cmp "$(pkg-config --variable=templatedir qatbench)/template.c" "$source/solvers/template.c"
}

finds_its_solvers() {
  equal "$(qatbench info parq | sed -n 's/^file *//p')" "$stage/$libdir/qatbench/solvers/parq.so"
  qatbench list solvers | grep -q '^  ste '
}

# The tutorial as a script: ```sh blocks; those marked "fails" have to.
tutorial() {
  awk '/^```sh fails$/ { print "if"; on = 2; next }
       /^```sh$/ { on = 1; next }
       /^```$/ && on == 2 { print "then echo \"the command before should have failed\"; exit 1; fi" }
       /^```$/ { on = 0 }
       on { print }' "$source/docs/writing-a-solver.md" >"$scratch/tutorial.sh"
  cd "$scratch/work"
  sh -eux "$scratch/tutorial.sh"
}

row_in_the_table() {
  cd "$scratch/work/mymethod"
  QATBENCH_SOLVER_PATH=$PWD/build qatbench table plan.yaml --format csv | grep -c '^mymethod,.*done' >"$scratch/rows"
  equal "$(cat "$scratch/rows")" 3
  [ -s plots/map-mymethod-ternary.png ]
}

installs_a_solver() {
  cd "$scratch/work"
  qatbench solver new other-method
  cd other-method
  "$meson" setup build -Dwerror=true
  "$meson" compile -C build
  "$meson" test -C build
  "$meson" install -C build --no-rebuild
  cd /
  qatbench train --solver other-method --bits 1 --model resnet8 --dataset synthetic --train-limit 64 --test-limit 32 \
    --epochs 1 --batch 32 --threads 1 --runs-dir "$scratch/runs"
}

builds_with_every_warning() {
  cd "$scratch/work/other-method"
  for compiler in cc gcc clang; do
    command -v "$compiler" >/dev/null || continue
    # shellcheck disable=SC2046 # flags are words
    "$compiler" -shared -fPIC -O2 -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow \
      -Wdouble-promotion -Wstrict-prototypes -Werror $(pkg-config --cflags qatbench) other-method.c -o other-method.so -lm
    qatbench solver info ./other-method.so
  done
}

mkdir -p "$scratch/work" "$scratch/home"
unset QATBENCH_SOLVER_PATH QATBENCH_RUNS QATBENCH_DATA LD_LIBRARY_PATH PKG_CONFIG_LIBDIR CFLAGS LDFLAGS
export HOME="$scratch/home" XDG_CACHE_HOME="$scratch/home/cache"
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME
check 'installs under DESTDIR' "$meson" install -C "$build" --no-rebuild --destdir "$scratch/root"
check 'all files are in their places' has_all_files
check 'nothing of the tests is installed' has_no_tests_installed
use_staged_install
export PATH="$stage/bin:$PATH" PKG_CONFIG_PATH="$stage/$libdir/pkgconfig"
check 'pkg-config tells where things are' tells_pkg_config
check 'finds its solvers from where it stands' finds_its_solvers
check 'an installed solver is found by its name' installs_a_solver
check 'the template compiles without a warning' builds_with_every_warning
if qatbench data info fashion-mnist >/dev/null 2>&1; then
  check 'the tutorial works as written' tutorial
  check 'the tutorial ends with a row in the table' row_in_the_table
else
  skip 2 'without Fashion-MNIST the tutorial is not run: apt-get install dataset-fashion-mnist'
fi
printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' $((100 * (checks - failures) / checks)) $checks $failures
[ "$skipped" -eq 0 ] || echo "Skipped: $skipped"
[ "$failures" -eq 0 ]
