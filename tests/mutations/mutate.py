#!/usr/bin/env python3
"""Breaks the program on purpose, in each way that stands in the lists beside this file, and shows
which test notices.

    mutate.py [--near] [--jobs N] [--folder DIR] [NAME…]
        NAME: of a mutation, or of a list (crypto, node …); --near: ask only those who should notice

Works on copies of the checkout. A mutation is caught when a test of the quick suite fails with it
that passes without it; those that should notice are asked first, then all others but lint and the
window's. What does not fit the code any more, or does not compile, is an error of the list. The
last line is "N of N caught"; the exit status is 1 when one was not, 2 when there was an error.
"""

import argparse
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mutations import MutationError, read_all  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
PASSED = ('OK', 'SKIP', 'EXPECTEDFAIL')
# What no change of a source's meaning is judged by
SUITES_LEFT_OUT = {'lint', 'gui'}
OPTIONS = ('-Dgui=disabled', '-Dbuildtype=debug', '-Doptimization=1', '-Dwerror=false')


class BuildError(Exception):
    pass


def read_failure(said):
    """The first case that failed, or the function that a program of GLib's ended in."""
    for pattern in (r'^not ok \d+ (?:- )?(\S+)', r'^Bail out! ERROR:\S+?\.[ch]:\d+:(\w+):'):
        found = re.search(pattern, said, re.M)
        if found:
            return found.group(1)
    return None


class Test:
    """A test of meson's, with what has to be built for it."""

    def __init__(self, about, files_by_target, build):
        self.name = about['name']
        self.suites = {suite.rpartition(':')[2] for suite in about['suite']}
        files = [file for target in about['depends'] for file in files_by_target[target]]
        files += [word for word in about['cmd'] if word.startswith(f'{build}/')]
        names = {os.path.relpath(file, build) for file in files}
        self.targets = sorted(name for name in names if not name.endswith(('.py', '.a')))


class Tree:
    """A copy of the checkout with a build of its own."""

    def __init__(self, folder, files):
        self.files = files
        self.source = folder / 'tree'
        self.build = folder / 'build'
        self.tests = {}
        self.changed = []

    def run(self, *command):
        environment = os.environ | {'CCACHE_NOHASHDIR': '1', 'LC_ALL': 'C.UTF-8'}
        return subprocess.run(
            command,
            cwd=self.source,
            env=environment,
            text=True,
            errors='replace',
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    def prepare(self, wanted):
        """Makes the copy equal to the checkout; what is equal already keeps its time. Builds the
        tests wanted."""
        self.source.mkdir(parents=True, exist_ok=True)
        for path in self.source.rglob('*'):
            if not path.is_dir() and str(path.relative_to(self.source)) not in self.files:
                path.unlink()
        for name, (content, mode) in self.files.items():
            path = self.source / name
            if path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        if not (self.build / 'build.ninja').exists():
            done = self.run('meson', 'setup', str(self.build), *OPTIONS)
            if done.returncode != 0:
                raise BuildError(done.stdout)
        self.make(['build.ninja'])  # again, when its description has changed
        self.read_tests()
        unknown = set(wanted) - self.tests.keys()
        if unknown:
            raise MutationError('seen by a test that there is not: ' + ', '.join(sorted(unknown)))
        self.make(sorted({target for name in wanted for target in self.tests[name].targets}))

    def read_tests(self):
        info = self.build / 'meson-info'
        targets = json.loads((info / 'intro-targets.json').read_text())
        files = {target['id']: target['filename'] for target in targets}
        tests = [
            Test(about, files, self.build)
            for about in json.loads((info / 'intro-tests.json').read_text())
        ]
        self.tests = {
            test.name: test
            for test in tests
            if 'quick' in test.suites and not test.suites & SUITES_LEFT_OUT
        }

    def make(self, targets):
        done = self.run('ninja', '-j2', '-C', str(self.build), *targets)
        if done.returncode != 0:
            raise BuildError(done.stdout[-3000:])

    def write(self, texts):
        for name, text in texts.items():
            path = self.source / name
            path.write_text(text)
        self.changed = list(texts)

    def restore(self):
        self.write({name: self.files[name][0].decode() for name in self.changed})
        self.changed = []

    def fails(self, name):
        """Runs a test; gives None when it passed, else what it says of that."""
        self.make(self.tests[name].targets)
        log = self.build / 'meson-logs' / 'testlog.json'
        log.unlink(missing_ok=True)
        self.run('meson', 'test', '-C', str(self.build), '--no-rebuild', name)
        found = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        if len(found) != 1:
            raise BuildError(f'{name} was not run')
        if found[0]['result'] in PASSED:
            return None
        return read_failure(found[0].get('stdout', '')) or found[0]['result'].lower()


class Run:
    """All mutations on all trees."""

    def __init__(self, trees, is_near):
        self.trees = trees
        self.is_near = is_near
        self.good_tests = set()
        self.lock = threading.Lock()
        self.caught, self.survived, self.errors = [], [], []

    def order_tests(self, tree, mutation):
        """Who should notice, then what is near, then the worlds, then the rest."""
        others = [] if self.is_near else sorted(
            tree.tests.values(),
            key=lambda test: (mutation.layer not in test.suites, test.name != 'sim-worlds'),
        )
        return list(dict.fromkeys(mutation.seen_by + [test.name for test in others]))

    def demand_good(self, tree, name):
        """Nothing is caught by a test that fails anyway."""
        with self.lock:
            if name in self.good_tests:
                return
        said = tree.fails(name)
        if said is not None:
            raise BuildError(f'{name} fails without any mutation: {said}')
        with self.lock:
            self.good_tests.add(name)

    def try_one(self, tree, mutation):
        """Gives the test that notices and what it says, or None."""
        tree.write(mutation.change_tree(tree.source))
        for name in self.order_tests(tree, mutation):
            said = tree.fails(name)
            if said is None:
                continue
            tree.restore()
            self.demand_good(tree, name)
            return name, said
        return None

    def judge(self, tree, mutation):
        begin = time.monotonic()
        try:
            found = self.try_one(tree, mutation)
        except (BuildError, MutationError) as error:
            found = error
        finally:
            tree.restore()
        seconds = time.monotonic() - begin
        with self.lock:
            if isinstance(found, Exception):
                self.errors.append(mutation.name)
                by = 'ERROR'
            elif found is None:
                self.survived.append(mutation.name)
                by = 'NOBODY'
            else:
                self.caught.append(mutation.name)
                by = f'{found[0]}: {found[1]}'
            print(f'{mutation.name:<32} {by:<60} {seconds:5.1f} s  {mutation.what}', flush=True)
            if by == 'ERROR':
                print(f'{found}', flush=True)

    def work(self, do, things):
        """do (tree, thing) for each, on all trees at once; the first exception ends it all."""
        todo = queue.SimpleQueue()
        failures = []
        for thing in things:
            todo.put(thing)

        def take(tree):
            while not failures:
                try:
                    do(tree, todo.get_nowait())
                except queue.Empty:
                    return
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(error)

        threads = [threading.Thread(target=take, args=(tree,)) for tree in self.trees]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]


def read_files():
    """What belongs to the checkout, committed or not, as it is now: name -> (bytes, mode)."""
    done = subprocess.run(
        ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    paths = {name: ROOT / name for name in done.stdout.split('\0') if name}
    return {
        name: (path.read_bytes(), path.stat().st_mode)
        for name, path in paths.items()
        if path.is_file()
    }


def choose(mutations, wanted):
    unknown = set(wanted) - {one.name for one in mutations} - {one.group for one in mutations}
    if unknown:
        raise MutationError('no mutation and no list: ' + ', '.join(sorted(unknown)))
    return [one for one in mutations if not wanted or {one.name, one.group} & set(wanted)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--near', action='store_true')
    parser.add_argument('--jobs', type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument('--folder', type=Path, default=ROOT / 'build-mutate')
    parser.add_argument('names', nargs='*', metavar='NAME')
    options = parser.parse_args()

    mutations = choose(read_all(), options.names)
    for mutation in mutations:
        mutation.change_tree(ROOT)
    n_trees = max(1, min(options.jobs, len(mutations)))
    folder = options.folder.resolve()
    files = read_files()
    run = Run([Tree(folder / str(i + 1), files) for i in range(n_trees)], options.near)
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    hints = list(dict.fromkeys(name for one in mutations for name in one.seen_by))
    for tree in run.trees:  # one after the other: the second finds all in the compiler's cache
        say(f'Building a copy in {tree.build} …')
        tree.prepare(hints)
    say(f'{len(hints)} tests without any mutation …')
    run.work(run.demand_good, hints)
    run.work(run.judge, mutations)

    for name in run.survived:
        print(f'not caught: {name}')
    for name in run.errors:
        print(f'error: {name}')
    print(f'{len(run.caught)} of {len(mutations)} caught')
    return 2 if run.errors else 1 if run.survived or not run.caught else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (BuildError, MutationError) as wrong:
        print(f'mutate: {wrong}', file=sys.stderr)
        sys.exit(2)
