#!/usr/bin/env python3
"""Real programs behind real NATs: network namespaces, nftables, and udpnat-cli and udpnat-server as
they are.

    netlab.py --build DIR --all          every pair of NATs, and the rest; prints a table
    netlab.py --build DIR --quick        a selection that takes less than a minute
    netlab.py --build DIR NAME…          these scenarios (--list names them)
    netlab.py --build DIR --trials N    N searches for a port for each pair that needs one
    netlab.py --self-test                no program at all: does each NAT do what its name says?
    netlab.py --build DIR --demo [A B]   two people talk before your eyes, behind these two NATs

Runs as root or as anybody: an unprivileged user gets a user namespace, where the kernel allows
that. With --tap the output is for meson. Exit status: 0 all good, 1 something failed, 77 (--demo
only) no namespaces to be had.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from lab import kernel, nat  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

JOBS = 6
NO_NAMESPACES = 77


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group()
    for name in ('all', 'quick', 'self-test', 'list', 'demo'):
        what.add_argument(f'--{name}', action='store_true')
    what.add_argument('--trials', type=int, metavar='N')
    parser.add_argument('--build', type=Path)
    parser.add_argument('--tap', action='store_true')
    parser.add_argument('--jobs', type=int, default=JOBS)
    parser.add_argument('names', nargs='*', metavar='NAME')
    options = parser.parse_args()
    if options.demo:
        options.names = options.names or ['fullcone', 'portrestricted']
        if len(options.names) != 2 or not set(options.names) <= set(nat.KINDS):
            parser.error(f"--demo takes two NATs out of {', '.join(nat.KINDS)}")
    elif not (options.names or options.all or options.quick or options.self_test or options.list
              or options.trials):
        parser.error('say what: --all, --quick, --trials, --self-test, --demo, --list or names')
    return parser, options


def check_programs(build):
    """Why the programs cannot be used; None when they can."""
    if build is None:
        return 'no --build DIR'
    missing = [
        path
        for path in ('src/server/udpnat-server', 'src/cli/udpnat-cli')
        if not os.access(build / path, os.X_OK)
    ]
    return f"not built: {', '.join(missing)} in {build}" if missing else None


def run_scenarios(names, build, jobs, tap):
    from lab import report, scenarios
    from lab.stage import Stage

    stages = {}

    def run_one(name):
        play, arguments = scenarios.ALL[name]
        with Stage(name, build, tap) as stage:
            stages[name] = stage
            play(stage, *arguments)

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(run_one, name) for name in scenarios.order(names)]:
            done.result()
    for line in report.write_report(stages):
        tap.note(line or ' ')
    return tap.finish()


def check_lab():
    """The smallest network with a NAT; raises kernel.Impossible where the kernel does not make
    that."""
    from lab.topology import Lab

    try:
        lab = Lab('try')
        try:
            lab.add_site('a', 'restricted', 1)
        finally:
            lab.close()
    except OSError as error:
        if kernel.REFUSAL.search(str(error)):
            raise kernel.Impossible(str(error)) from error
        raise


def main():
    parser, options = parse()
    if options.list:
        from lab import scenarios

        print('\n'.join(scenarios.ALL))
        return 0
    try:
        kernel.enter()
        check_lab()
    except kernel.Impossible as error:
        why = f'no network namespaces with NATs here: {error}'
        if options.demo:
            print(why, file=sys.stderr)
            return NO_NAMESPACES
        return skip_all(why, quiet=not options.tap)

    if options.self_test:
        from lab import selftest

        tap = Tap(quiet=not options.tap)
        selftest.run(tap)
        return tap.finish()
    missing = check_programs(options.build)
    if missing:
        parser.error(missing)
    build = options.build.resolve()
    if options.demo:
        from lab import demo

        return demo.run(build, options.names)
    if options.trials:
        from lab import search

        tap = Tap(quiet=not options.tap)
        search.run(build, options.trials, options.jobs, tap)
        return tap.finish()
    from lab import scenarios

    names = (
        list(scenarios.ALL) if options.all else scenarios.QUICK if options.quick else options.names
    )
    unknown = sorted(set(names) - set(scenarios.ALL))
    if unknown:
        parser.error(f"no scenario {', '.join(unknown)}; --list names them")
    return run_scenarios(names, build, options.jobs, Tap(quiet=not options.tap))


if __name__ == '__main__':
    sys.exit(main())
