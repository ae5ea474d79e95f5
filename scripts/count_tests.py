#!/usr/bin/env python3
"""count_tests.py PLAIN [SANITIZED]: sums up Meson's testlog.json files; last line "N passed, N failed, N skipped".

Counted are, of the plain build, the tests of Check's closing lines (less those of a line "Skipped: N", which Check takes
for passed), one a conform program, and one a golden case.
A program that failed without saying how counts as one failure; of the sanitized build only failures count. A program
that ran in one build only is a failure too, except those of the suite "plain". With one log there is one build.
"""
import json
import re
import sys

CHECK = re.compile(r'^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$', re.M)
SKIPPED = re.compile(r'^Skipped: (\d+)$', re.M)
GOLDEN = re.compile(r'^[^\n:]+: (\d+) passed, (\d+) failed, (\d+) skipped, worst ', re.M)


def read(path):
    with open(path, encoding='utf-8') as log:
        return [json.loads(line) for line in log if line.strip()]


def count(test):
    """(passed, failed, skipped) of one test program."""
    out = test.get('stdout') or ''
    passed = failed = skipped = 0
    for checks, failures, errors in CHECK.findall(out):
        failed += int(failures) + int(errors)
        passed += int(checks) - int(failures) - int(errors)
    for n in SKIPPED.findall(out):
        passed -= int(n)
        skipped += int(n)
    if test['name'].split(' / ')[-1].startswith('golden_'):
        for cases in GOLDEN.findall(out):
            passed, failed, skipped = (a + int(b) for a, b in zip((passed, failed, skipped), cases))
    if test['name'].split(' / ')[-1].startswith('conform'):
        passed += test['result'] == 'OK'
        skipped += test['result'] == 'SKIP'
    if test['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL') and failed == 0:
        failed = 1
    return passed, failed, skipped


def main():
    logs = [read(path) for path in sys.argv[1:]]
    passed = failed = skipped = 0
    for build, tests in zip(('', ' (sanitized)'), logs):
        for test in tests:
            p, f, s = count(test)
            if f:
                print(f"failed: {test['name']}{build}: {test['result']}")
            failed += f
            if not build:
                passed, skipped = passed + p, skipped + s
    names = [{test['name'].split(' / ')[-1] for test in tests if 'plain / ' not in test['name']}
             for tests in logs]
    for name in sorted(names[0] ^ names[-1]):  # a log that was cut short is no success
        print(f"failed: {name}: ran in one of the two builds only")
        failed += 1
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed > 0 or passed == 0 else 0


if __name__ == '__main__':
    if len(sys.argv) not in (2, 3):
        sys.exit('usage: count_tests.py PLAIN [SANITIZED]')
    sys.exit(main())
