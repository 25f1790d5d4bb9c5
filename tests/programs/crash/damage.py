"""A database that was damaged while nobody was looking: it is set aside with its exact bytes, what
can be read of it is there, and the conversation goes on without doubling anything."""

import random
import re
from pathlib import Path

from .judge import find_doubled, read_history
from .storm import Storm

LINES = 300  # of each side, before; enough for some hundred pages
LETTERS = 12  # said to somebody who is away
NEWS = 5  # of each side, after
PAGE_BYTES = 4096
DAMAGED_PAGES = 8
ROOT_PAGES = 40  # the list of tables, and where each begins: 34 of a new database
REPORT = re.compile(r'(\d+) messages, (\d+) people')
SETTLE_SECONDS = 40


# ---- Damages ----


def overwrite_pages(data):
    """Rubbish over some pages in the middle: a disk that forgets. Not over those that a database
    begins with: without its root a table is not found again."""
    chance = random.Random(3)
    n_pages = len(data) // PAGE_BYTES
    damaged = bytearray(data)
    for page in chance.sample(range(ROOT_PAGES, n_pages * 3 // 4), DAMAGED_PAGES):
        damaged[page * PAGE_BYTES:(page + 1) * PAGE_BYTES] = chance.randbytes(PAGE_BYTES)
    return bytes(damaged)


def cut(data):
    """Half of it, not even at the end of a page: a disk that was full, a copy that broke off."""
    return data[:len(data) // 2 - 100]


def replace(data):
    """Nothing of it is left."""
    return random.Random(4).randbytes(len(data))


def damage_file(path, how):
    """Returns what is there then, of the file and of its log."""
    path.write_bytes(how(path.read_bytes()))
    beside = {suffix: Path(f'{path}{suffix}') for suffix in ('', '-wal')}
    return {suffix: file.read_bytes() for suffix, file in beside.items() if file.exists()}


def find_set_aside(path):
    return [other for other in path.parent.glob(f'{path.name}.damaged-*')
            if not other.name.endswith(('-wal', '-shm'))]


# ---- The story ----


def talk_and_part(stage, hand):
    """A long conversation; then bob leaves, alice leaves letters for him, and all stop. What bob
    says last of all waits in his outbox. Returns both histories."""
    alice, bob = hand.people
    hand.begin()
    for count in range(LINES):
        for person in hand.people:
            person.say(f'before, with something around it: {"-" * (count % 97)}')
        stage.pump(0.002)
    if waiting := hand.settle(SETTLE_SECONDS):
        raise RuntimeError(f'before the damage: {waiting}')
    stage.leave('bob')
    for _ in range(LETTERS):
        alice.say('while you are away')
    hand.expect(lambda: alice.counts.get('stored', 0) >= LETTERS, 'letters are at the server')
    stage.leave('alice')
    stage.leave('server')
    return {person.name: read_history(stage, person.name, person.peer) for person in hand.people}


def go_on(hand, letters_first=False):
    """Everybody is back, and says something new. Returns what waits in the end.

    letters_first: not before the old has arrived. What a mailbox has lost is sent once more only
    when both are there, and so may come after what was said since."""
    for name in 'server', 'alice', 'bob':
        if not hand.stage.is_running(name):
            hand.stage.start(name)
    for person in hand.people:
        hand.expect(lambda person=person: person.is_registered, f'{person.name} is back')
    if letters_first and (waiting := hand.settle(SETTLE_SECONDS)):
        return waiting
    for person in hand.people:
        for _ in range(NEWS):
            person.say('after all that')
    return hand.settle(SETTLE_SECONDS)


def find_missing(lines, history, key='id'):
    there = [line['id'] for line in history]
    return [line.text(0) for line in lines if not line.is_said or there.count(line.id) != 1]


def find_changed(before, after):
    """Lines that are there still, and say something else or stand elsewhere."""
    was = {line['id']: (line['number'], line['outgoing'], line['text']) for line in before}
    wrong = [str(line['number']) for line in after if line['id'] in was and
             was[line['id']] != (line['number'], line['outgoing'], line['text'])]
    numbers = [line['number'] for line in after]
    return wrong + ([] if numbers == sorted(numbers) else ['the order'])


def check_what_is_left(check, hand, before, after):
    alice, bob = hand.people
    letters = alice.lines[-LETTERS - NEWS:-NEWS]
    ids = {name: [line['id'] for line in lines] for name, lines in after.items()}
    check('what-is-left-is-unchanged', not find_changed(before['bob'], after['bob']),
          find_changed(before['bob'], after['bob']))
    check('the-other-has-all-that-they-had', find_changed(before['alice'], after['alice']) == [] and
          {line['id'] for line in before['alice']} <= set(ids['alice']))
    for name in 'alice', 'bob':
        check(f'nothing-doubled-with-{name}', not find_doubled(ids[name]), find_doubled(ids[name]))
    texts = [line['text'] for line in after['alice'] if not line['outgoing']]
    check('nothing-said-twice-to-the-other', not find_doubled(texts), find_doubled(texts))
    check('letters-are-here-once', not find_missing(letters, after['bob']),
          find_missing(letters, after['bob']))
    for person in hand.people:
        news = person.lines[-NEWS:]
        missing = find_missing(news, after['alice']) + find_missing(news, after['bob'])
        check(f'news-of-{person.name}-are-on-both-sides', not missing, missing)


def check_kept(check, path, damaged):
    """Under its new name, to the byte, and its log with it. Returns that name."""
    kept = find_set_aside(path)
    is_same = len(kept) == 1 and all(Path(f'{kept[0]}{suffix}').read_bytes() == contents
                                     for suffix, contents in damaged.items())
    check('set-aside-with-its-exact-bytes', is_same, kept)
    return kept[0].name if kept else '?'


def check_report(check, hand, name, after, least):
    """The report says where the file is, and how much could be saved."""
    bob = hand.people[1]
    reports = [message for code, message in bob.errors if code == 'recovered']
    check('report-names-it-once', len(reports) == 1 and name in reports[0], reports)
    found = REPORT.search(reports[0]) if reports else None
    n_saved = int(found.group(1)) if found else 0
    n_new = LETTERS + NEWS * 2
    check('what-could-be-read-is-there', n_saved >= least and len(after) == n_saved + n_new,
          [f'reported {n_saved}, in the history {len(after)}, of them new {n_new}, '
           f'expected to be saved at least {least}'])


def damage_profile(how, least):
    """Of bob. least: the part of his lines that must be saved."""
    def story(stage, check):
        hand = Storm(stage, 1, 1)
        bob = hand.people[1]
        bob.expected = bob.expected | {'recovered'}
        before = talk_and_part(stage, hand)
        path = stage.profile('bob') / 'udpnat.db'
        # After a death all of the file is looked at. Otherwise damage is found when it is met.
        stage.start('bob')
        bob.say('the last of all, which waits')
        hand.expect(lambda: bob.lines[-1].is_said, 'bob has said something that waits')
        stage.kill('bob')
        damaged = damage_file(path, how)
        waiting = go_on(hand)
        check('nothing-waits-in-the-end', not waiting, waiting)
        statuses = [stage.leave(name) for name in ('alice', 'bob', 'server')]
        check('all-leave-in-peace', statuses == [0, 0, 0], [statuses])
        after = {person.name: read_history(stage, person.name, person.peer)
                 for person in hand.people}
        name = check_kept(check, path, damaged)
        check_report(check, hand, name, after['bob'], int(len(before['bob']) * least))
        check_what_is_left(check, hand, before, after)
    return story


def damage_mailbox(stage, check):
    """Of the server: the sender still has everything."""
    hand = Storm(stage, 1, 1)
    before = talk_and_part(stage, hand)
    path = stage.folder / 'state/mail.db'
    damaged = damage_file(path, replace)
    waiting = go_on(hand, letters_first=True)
    check('nothing-waits-in-the-end', not waiting, waiting)
    statuses = [stage.leave(name) for name in ('alice', 'bob', 'server')]
    check('all-leave-in-peace', statuses == [0, 0, 0], [statuses])
    check_kept(check, path, damaged)
    after = {person.name: read_history(stage, person.name, person.peer) for person in hand.people}
    check_what_is_left(check, hand, before, after)


STORIES = {
    'pages': damage_profile(overwrite_pages, 0.5),
    'cut': damage_profile(cut, 0.1),
    'garbage': damage_profile(replace, 0),
    'mailbox': damage_mailbox,
}
