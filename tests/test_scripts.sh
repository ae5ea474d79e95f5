#!/bin/sh
# The scripts around the build: what copy-tree takes, how count_tests.py counts, what those in Python say. PYTORCH: a python3
# with PyTorch and safetensors, if the system's has none. Closes with Check's line.
#
# usage: test_scripts.sh SOURCE
set -u
source=$1
scratch=$(mktemp -d /tmp/qb_scripts_XXXXXX) || exit 99
trap 'rm -rf "$scratch"' EXIT
checks=0 failures=0 skipped=0

# skip N REASON: N checks that cannot be made here
skip() {
  checks=$((checks + $1)) skipped=$((skipped + $1))
  echo "skipped: $2"
}

# equal WHAT GOT WANTED
equal() {
  checks=$((checks + 1))
  [ "$2" = "$3" ] && return
  failures=$((failures + 1))
  printf "test_scripts.sh:F: %s: expected '%s', got '%s'\n" "$1" "$3" "$2"
}

if command -v git >/dev/null 2>&1; then
  tree=$scratch/tree
  mkdir -p "$tree/scripts" "$tree/build" "$tree/sub folder"
  cp "$source/scripts/copy-tree" "$tree/scripts/"
  (
    cd "$tree" && git init -q . && printf '/build*/\n*.o\n' >.gitignore
    echo old >committed && echo gone >deleted && echo quiet >'sub folder/with space' && ln -s committed link
    git add . && git -c user.name=t -c user.email=t@t commit -q -m all
    echo changed >committed && rm deleted && echo new >untracked && echo x >build/config && echo x >a.o
  ) >"$scratch/log" 2>&1 || cat "$scratch/log"
  "$tree/scripts/copy-tree" "$scratch/copy"
  equal 'status of copy-tree' $? 0
  equal 'what copy-tree takes' "$(cd "$scratch/copy" && find . ! -type d | LC_ALL=C sort | tr '\n' ' ')" \
    './.gitignore ./committed ./link ./scripts/copy-tree ./sub folder/with space ./untracked '
  equal 'a file as it lies here' "$(cat "$scratch/copy/committed")" changed
  equal 'an executable stays one' "$([ -x "$scratch/copy/scripts/copy-tree" ] && echo yes)" yes
else
  skip 4 'there is no git'
fi

# counts WHAT WANTED STATUS LOG...
counts() {
  what=$1 wanted=$2 status=$3
  shift 3
  last=$(python3 "$source/scripts/count_tests.py" "$@" 2>&1)
  equal "$what: status" $? "$status"
  equal "$what" "$(printf '%s\n' "$last" | tail -n 1)" "$wanted"
}

test_line() { printf '{"name": "%s", "result": "%s", "stdout": "%s"}\n' "$@"; }
{
  test_line 'qatbench / a' OK '100%: Checks: 7, Failures: 0, Errors: 0\n'
  test_line 'qatbench:conform / conform_ste' OK ''
} >"$scratch/good"
{
  cat "$scratch/good"
  test_line 'qatbench / b' FAIL '50%: Checks: 4, Failures: 1, Errors: 1\n'
} >"$scratch/bad"
test_line 'qatbench / a' OK '100%: Checks: 7, Failures: 0, Errors: 0\n' >"$scratch/short"
{
  cat "$scratch/good"
  test_line 'qatbench / c' OK '100%: Checks: 5, Failures: 0, Errors: 0\nSkipped: 2\n'
  test_line 'qatbench / c_bf16' SKIP '100%: Checks: 3, Failures: 0, Errors: 0\nSkipped: 3\n'
} >"$scratch/skipping"
counts 'one log' '8 passed, 0 failed, 0 skipped' 0 "$scratch/good"
counts 'one log with failures' '10 passed, 2 failed, 0 skipped' 1 "$scratch/bad"
counts 'one log with skipped cases' '11 passed, 0 failed, 5 skipped' 0 "$scratch/skipping"
counts 'two logs' '8 passed, 0 failed, 0 skipped' 0 "$scratch/good" "$scratch/good"
counts 'a second log cut short' '8 passed, 1 failed, 0 skipped' 1 "$scratch/good" "$scratch/short"
: >"$scratch/empty"
counts 'nothing was run' '0 passed, 0 failed, 0 skipped' 1 "$scratch/empty"

"$source/scripts/in-debian" >/dev/null 2>&1
equal 'in-debian without a release' $? 2
"$source/scripts/in-debian" ../etc true >/dev/null 2>&1
equal 'in-debian with a path for a release' $? 2
"$source/scripts/in-debian" trixie >/dev/null 2>&1
equal 'in-debian without a command' $? 2

# The scripts for PyTorch: their help needs none.
for script in compare_pytorch compare_accuracy pth_to_safetensors; do
  python3 "$source/scripts/$script.py" --help >/dev/null 2>&1
  equal "$script.py --help" $? 0
done
equal 'what those scripts leave behind' "$(find "$source/scripts" -name __pycache__)" ''

python=${PYTORCH-python3}
if "$python" -c 'import torch, safetensors' 2>/dev/null; then
  pth=$scratch/w.pth
  "$python" -c 'import sys, torch; torch.save({"model": {"a.weight": torch.ones(2, 3).t(), "b": torch.zeros(4)}}, sys.argv[1])' "$pth"
  "$python" "$source/scripts/pth_to_safetensors.py" "$pth" "$scratch/w.safetensors" >"$scratch/log" 2>&1
  equal 'status of pth_to_safetensors.py' $? 0
  equal 'what it writes' "$("$python" -c 'import sys; from safetensors.torch import load_file
print([(k, list(v.shape), v.sum().item()) for k, v in sorted(load_file(sys.argv[1]).items())])' "$scratch/w.safetensors")" \
    "[('a.weight', [3, 2], 6.0), ('b', [4], 0.0)]"
  "$python" "$source/scripts/pth_to_safetensors.py" "$pth" "$scratch/w.safetensors" >/dev/null 2>&1
  equal 'it overwrites nothing' $? 1
  "$python" "$source/scripts/pth_to_safetensors.py" "$scratch/good" "$scratch/v.safetensors" >/dev/null 2>&1
  equal 'a file that is none' $? 1
else
  skip 4 "$python has no torch and safetensors"
fi

printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' $((100 * (checks - failures) / checks)) "$checks" "$failures"
[ "$skipped" -eq 0 ] || echo "Skipped: $skipped"
[ "$failures" -eq 0 ]
