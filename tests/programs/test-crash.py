"""kill -9 of two people's programs and of their server, at random points of a conversation that
does not pause; then everything that was said must be there, once and in order. And profiles whose
database was damaged. Prints TAP. By hand:

    tests/programs/test-crash.py --build build --kills 100 --seed 17
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402
from crash import damage, judge  # noqa: E402
from crash.stage import Stage  # noqa: E402
from crash.storm import Storm  # noqa: E402

LOOPBACK = {'server': '127.0.0.1', 'alice': '127.0.0.1', 'bob': '127.0.0.1'}
# Loopback addresses are no candidates, so all goes through the server. Those of a network of our
# own are, and there the server's death interrupts nobody.
DIRECT = {'server': '10.77.0.1', 'alice': '10.77.0.2', 'bob': '10.77.0.3'}
IN_NETWORK = 'UDPNAT_TEST_CRASH_NETWORK'


class Trial:
    """One storm, or one damage: its folder, which is kept when something was wrong with it."""

    def __init__(self, tap, options, label, again):
        self.tap = tap
        self.label = label
        self.again = again
        self.folder = Path(tempfile.mkdtemp(prefix='udpnat-crash-'))
        self.stage = Stage(options.build.resolve(), self.folder,
                           DIRECT if options.direct else LOOPBACK)
        self.kills = []
        self.is_good = True

    def check(self, name, good, details=()):
        lines = [line for item in details for line in str(item).splitlines()]
        self.tap.check(f'{self.label}/{name}', good, lines[:40])
        self.is_good = self.is_good and bool(good)

    def run(self, story):
        try:
            story(self.stage, self.check)
        except Exception as error:  # noqa: BLE001: a failure, with its reason
            self.check('runs-to-its-end', False, [repr(error)])
        finally:
            self.stage.close()
        complaints = self.stage.surprises + self.stage.complaints()
        self.check('no-surprise-and-no-complaint', not complaints, complaints)
        if self.is_good:
            shutil.rmtree(self.folder)
            return
        for line in [*self.kills[-200:], f'everything is in {self.folder}', f'again: {self.again}']:
            self.tap.note(line)


def storm(trial, options, seed):
    def story(stage, check):
        hand = Storm(stage, seed, options.away)
        trial.kills = hand.kills
        began = time.monotonic()
        hand.run(options.kills)
        stormed = time.monotonic() - began
        waiting = hand.settle()
        check('nothing-waits-in-the-end', not waiting, waiting)
        statuses = [stage.leave(name) for name in ('alice', 'bob', 'server')]
        check('all-leave-in-peace', statuses == [0, 0, 0], [statuses])
        histories = {person.name: judge.read_history(stage, person.name, person.peer)
                     for person in hand.people}
        judge.judge(check, hand.people, histories)
        report(trial.tap, hand, histories, stormed, time.monotonic() - began)

    trial.run(story)


def report(tap, hand, histories, stormed, lasted):
    kills = ', '.join(f'{count} of {name}' for name, count in hand.n_kills.items())
    tap.note(f'{len(hand.kills)} kills ({kills}) in {stormed:.0f} s, all over after {lasted:.0f} s')
    for person in hand.people:
        said = sum(line.is_said for line in person.lines)
        there = sum(line['outgoing'] for line in histories[person.name])
        tap.note(f'{person.name} asked for {len(person.lines)} lines, was told of {said} that they '
                 f'are on disk, and has {there}; {person.counts.get("stored", 0)} went into the '
                 f'mailbox, {person.counts.get("edited", 0)} edits')


def enter_network(options):
    """Starts this program again, in a network namespace with three addresses. Returns its status;
    None: we are in it."""
    if not options.direct or os.environ.get(IN_NETWORK) == '1':
        return None
    unshare = ['unshare', '--net', *([] if os.geteuid() == 0 else ['--user', '--map-root-user'])]
    addresses = '; '.join(f'ip address add {ip}/24 dev crash' for ip in DIRECT.values())
    script = (f'ip link set lo up && ip link add crash type veth peer name other && '
              f'ip link set crash up && ip link set other up && {{ {addresses}; }} && exec "$@"')
    if subprocess.run([*unshare, 'true'], capture_output=True).returncode != 0:
        return tap_module.skip_all('no network namespaces here')
    words = [*unshare, 'sh', '-c', script, 'sh', sys.executable, *sys.argv]
    return subprocess.run(words, env=os.environ | {IN_NETWORK: '1'}).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--kills', type=int, default=100, help='of each storm')
    parser.add_argument('--seed', type=int, action='append', help='may be given again and again')
    parser.add_argument('--away', type=float, default=12.0,
                        help='seconds that somebody stays away at most')
    parser.add_argument('--direct', action='store_true',
                        help='in a network of its own, where direct paths are found')
    parser.add_argument('--only', choices=['storm', 'damage'])
    options = parser.parse_args()
    status = enter_network(options)
    if status is not None:
        return status
    tap = tap_module.Tap()
    direct = ' --direct' if options.direct else ''
    again = f'tests/programs/test-crash.py --build {options.build}{direct} --away {options.away}'
    if options.only != 'damage':
        for seed in options.seed or [1]:
            line = f'{again} --only storm --kills {options.kills} --seed {seed}'
            storm(Trial(tap, options, f'storm-{seed}', line), options, seed)
    if options.only != 'storm':
        for name, story in damage.STORIES.items():
            line = f'{again} --only damage'
            Trial(tap, options, f'damage-{name}', line).run(story)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
