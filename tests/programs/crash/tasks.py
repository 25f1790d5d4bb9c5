"""kill -9 in the middle of what writes a file or a whole profile anew: a backup, an export, the
passphrase, a restore, and the fetching of letters.

strace kills the program at the N-th call of each kind that changes a disk, one after the other. So
every point between two steps is met, not only those where a program spends its time."""

import shutil
import subprocess
import sys

from .files import COMPLAINT, SECRET, SAID, get_lines, look, talk
from .judge import judge, read_history
from .storm import Storm

CALLS = ('pwrite64', 'write', 'rename', 'unlink', 'fsync', 'fdatasync', 'ftruncate')
OTHER = 'another horse battery'
LETTERS = 12
# Points of each kind of call when nobody asks for every one, and fetches that are killed
POINTS = 12


def can_trace():
    done = subprocess.run(['strace', '-f', '-e', 'trace=none', 'true'], capture_output=True)
    return done.returncode == 0


class Task:
    """One command of the command line, with what it needs and how it is judged."""

    def __init__(self, stage, label, options, words):
        self.stage = stage
        self.label = label
        self.options = options
        self.words = words
        self.work = stage.folder / 'task'

    def get_words(self):
        return [str(word) for word in (
            self.stage.cli_path, '--server', '127.0.0.1:9', '--profile', self.work / 'profile',
            '--name', 'bob', *self.options, *self.words)]

    def set_up(self, template):
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        shutil.copytree(template, self.work / 'profile')

    def run(self, tracer=()):
        environment = self.stage.environment()
        environment['ASAN_OPTIONS'] = 'detect_leaks=0'  # it traces as well
        return subprocess.run([*tracer, *self.get_words()], stdin=subprocess.DEVNULL, timeout=120,
                              capture_output=True, env=environment, cwd=self.stage.folder)

    def count_calls(self, template):
        """How often it makes each call, when nobody disturbs it. Other threads count on their
        own, so some of these numbers are never reached."""
        self.set_up(template)
        counts = self.stage.folder / 'counts'
        done = self.run(['strace', '-f', '-c', '-o', str(counts), '-e', f'trace={",".join(CALLS)}'])
        if done.returncode != 0:
            raise RuntimeError(f'{self.label}: {done.stderr.decode()}')
        found = {}
        for line in counts.read_text().splitlines():
            fields = line.split()
            if fields and fields[-1] in CALLS:
                found[fields[-1]] = int(fields[3])
        return found

    def kill_at(self, template, call, number):
        """Returns whether it was killed."""
        self.set_up(template)
        inject = f'inject={call}:signal=SIGKILL:when={number}'
        done = self.run(['strace', '-f', '-o', '/dev/null', '-e', f'trace={call}', '-e', inject])
        return done.returncode in (-9, 137)


def pick(count, most):
    """Numbers from 1 to count: all, or so many of them, the first and the last among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + i * (count - 1) // (most - 1) for i in range(most)})


def find_profile_wrong(stage, profile, lines, option_sets):
    """What is wrong with a profile that was killed in the middle: it must open in one of these
    ways, with all that was there, and nothing may be left in clear beside it."""
    tries = []
    for options in option_sets:
        status, events, stderr = look(stage, profile, options, [])
        if COMPLAINT.search(stderr):
            return [stderr]
        if status == 0:
            wrong = [] if get_lines(events) == lines else ['not all that was there is there']
            if any(event['event'] == 'error' for event in events):
                wrong.append(f'a crash is called damage: {events}')
            left = [path.name for path in profile.iterdir() if path.suffix in ('.new', '.snapshot')
                    or path.name.endswith(('-new', '-recovering'))]
            return wrong + [f'left behind: {name}' for name in left]
        tries.append(stderr)
    return [f'it does not open: {tries}']


def find_file_wrong(task, path):
    """A file that was to be written: it is not there, or all of it is."""
    if not path.exists():
        return []
    if task.label == 'export':
        count = len(path.read_text().splitlines())
        return [] if count >= task.n_lines else [f'{count} lines of the export']
    other = task.work / 'restored'
    words = [word if word != str(task.work / 'profile') else str(other)
             for word in task.get_words()]
    words = words[:words.index('--name')] + ['--name', 'bob', 'restore', str(path)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                          env=task.stage.environment(), cwd=task.stage.folder)
    return [] if done.returncode == 0 else [f'half a backup: {done.stderr.decode()}']


def make_tasks(stage):
    """Label, whether the profile is protected before, options, words, ways to open it after."""
    secret, other = stage.folder / 'secret', stage.folder / 'other'
    secret.write_text(SECRET + '\n')
    other.write_text(OTHER + '\n')
    opened, changed = ['--passphrase-file', secret], ['--passphrase-file', other]
    out = stage.folder / 'task' / 'out'
    return [
        ('backup', False, ['--unencrypted'], ['backup', out], [[]]),
        ('export', False, ['--json-lines'], ['export', 'alice', out], [[]]),
        ('passphrase-set', False, ['--new-passphrase-file', secret], ['passphrase', 'set'],
         [[], opened]),
        ('passphrase-change', True, [*opened, '--new-passphrase-file', other],
         ['passphrase', 'change'], [opened, changed]),
        ('passphrase-remove', True, opened, ['passphrase', 'remove'], [opened, []]),
    ]


def protect(stage, template):
    """A copy of a profile, with a passphrase."""
    protected = stage.folder / 'template-protected'
    shutil.copytree(template, protected)
    words = [stage.cli_path, '--profile', protected, '--new-passphrase-file',
             stage.folder / 'secret', 'passphrase', 'set']
    subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, check=True,
                   capture_output=True, env=stage.environment(), timeout=60)
    return protected


def kill_task(stage, check, task, template, lines, ways, most):
    n_kills = 0
    for call, count in task.count_calls(template).items():
        wrong = []
        for number in pick(count, most):
            if not task.kill_at(template, call, number):
                continue
            n_kills += 1
            out = task.work / 'out'
            found = find_file_wrong(task, out) if out in task.words else []
            found += find_profile_wrong(stage, task.work / 'profile', lines, ways)
            wrong += [f'at {call} {number}: {text}' for text in found]
        check(f'{task.label}/killed-at-{call}', not wrong, wrong)
    check(f'{task.label}/was-killed', n_kills > 0, [n_kills])
    check.note(f'{task.label}: killed at {n_kills} points')


def kill_restore(stage, check, template, lines, most):
    """The profile is not there, or all of it; a second try makes it."""
    backup = stage.folder / 'whole.backup'
    make = Task(stage, 'backup', ['--unencrypted'], ['backup', backup])
    make.set_up(template)
    if make.run().returncode != 0:
        raise RuntimeError('no backup to restore')
    task = Task(stage, 'restore', [], ['restore', backup])
    task.set_up = lambda _template: (shutil.rmtree(task.work, ignore_errors=True),
                                     task.work.mkdir())
    n_kills = 0
    for call, count in task.count_calls(template).items():
        wrong = []
        for number in pick(count, most):
            if not task.kill_at(template, call, number):
                continue
            n_kills += 1
            profile = task.work / 'profile'
            if not profile.exists() and (again := task.run()).returncode != 0:
                wrong.append(f'at {call} {number}: no second try: {again.stderr.decode()}')
                continue
            wrong += [f'at {call} {number}: {text}'
                      for text in find_profile_wrong(stage, profile, lines, [[]])]
        check(f'restore/killed-at-{call}', not wrong, wrong)
    check('restore/was-killed', n_kills > 0, [n_kills])
    check.note(f'restore: killed at {n_kills} points')


def kill_fetch(stage, check, hand, most):
    """Bob is killed at a step of fetching letters, again and again: each is there once."""
    alice, bob = hand.people
    n_kills = 0
    for number in range(1, most + 1):
        stage.leave('bob')
        before = alice.counts.get('stored', 0)
        for _ in range(LETTERS):
            alice.say('a letter')
        hand.expect(lambda: alice.counts.get('stored', 0) >= before + LETTERS,
                    'letters are at the server')
        call = CALLS[number % 2]
        stage.tracers['bob'] = ['strace', '-f', '-o', '/dev/null', '-e', f'trace={call}', '-e',
                                f'inject={call}:signal=SIGKILL:when={8 + 3 * number}']
        program = stage.start('bob')
        program.is_to_end = True  # at that call
        stage.pump(10, lambda: program.is_ended or not hand.find_waiting())
        n_kills += program.is_ended
        del stage.tracers['bob']
        if stage.is_running('bob'):
            stage.leave('bob')
        stage.start('bob')
        waiting = hand.settle(40)
        check(f'fetch/nothing-waits-after-{number}', not waiting, waiting)
    check('fetch/was-killed', n_kills > 0, [n_kills])
    check.note(f'fetch: killed {n_kills} times')
    for name in 'alice', 'bob', 'server':
        stage.leave(name)
    judge(check, hand.people, {person.name: read_history(stage, person.name, person.peer)
                               for person in hand.people})


def make_story(names, most):
    def story(stage, check):
        if not can_trace():
            check.skip('all', 'strace cannot trace here')
            return
        hand = Storm(stage, 1, 1)
        hand.begin()
        talk(stage, hand, SAID)
        stage.leave('bob')
        template = stage.folder / 'template'
        shutil.copytree(stage.profile('bob'), template)
        lines = get_lines(look(stage, template, [], [])[1])
        tasks = make_tasks(stage)
        protected = protect(stage, template)
        for label, is_protected, options, words, ways in tasks:
            if label in names:
                task = Task(stage, label, options, words)
                task.n_lines = len(lines)
                kill_task(stage, check, task, protected if is_protected else template, lines, ways,
                          most)
        if 'restore' in names:
            kill_restore(stage, check, template, lines, most)
        stage.start('bob')
        if 'fetch' in names:
            kill_fetch(stage, check, hand, min(most, POINTS))
    return story


ALL = ('backup', 'export', 'passphrase-set', 'passphrase-change', 'passphrase-remove', 'restore',
       'fetch')


def get_stories(is_quick, is_every):
    if is_quick:
        return {'restore': make_story(('restore',), 2)}
    return {name: make_story((name,), sys.maxsize if is_every else POINTS)
            for name in ALL}
