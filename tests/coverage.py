#!/usr/bin/env python3
"""Which lines of the pure layers no test has ever run, as gcovr counts them in a build that was
made with -Db_coverage=true and whose tests have been run. See ./dev coverage.

Prints a row for each file, a row for each layer, and the total. With --lines every line that never
ran, with its text. What can only run when something is broken already does not count, and is told
in a column of its own: assertions' dead ends, see DEAD_ENDS. Exit status: 1 if less than --least
percent ran, or if there was nothing to count.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# Everything below io: no clock, no socket, no file
LAYERS = ('base', 'crypto', 'wire', 'transport', 'traversal', 'rendezvous', 'chat', 'node')
# Ways that the program itself says are never taken
DEAD_ENDS = re.compile(r'g_assert_not_reached|g_return_(val_)?if_reached|g_error \(')


def read_files(root, build):
    """Returns {path: {line: count}} of the layers' sources."""
    pattern = 'src/core/(' + '|'.join(LAYERS) + ')/'
    command = ['gcovr', '--root', str(root), '--object-directory', str(build), '--filter', pattern,
               '--json', '-', '-j', '2', str(build / 'src/core')]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=root).stdout
    files = {}
    for entry in json.loads(said)['files']:
        lines = {line['line_number']: line['count'] for line in entry['lines']
                 if not line.get('gcovr/noncode')}
        if lines:
            files[entry['file']] = lines
    return files


def split(path, lines):
    """Returns the numbers of the lines that never ran: those that could, and the dead ends."""
    source = path.read_text().splitlines()
    never = [number for number, count in sorted(lines.items()) if count == 0]
    dead = [number for number in never if DEAD_ENDS.search(source[number - 1])]
    return [number for number in never if number not in dead], dead


def percent(ran, all_lines):
    return 100.0 * ran / all_lines if all_lines else 100.0


def row(name, n_all, n_never, n_dead):
    counted = n_all - n_dead
    return f'{percent(counted - n_never, counted):6.1f} %  {n_never:5} of {counted:6}' \
           f'  {n_dead or "":>4}  {name}'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--least', type=float, default=95.0, help='percent of all lines')
    parser.add_argument('--lines', action='store_true', help='print every line that never ran')
    options = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    files = read_files(root, options.build.resolve())
    layers = defaultdict(lambda: [0, 0, 0])
    rows = []
    for name, lines in files.items():
        never, dead = split(root / name, lines)
        figures = (len(lines), len(never), len(dead))
        rows.append((percent(len(lines) - len(dead) - len(never), len(lines) - len(dead)),
                     name, figures, never))
        for key in (name.split('/')[2], 'all'):
            layers[key] = [a + b for a, b in zip(layers[key], figures)]
    print('   ran      never ran      dead ends')
    for _, name, figures, never in sorted(rows):
        print(row(name, *figures))
        if options.lines:
            source = (root / name).read_text().splitlines()
            for number in never:
                print(f'    {number:5}: {source[number - 1].strip()}')
    print()
    for layer in (*LAYERS, 'all'):
        print(row(layer, *layers[layer]))
    n_all, n_never, n_dead = layers['all']
    if n_all == 0:
        print('nothing was counted: has this build run a test?', file=sys.stderr)
        return 1
    return 0 if percent(n_all - n_dead - n_never, n_all - n_dead) >= options.least else 1


if __name__ == '__main__':
    sys.exit(main())
