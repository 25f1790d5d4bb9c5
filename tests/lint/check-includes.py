#!/usr/bin/env python3
"""check-includes: every header compiles alone, and no folder can include what its layer may not
see.

Both are tried for real: with the compiler and the include paths of the build
(compile_commands.json), as the files of that folder are compiled.

    check-includes.py --root ROOT --build BUILD [LAYER=SEEN,SEEN…]…

prints TAP, two facts for each folder.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from multiprocessing.pool import ThreadPool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

# The programs are no layers: what they must not reach, whatever the build file says.
PROGRAMS = {
    'src/server': ('traversal', 'chat', 'node', 'client'),
    'src/cli': ('wire', 'transport', 'traversal', 'rendezvous'),
    'src/gui': ('wire', 'transport', 'traversal', 'rendezvous'),
}
# And what no table may allow: the neighbours that only node ties together, and io, which knows no
# protocol.
NEVER = {
    'base': ('crypto', 'wire'),
    'crypto': ('wire',),
    'wire': ('crypto',),
    'transport': ('traversal', 'rendezvous', 'chat'),
    'traversal': ('transport', 'rendezvous', 'chat'),
    'rendezvous': ('traversal', 'chat'),
    'chat': ('transport', 'traversal', 'rendezvous'),
    'io': ('wire', 'transport', 'traversal', 'rendezvous', 'chat', 'node'),
}
DROPPED_WITH_VALUE = ('-o', '-MQ', '-MF', '-MT')
DROPPED = ('-c', '-MD', '-MMD', '-MP')


def read_flags(root, build):
    """Folder below the root -> (directory, compiler and flags) of any one file that is compiled
    there; not of one that a test takes, which may see more, or less."""
    flags = {}
    for entry in json.loads((build / 'compile_commands.json').read_text()):
        directory = Path(entry['directory'])
        source = Path(os.path.normpath(directory / entry['file']))
        if not source.is_relative_to(root) or entry.get('output', '').startswith('tests/'):
            continue
        words, kept = shlex.split(entry['command']), []
        while words:
            word = words.pop(0)
            if word in DROPPED_WITH_VALUE:
                words.pop(0)
            elif word not in DROPPED and word != entry['file']:
                kept.append(word)
        flags.setdefault(source.parent.relative_to(root).as_posix(), (directory, kept))
    return flags


def compile_include(flags, header):
    """What the compiler says to a file that is nothing but this include; empty when it is
    content."""
    directory, words = flags
    done = subprocess.run(
        [*words, '-Werror', '-fdiagnostics-color=never', '-fsyntax-only', '-x', 'c', '-'],
        cwd=directory,
        text=True,
        input=f'#include "{header}"\n',
        capture_output=True,
        env=os.environ | {'LC_ALL': 'C'},
        check=False,
    )
    return done.stderr.strip() or ('failed' if done.returncode else '')


def list_headers(folder):
    return sorted(path for path in folder.glob('*.h'))


def check_alone(folder, flags, pool):
    headers = list_headers(folder)
    answers = pool.map(lambda header: compile_include(flags, header.name), headers)
    return [
        line
        for header, answer in zip(headers, answers)
        if answer
        for line in (f'{header.name} does not compile alone:', *answer.splitlines()[:6])
    ]


def check_not_seen(root, flags, layers, pool):
    """layers: those that must be out of reach. Their headers have to be not found, for no other
    reason."""
    tries = [header for layer in layers for header in list_headers(root / 'src/core' / layer)[:2]]
    answers = pool.map(lambda header: compile_include(flags, header.name), tries)
    return [
        f'{header.relative_to(root)} can be included here'
        for header, answer in zip(tries, answers)
        if f'{header.name}: No such file' not in answer
        and f"'{header.name}' file not found" not in answer
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--root', type=Path, required=True)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('layers', nargs='*')
    options = parser.parse_args()
    root, build = options.root.resolve(), options.build.resolve()

    sees = {
        name: set(filter(None, seen.split(',')))
        for name, _, seen in (layer.partition('=') for layer in options.layers)
    }
    hidden = {
        f'src/core/{name}': sorted((set(sees) - seen - {name}) | set(NEVER.get(name, ())))
        for name, seen in sees.items()
    }
    hidden |= PROGRAMS
    flags = read_flags(root, build)
    tap = Tap()
    with ThreadPool(os.cpu_count()) as pool:
        for folder in sorted(
            {path.parent.relative_to(root).as_posix() for path in (root / 'src').rglob('*.h')}
        ):
            name = folder.removeprefix('src/').replace('/', '-')
            if folder not in flags:
                tap.skip(
                    f'/lint-includes/{name}/each-header-compiles-alone',
                    'nothing is compiled in this folder',
                )
                continue
            found = check_alone(root / folder, flags[folder], pool)
            tap.check(f'/lint-includes/{name}/each-header-compiles-alone', not found, found)
        for folder in sorted(hidden):
            if folder in flags:
                name = folder.removeprefix('src/').replace('/', '-')
                found = check_not_seen(root, flags[folder], hidden[folder], pool)
                tap.check(
                    f'/lint-includes/{name}/cannot-include-from-above-or-beside', not found, found
                )
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
