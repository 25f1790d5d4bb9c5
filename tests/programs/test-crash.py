"""kill -9 of two people's programs and of their server, at random points of a conversation that
does not pause; then everything that was said must be there, once and in order. Damaged files of a
profile and of a server, with and without a conversation that goes on. And kill -9 at each step of
what writes a profile anew. Prints TAP. By hand:

    tests/programs/test-crash.py --build build --only storm --way nats --kills 100 --seed 17
    tests/programs/test-crash.py --build build --only files profile
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402
from crash import damage, files, judge, places, selftest, tasks  # noqa: E402
from crash.stage import Stage  # noqa: E402
from crash.storm import Storm  # noqa: E402

class Trial:
    """One storm, or one damage: its folder, which is kept when something was wrong with it."""

    def __init__(self, tap, options, label, again, place):
        self.tap = tap
        self.label = label
        self.again = again
        self.folder = Path(tempfile.mkdtemp(prefix='udpnat-crash-'))
        self.place = place
        self.stage = Stage(options.build.resolve(), self.folder, place)
        self.kills = []
        self.is_good = True

    def __call__(self, name, good, details=()):
        """A fact."""
        lines = [line for item in details for line in str(item).splitlines()]
        self.tap.check(f'{self.label}/{name}', good, lines[:40])
        self.is_good = self.is_good and bool(good)

    def skip(self, name, why):
        self.tap.skip(f'{self.label}/{name}', why)

    def note(self, text):
        self.tap.note(text)

    def run(self, story):
        try:
            story(self.stage, self)
        except Exception as error:  # noqa: BLE001: a failure, with its reason
            self('runs-to-its-end', False, [repr(error)])
        finally:
            self.stage.close()
            self.place.close()
        complaints = self.stage.surprises + self.stage.complaints()
        self('no-surprise-and-no-complaint', not complaints, complaints)
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
    if hand.stage.place.label:
        tap.note(hand.stage.place.label)
    kills = ', '.join(f'{count} of {name}' for name, count in hand.n_kills.items())
    tap.note(f'{len(hand.kills)} kills ({kills}) in {stormed:.0f} s, all over after {lasted:.0f} s')
    for person in hand.people:
        said = sum(line.is_said for line in person.lines)
        there = sum(line['outgoing'] for line in histories[person.name])
        tap.note(f'{person.name} asked for {len(person.lines)} lines, was told of {said} that they '
                 f'are on disk, and has {there}; {person.counts.get("stored", 0)} went into the '
                 f'mailbox, {person.counts.get("edited", 0)} edits')


def play_stories(part, stories, tap, options):
    again = f'tests/programs/test-crash.py --build {options.build} --only {part}'
    for name, story in stories.items():
        if options.names and name not in options.names:
            continue
        trial = Trial(tap, options, f'{part}-{name}', f'{again} {name}', places.make('server', 0))
        trial.run(story)


def play_storms(tap, options):
    again = (f'tests/programs/test-crash.py --build {options.build} --only storm '
             f'--way {options.way} --away {options.away} --kills {options.kills}')
    for seed in options.seed or [1]:
        place = places.make(options.way, seed)
        storm(Trial(tap, options, f'storm-{options.way}-{seed}', f'{again} --seed {seed}', place),
              options, seed)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--only', required=True,
                        choices=['judge', 'storm', 'damage', 'files', 'tasks'])
    parser.add_argument('--quick', action='store_true', help='some of the files and tasks')
    parser.add_argument('--every', action='store_true',
                        help='tasks are killed at every call, not at a dozen of each kind')
    parser.add_argument('--kills', type=int, default=100, help='of each storm')
    parser.add_argument('--seed', type=int, action='append', help='may be given again and again')
    parser.add_argument('--away', type=float, default=12.0,
                        help='seconds that somebody stays away at most')
    parser.add_argument('--way', choices=places.WAYS, default='server')
    parser.add_argument('names', nargs='*', help='of stories; all without')
    return parser.parse_args()


def main():
    options = parse()
    try:
        status = places.enter(options.way)
    except places.kernel.Impossible as error:
        return tap_module.skip_all(f'no network namespaces here: {error}')
    if status is not None:
        return status
    tap = tap_module.Tap()
    if options.only == 'judge':
        selftest.run(tap)
    elif options.only == 'storm':
        play_storms(tap, options)
    elif options.only == 'damage':
        play_stories('damage', damage.STORIES, tap, options)
    elif options.only == 'files':
        play_stories('files', files.get_stories(options.quick), tap, options)
    else:
        play_stories('tasks', tasks.get_stories(options.quick, options.every), tap, options)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
