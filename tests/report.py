#!/usr/bin/env python3
"""Turns what `meson test` logged into a compact table and, as the very last line, `N passed, N
failed`.

Counts are of test cases (each g_test path, each TAP line), not of programs. A program that dies, or
runs out of time, before it could say which case it was in counts as one failed case more, so that
nothing bad can be counted as good. Exit status: 0 when something passed and nothing failed, else 1.
"""

import json
import re
import sys
import xml.etree.ElementTree
from pathlib import Path

GOOD = ('OK', 'EXPECTEDFAIL')
# Of what a failed case said, and of a tree of widgets
LINES_MAX = 60


def read_cases(path):
    """Test name -> (passed, failed, skipped, names of the failed) out of meson's JUnit file."""
    cases = {}
    if not path.exists():
        return cases
    # Meson copies what a test printed as it is; XML allows no control characters such as those of
    # colours.
    text = re.sub(r'[\x00-\x08\x0b\x0c\x0e-\x1f]', '', path.read_text(errors='replace'))
    for suite in xml.etree.ElementTree.fromstring(text.encode()).iter('testsuite'):
        for case in suite.iter('testcase'):
            # A TAP program is a suite of its own, its cases name no class; any other test is a case
            # of its suite.
            name = case.get('classname') or suite.get('name')
            found = cases.setdefault(name.split(' / ')[-1], [0, 0, 0, []])
            if case.find('failure') is not None or case.find('error') is not None:
                found[1] += 1
                found[3].append(case.get('name'))
            elif case.find('skipped') is not None:
                found[2] += 1
            else:
                found[0] += 1
    return cases


def read_programs(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def count(program, cases):
    """What one program adds: passed, failed, skipped, and the names of its failed cases."""
    short = program['name'].split(' / ')[-1].split(':')[-1]
    passed, failed, skipped, names = cases.get(short, (0, 0, 0, []))
    if program['result'] == 'SKIP':
        return 0, 0, max(skipped, 1), []
    if program['result'] not in GOOD:
        if failed == 0:
            return passed, 1, skipped, [f"{short}: {program['result'].lower()}"]
        return passed, failed, skipped, [f'{short}: {name}' for name in names]
    if passed + failed + skipped == 0:
        passed = 1
    return passed, failed, skipped, [f'{short}: {name}' for name in names]


def group_of(program):
    """The area that a test belongs to, out of its suites: 'udpnat:quick+base / address' -> base."""
    suites = program['name'].rpartition(' / ')[0].rpartition(':')[2].split('+')
    return next((suite for suite in suites if suite not in ('', 'quick', 'slow')), 'other')


def read_reasons(program):
    """What the program said of each case that failed: the comments behind its line of TAP."""
    lines, is_failed = [], False
    for line in program.get('stdout', '').splitlines():
        if not line.startswith('#'):
            is_failed = line.startswith('not ok')
        if is_failed:
            lines.append(line)
    if len(lines) > LINES_MAX:
        lines[LINES_MAX:] = [f'(and {len(lines) - LINES_MAX} lines more)']
    return lines


def main():
    logs = Path(sys.argv[1])
    base = sys.argv[2] if len(sys.argv) > 2 else 'testlog'
    cases = read_cases(logs / f'{base}.junit.xml')
    groups, total, failures, reasons = {}, [0, 0, 0], [], []
    for program in read_programs(logs / f'{base}.json'):
        passed, failed, skipped, names = count(program, cases)
        row = groups.setdefault(group_of(program), [0, 0, 0, 0, 0.0])
        for i, n in enumerate((passed, failed, skipped)):
            row[i] += n
            total[i] += n
        row[3] += 1
        row[4] += program.get('duration', 0)
        failures += names
        reasons += read_reasons(program) if names else []

    if groups:
        print(
            f'\n{"area":<14}{"programs":>9}{"passed":>9}{"failed":>9}{"skipped":>9}{"seconds":>9}'
        )
    for name, (passed, failed, skipped, programs, seconds) in sorted(groups.items()):
        print(f'{name:<14}{programs:>9}{passed:>9}{failed:>9}{skipped:>9}{seconds:>9.1f}')
    for line in reasons:
        print(f'  {line}')
    for name in failures:
        print(f'failed: {name}')
    print(f'{total[0]} passed, {total[1]} failed' + (f', {total[2]} skipped' if total[2] else ''))
    return 0 if total[0] > 0 and total[1] == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
