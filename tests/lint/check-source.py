#!/usr/bin/env python3
"""check-source: what a reader can see without compiling: sizes, marks, and the order that a source
file begins with.

    check-source.py ROOT      prints TAP, one fact for each rule; every breach as file:line
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

SOURCE_LINES_MAX = 900
HEADER_LINES_MAX = 200
# One by design, so that every number is found in one place.
HEADER_OF_CONSTANTS = 'src/core/base/udpnat-limits.h'
TEST_LINES_MAX = 1200
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

PURE = ('base', 'crypto', 'wire', 'transport', 'traversal', 'rendezvous', 'chat', 'node')
FOLDERS = ('src', 'tests', 'data', 'flatpak', 'po', 'docs', '.ci')
ENDINGS = ('.c', '.h', '.py', '.sh', '.build', '.md', '.ui', '.xml', '.in')

# In two parts, so that this file does not break its own rule
MARK = re.compile(r'\b(' + 'TO' + 'DO|FIX' + 'ME|XX' + r'X)\b')
LOUD = re.compile(r'\bg_(message|warning|critical|error|info)\s*\(')


class File:
    """One file of the tree: its path below the root, and its lines."""

    def __init__(self, root, path):
        self.name = path.relative_to(root).as_posix()
        self.lines = path.read_text(encoding='utf-8', errors='replace').split('\n')
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        self.ending = path.suffix
        self.is_code = self.ending in ('.c', '.h')
        self.is_test = self.name.startswith('tests/')

    def find(self, pattern, message):
        return [
            (self, number, message.format(found.group(0)))
            for number, line in enumerate(self.lines, 1)
            if (found := re.search(pattern, line))
        ]


def check_file_length(file):
    if file.ending not in ('.c', '.h', '.py'):
        return []
    limit = SOURCE_LINES_MAX
    if file.is_test:
        limit = TEST_LINES_MAX
    elif file.ending == '.h' and file.name != HEADER_OF_CONSTANTS:
        limit = HEADER_LINES_MAX
    if len(file.lines) <= limit:
        return []
    return [
        (
            file,
            len(file.lines),
            f'the file has {len(file.lines)} lines, at most {limit}: split it by job',
        )
    ]


def check_line_length(file):
    if file.ending not in ('.c', '.h', '.py', '.sh'):
        return []
    return [
        (file, number, f'the line has {len(line)} columns, at most {COLUMNS_MAX}')
        for number, line in enumerate(file.lines, 1)
        if len(line) > COLUMNS_MAX
    ]


def get_head(lines, start):
    """The lines above the brace at start, in one."""
    head = []
    for line in reversed(lines[:start]):
        if not line.strip() or line.startswith(('}', '#')) or line.endswith('*/'):
            break
        head.insert(0, line)
    return ' '.join(head)


def get_function_name(lines, start):
    """The name in the head of the brace at start; None when the brace opens a type or a table."""
    text = get_head(lines, start)
    if text.rstrip().endswith('=') or '(' not in text:
        return None
    return re.findall(r'(\w+)\s*\(', text)[0]


def check_function_length(file):
    """Functions begin and end with a brace in the first column; everything else is a type, a table,
    or not our style."""
    if not file.is_code:
        return []
    found, start = [], None
    for index, line in enumerate(file.lines):
        if line == '{':
            start = index
        elif line.startswith('}') and start is not None:
            length = index - start - 1
            name = get_function_name(file.lines, start) if line == '}' else None
            if name and length > FUNCTION_LINES_MAX and not name.endswith('_class_init'):
                found.append(
                    (file, start + 1, f'{name} () has {length} lines, at most {FUNCTION_LINES_MAX}')
                )
            start = None
    return found


def check_marks(file):
    return file.find(MARK, 'the mark of unfinished work {}')


def check_tabs(file):
    return file.find('\t', 'a tab')


def check_trailing_space(file):
    return [] if file.ending == '.md' else file.find(r'[ \t\r]+$', 'space at the end of the line')


def check_config_first(file):
    if file.ending != '.c' or not file.name.startswith('src/'):
        return []
    for number, line in enumerate(file.lines, 1):
        if re.match(r'\s*#\s*include\b', line):
            if re.match(r'#include "config\.h"$', line):
                return []
            return [(file, number, 'the first include is not "config.h"')]
    return [(file, 1, 'no include of "config.h"')]


def check_pragma_once(file):
    if file.ending != '.h' or any(line == '#pragma once' for line in file.lines):
        return []
    return [(file, 1, 'no #pragma once')]


def check_no_tests_included(file):
    if not file.name.startswith('src/'):
        return []
    return file.find(
        r'#\s*include\s*[<"][^">]*\btests/|\bsubdir\s*\(.*tests|include_directories\s*\(.*tests',
        'something shipped reaches into tests/',
    )


def check_quiet_core(file):
    if not file.is_code or not file.name.startswith(tuple(f'src/core/{layer}/' for layer in PURE)):
        return []
    return file.find(LOUD, 'the core logs debug only: {}')


def find_twice(files):
    """Functions that two files of what ships define for all: of two archives the linker takes
    whichever comes first. A file whose name ends in -none.c stands for another, and is built in
    its place."""
    first, found = {}, []
    for file in files:
        if not file.name.startswith('src/') or file.ending != '.c' or '-none.' in file.name:
            continue
        for index, line in enumerate(file.lines):
            if line != '{' or get_head(file.lines, index).startswith('static '):
                continue
            name = get_function_name(file.lines, index)
            other = first.setdefault(name, file.name)
            if name not in (None, 'main') and other != file.name:
                found.append((file, index + 1, f'{name} () is in {other}, too'))
    return found


RULES = {
    'file-length': check_file_length,
    'line-length': check_line_length,
    'function-length': check_function_length,
    'no-unfinished-work': check_marks,
    'no-tabs': check_tabs,
    'no-trailing-space': check_trailing_space,
    'config-h-first': check_config_first,
    'pragma-once': check_pragma_once,
    'no-tests-in-what-ships': check_no_tests_included,
    'quiet-core': check_quiet_core,
}


def read_tree(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob('*')):
            if path.is_file() and path.suffix in ENDINGS and '__pycache__' not in path.parts:
                yield File(root, path)
    for path in sorted(root.glob('*')):
        if path.is_file() and (path.suffix in ENDINGS or path.name == 'dev'):
            yield File(root, path)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    files = list(read_tree(root))
    tap = Tap()
    for name, rule in RULES.items():
        found = [
            f'{file.name}:{number}: {text}' for one in files for file, number, text in rule(one)
        ]
        tap.check(f'/lint-source/{name}', not found, found)
    twice = [f'{file.name}:{number}: {text}' for file, number, text in find_twice(files)]
    tap.check('/lint-source/no-function-twice', not twice, twice)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
