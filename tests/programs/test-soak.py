"""`./dev soak` in seconds, and whether it notices what it is for. Prints TAP."""

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import soak

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402

SECONDS, EVERY, PEOPLE, PACE, NAMES = 24, 1.5, 200, 20, 50
# A sanitizer keeps memory of its own
SLACK_KIB = 3072


def make(n, **grows):
    """Samples of a server of which something grows by so much from each to the next."""
    counts = {'came': 5, 'claimed': 1}
    return [soak.Sample(60 * i, 20000 + grows.get('rss_kib', 0) * i,
                        20 + grows.get('n_fds', 0) * i, 13 + grows.get('n_files', 0) * i, 0,
                        counts) for i in range(n)]


def judges(check):
    check('judges/nothing-grows', soak.judge(make(60)) == [])
    check('judges/memory', len(soak.judge(make(60, rss_kib=60))) == 1)
    check('judges/memory-within-the-bound', soak.judge(make(60, rss_kib=30)) == [])
    check('judges/descriptors', len(soak.judge(make(60, n_fds=0.1))) == 1)
    check('judges/files', len(soak.judge(make(60, n_files=0.1))) == 1)
    check('judges/too-few', len(soak.judge(make(7))) == 1)
    samples = make(60)
    samples[-1].counts = {'came': 0, 'claimed': 1}
    check('judges/nobody-came', soak.judge(samples) == ['not once: came'])
    samples = make(60, rss_kib=60)
    for sample in samples[30:]:
        sample.counts = {'came': 5, 'claimed': 5000}
    check('judges/names-stay', soak.judge(samples) == [])


def soaks(build, leak):
    options = SimpleNamespace(build=build, seconds=SECONDS, every=EVERY, people=PEOPLE, pace=PACE,
                              names=NAMES, preload=leak)
    samples, status = soak.run(options)
    return status, soak.judge(samples, SLACK_KIB)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--leak', type=Path, required=True)
    options = parser.parse_args()
    tap = tap_module.Tap()
    judges(tap.check)
    status, faults = soaks(options.build, None)
    tap.check('soaks/nothing-grows', status == 0 and faults == [], [status, *faults])
    status, faults = soaks(options.build, options.leak)
    for what in ('memory', 'descriptors'):
        tap.check(f'soaks/notices-{what}', any(fault.startswith(what) for fault in faults),
                  [status, *faults])
    return tap.finish()


sys.exit(main())
