"""The test protocol of meson (https://testanything.org), for the tests that are written in
Python."""

import sys
import threading


class Tap:
    """Collects facts and prints one line for each; may be used from several threads.

    With quiet set, only failures are printed: a person at a terminal gets the tables instead."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.passed = self.failed = self.skipped = 0
        self._lock = threading.Lock()
        if not quiet:
            print('TAP version 13', flush=True)

    def check(self, name, good, details=()):
        """One fact: true or false, and what there is to know when it is false."""
        with self._lock:
            if good:
                self.passed += 1
            else:
                self.failed += 1
            if not self.quiet:
                print(f"{'ok' if good else 'not ok'} {self.count} {name}")
            elif not good:
                print(f'failed: {name}')
            if not good:
                self._note(details)
            sys.stdout.flush()
        return good

    def skip(self, name, why):
        with self._lock:
            self.skipped += 1
            print(
                f'skipped: {name}: {why}' if self.quiet else f'ok {self.count} {name} # SKIP {why}',
                flush=True,
            )

    def note(self, text):
        with self._lock:
            self._note(str(text).splitlines())
            sys.stdout.flush()

    def _note(self, lines):
        for line in lines:
            print(line if self.quiet else f'# {line}')

    @property
    def count(self):
        return self.passed + self.failed + self.skipped

    def finish(self):
        """Prints the end; returns the exit status: 0 when something passed and nothing failed."""
        if self.quiet:
            skipped = f', {self.skipped} skipped' if self.skipped else ''
            print(f'{self.passed} passed, {self.failed} failed{skipped}')
        else:
            print(f'1..{self.count}')
        return 0 if self.failed == 0 and self.passed > 0 else 1


def skip_all(why, quiet=False):
    """Nothing can be tested here; says why in the way that is counted as skipped. Meson takes that
    for no failure; a person who asked for just this gets the status of a run without a test."""
    line = f'1..0 # SKIP {why}'
    print(f'skipped: {why}\n0 passed, 0 failed, 1 skipped' if quiet else line)
    return 1 if quiet else 0
