"""Files and folders from one terminal to another, through whatever happens meanwhile. Prints
TAP."""

import filecmp
import os
import random
import sqlite3
import subprocess
import sys
import time

from home import Terminal, run, soon

CHUNK = 65536
FAST = ('--relay-rate', '500000')  # KiB/s: nobody on loopback is reached directly
SLOW = ('--relay-rate', '12000')  # long enough for what is to happen meanwhile


def meet(home, *people):
    """Everybody has been here once, and accepts whoever writes."""
    for who in people:
        home.run_cli(who, '--strangers', 'accept', 'list')
    for who in people[1:]:
        home.run_cli(people[0], 'send', who, 'hello')
        home.run_cli(who, 'wait')


def make_file(path, size, seed=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def make_folder(home, name):
    folder = home.folder / name
    make_file(folder / 'a.bin', 3 * CHUNK + 5, 2)
    make_file(folder / 'deep/er/b.txt', 100, 3)
    make_file(folder / '.hidden', 10, 4)
    make_file(folder / '文件 with spaces', CHUNK, 5)
    (folder / 'empty').mkdir()
    (folder / 'nothing').write_bytes(b'')
    for number in range(150):
        make_file(folder / 'many' / f'{number}.dat', number * 37, 100 + number)
    return folder


def same_folder(one, other):
    compared = filecmp.dircmp(one, other, ignore=[])

    def is_same(pair):
        return not (pair.left_only or pair.right_only or pair.funny_files or
                    filecmp.cmpfiles(pair.left, pair.right, pair.common_files, shallow=False)[1:]
                    != ([], [])) and all(is_same(sub) for sub in pair.subdirs.values())

    return is_same(compared)


def states(events):
    """The states that were told of one file, each once in a row."""
    told = [event['state'] for event in events if event['event'] == 'file']
    return [state for index, state in enumerate(told) if index == 0 or told[index - 1] != state]


def got_folder(home):
    folder = home.folder / 'got'
    folder.mkdir(exist_ok=True)
    return folder


def leftovers(folder):
    return [entry.name for entry in folder.iterdir() if entry.name.startswith('.')]


# ---- One after the other ----


def one_file(home, check):
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    sizes = {'empty': 0, 'one': 1, 'chunk': CHUNK, 'more.jpg': CHUNK + 1, 'big': 40 * CHUNK + 99}
    paths = [make_file(home.folder / 'give' / name, size) for name, size in sizes.items()]
    bob = home.start_cli('bob', '--json', 'receive', '--to', got, '--count', len(paths))
    status, events = home.run_json('alice', 'send', 'bob', '--file', *paths, '--timeout', '20')
    bob_status, out, err = home.finish(bob)
    check('one-file/sender-exits-0', status == 0, [status, events[-5:]])
    check('one-file/receiver-exits-0', bob_status == 0, [bob_status, out[-500:], err])
    for path in paths:
        check(f'one-file/{path.name}-is-the-same',
              (got / path.name).exists() and (got / path.name).read_bytes() == path.read_bytes())
    check('one-file/nothing-else-is-left', not leftovers(got), leftovers(got))
    big = [event for event in events if event.get('name') == 'big']
    check('one-file/its-states-are-told', states(big)[0] == 'offered' and states(big)[-1] == 'done',
          states(big))
    check('one-file/and-its-type', [event for event in events if event.get('name') == 'more.jpg']
          [0]['type'] == 'image/jpeg')

    # Again: nothing is overwritten.
    bob = home.start_cli('bob', 'receive', '--to', got)
    make_file(paths[1], 77, 9)
    status, out, err = home.run_cli('alice', 'send', 'bob', '--file', paths[1])
    home.finish(bob)
    check('one-file/the-second-of-a-name-gets-a-number',
          (got / 'one').stat().st_size == 1 and (got / 'one (2)').stat().st_size == 77,
          sorted(os.listdir(got)))
    check('one-file/people-are-told-in-words', 'to bob: one' in out and status == 0, [out, err])
    status, out, _ = home.run_cli('bob', 'history', 'alice')
    check('one-file/it-is-a-line-of-the-conversation', 'big' in out and 'more.jpg' in out, [out])
    home.stop(server)


def folder(home, check):
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    give = make_folder(home, 'holiday')
    (give / 'link').symlink_to('/etc/passwd')
    bob = home.start_cli('bob', 'receive', '--to', got)
    status, events = home.run_json('alice', 'send', 'bob', '--file', give, '--timeout', '20')
    bob_status, out, err = home.finish(bob)
    (give / 'link').unlink()
    check('folder/both-exit-0', status == 0 and bob_status == 0, [status, bob_status, out, err])
    check('folder/is-the-same-without-what-its-link-leads-to',
          (got / 'holiday').is_dir() and same_folder(give, got / 'holiday'),
          [sorted(os.listdir(got))])
    offered = [event for event in events if event['event'] == 'file'][0]
    check('folder/how-many-files-is-told', offered['folder'] and offered['files'] == 155, offered)
    home.stop(server)


# ---- What people decide ----


def decisions(home, check):
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    big = make_file(home.folder / 'big', 400 * CHUNK)
    alice = home.start_person('alice')
    bob = home.start_person('bob')
    alice.wait('registered')
    bob.wait('registered')

    alice.say(f'sendfile bob {big}')
    offer = bob.wait('file', state='offered')
    check('decisions/it-is-not-taken-unasked', offer and not leftovers(got), [bob.events[-3:]])
    bob.say(f'cancel #{offer["number"]}')
    check('decisions/declined-is-told-here', bob.wait('file', state='cancelled', reason='declined'))
    told = alice.wait('file', state='cancelled')
    check('decisions/and-there', told and told['reason'] == 'declined', [told, alice.events[-3:]])

    alice.say(f'sendfile bob {big}')
    offer = bob.wait('file', state='offered')
    bob.say(f'take #{offer["number"]} {got}')
    check('decisions/it-runs', bob.wait('file', state='running'))
    bob.say(f'pause #{offer["number"]}')
    paused = alice.wait('file', state='paused', paused_there=True)
    check('decisions/a-pause-is-told-there', paused, [alice.events[-3:]])
    time.sleep(0.5)
    size = sum((got / name).stat().st_size for name in leftovers(got))
    time.sleep(0.7)
    check('decisions/nothing-comes-meanwhile',
          size < big.stat().st_size and
          size == sum((got / name).stat().st_size for name in leftovers(got)), [size])
    bob.say(f'resume #{offer["number"]}')
    done = bob.wait('file', state='done')
    check('decisions/it-goes-on-to-its-end',
          done and (got / 'big').read_bytes() == big.read_bytes(), [bob.events[-3:]])
    check('decisions/done-is-told-there', alice.wait('file', state='done'))

    alice.say(f'sendfile bob {big}')
    offer = bob.wait('file', state='offered')
    bob.say(f'take #{offer["number"]} {got}')
    bob.wait('file', state='running')
    number = alice.wait('file', state='running')['number']
    alice.say(f'pause #{number}')
    check('decisions/the-sender-can-pause', bob.wait('file', paused_there=True), [bob.events[-3:]])
    alice.say(f'cancel #{number}')
    check('decisions/and-cancel', bob.wait('file', state='cancelled'), [bob.events[-3:]])
    time.sleep(0.5)
    check('decisions/what-had-come-is-removed', not leftovers(got), leftovers(got))
    bob.say('files')
    alice.say('take #99999', f'cancel #{number}', 'sendfile bob', 'sendfile bob /nowhere/at/all')
    check('decisions/wrong-commands-are-answered',
          all(alice.wait('error') for _ in range(4)), [alice.events[-6:]])
    check('decisions/both-leave', alice.leave() == 0 and bob.leave() == 0)
    home.stop(server)


def cancelled(home, check):
    """While it runs: nothing of it stays, whoever does not want it any more."""
    server = home.start_server(*SLOW)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    big = make_file(home.folder / 'big', 1500 * CHUNK)
    alice = home.start_person('alice')
    bob = home.start_person('bob')
    alice.wait('registered')
    bob.wait('registered')
    for who, person, other in (('receiver', bob, alice), ('sender', alice, bob)):
        alice.say(f'sendfile bob {big}')
        offer = bob.wait('file', state='offered')
        bob.say(f'take #{offer["number"]} {got}')
        running = [one.wait('file', state='running') for one in (alice, bob)]
        check(f'cancelled/{who}-it-is-hidden-while-it-runs',
              None not in running and soon(lambda: leftovers(got)) and
              not (got / 'big').exists(), [running])
        person.say(f'cancel #{running[0 if person is alice else 1]["number"]}')
        told = other.wait('file', state='cancelled')
        check(f'cancelled/{who}-the-other-is-told', told, [other.events[-3:]])
        check(f'cancelled/{who}-nothing-stays',
              soon(lambda: not list(got.iterdir())), leftovers(got))
    alice.leave()
    bob.leave()
    home.stop(server)


def unasked(home, check):
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    home.run_cli('bob', 'set', 'accept-files', 'accept')
    small = make_file(home.folder / 'small', 5 * CHUNK)
    large = make_file(home.folder / 'large', 11_000_000)
    (home.folder / 'Downloads').mkdir()
    bob = home.start_person('bob')
    bob.wait('registered')
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say(f'sendfile bob {small}', f'sendfile bob {large}')
    done = bob.wait('file', state='done')
    check('unasked/a-small-one-is-taken', done and done['name'] == 'small', [bob.events[-4:]])
    check('unasked/it-is-where-downloads-are',
          done and os.path.dirname(done['path']) in (str(home.folder), str(home.folder /
          'Downloads')), [done])
    time.sleep(0.5)
    check('unasked/a-large-one-waits',
          not [event for event in bob.select('file', name='large') if event['state'] != 'offered'])
    alice.leave()
    bob.leave()
    home.stop(server)


# ---- What goes wrong ----


def goes_on(home, check):
    """Either is killed again and again."""
    server = home.start_server(*SLOW)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    big = make_file(home.folder / 'big', 1500 * CHUNK + 1)
    dice = random.Random(11)
    receive = ('--json', 'receive', '--to', got)
    bob = home.start_cli('bob', *receive, stdin=subprocess.DEVNULL)
    alice = home.start_cli('alice', '--json', 'send', 'bob', '--file', big)
    n_kills = 0
    end = time.monotonic() + 120
    while time.monotonic() < end and not (got / 'big').exists():
        time.sleep(dice.uniform(0.2, 1.2))
        if (got / 'big').exists() or n_kills == 10:
            continue
        victim = alice if dice.random() < 0.5 else bob
        victim.kill()
        home.finish(victim)
        n_kills += 1
        if victim is alice:
            alice = home.start_cli('alice', '--json', 'wait', '--count', '99')
        else:
            bob = home.start_cli('bob', *receive, stdin=subprocess.DEVNULL)
    check('goes-on/all-of-it-is-there-after-every-kill',
          (got / 'big').exists() and (got / 'big').read_bytes() == big.read_bytes(), [n_kills])
    check('goes-on/somebody-was-killed', n_kills >= 3, [n_kills])
    status, out, err = home.finish(bob)
    check('goes-on/receiver-exits-0', status == 0, [out[-400:], err])
    alice.kill()
    home.finish(alice)
    home.stop(server)


def away(home, check):
    """Offered to somebody who is not there; fetched when the server is gone and back."""
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    path = make_file(home.folder / 'later', 30 * CHUNK)
    alice = home.start_cli('alice', '--json', 'send', 'bob', '--file', path)
    time.sleep(1)
    alice.kill()
    home.finish(alice)
    bob = home.start_cli('bob', 'receive', '--to', got)
    time.sleep(1)
    home.stop(server)
    alice = home.start_cli('alice', 'wait', '--count', '9')
    time.sleep(1)
    server = home.start_server(*FAST)
    status, out, err = home.finish(bob, seconds=60)
    check('away/it-comes-when-all-are-there',
          status == 0 and (got / 'later').read_bytes() == path.read_bytes(), [status, out, err])
    alice.kill()
    home.finish(alice)
    home.stop(server)


def change_transfer(home, who, values):
    database = sqlite3.connect(home.profile(who) / 'udpnat.db', isolation_level=None)
    database.execute(f'UPDATE transfer SET {values}')
    database.close()


def read_state(home, who):
    database = sqlite3.connect(home.profile(who) / 'udpnat.db', isolation_level=None)
    (state,) = database.execute('SELECT state FROM transfer').fetchone()
    database.close()
    return state


def told_later(home, check):
    """All of it is there, and the receiver died before it had saved that it says so."""
    running, done = 2, 3
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    bob = home.start_cli('bob', 'receive', '--to', got_folder(home))
    home.run_cli('alice', 'send', 'bob', '--file', make_file(home.folder / 'heron', CHUNK))
    home.finish(bob)
    check('told-later/both-know-it', read_state(home, 'alice') == read_state(home, 'bob') == done)
    change_transfer(home, 'bob', "answer = 'accepted'")
    change_transfer(home, 'alice', f"answer = 'accepted', state = {running}")
    both = [home.start_cli(who, 'wait', '--count', '9') for who in ('bob', 'alice')]
    check('told-later/it-is-said-at-the-next-start',
          soon(lambda: read_state(home, 'alice') == done, 20), [read_state(home, 'alice')])
    for process in both:
        process.kill()
        home.finish(process)
    home.stop(server)


def by_mail(home, check):
    """The sender is gone when the receiver comes: a small file is in the mailbox."""
    server = home.start_server()
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    small = make_file(home.folder / 'small.png', 11 * CHUNK + 3)
    large = make_file(home.folder / 'large', 17 * CHUNK)
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say(f'sendfile bob {small}', f'sendfile bob {large}')
    stored = [alice.wait('stored', to='bob') for _ in range(2)]
    check('by-mail/both-offers-are-in-the-mailbox', None not in stored, [alice.events[-4:]])
    check('by-mail/sender-leaves', alice.leave() == 0)
    bob = home.start_cli('bob', '--json', 'receive', '--to', got)
    status, out, err = home.finish(bob)
    check('by-mail/it-comes-without-its-sender',
          status == 0 and (got / 'small.png').read_bytes() == small.read_bytes(),
          [status, out[-600:], err])
    check('by-mail/what-is-too-large-does-not', not (got / 'large').exists())
    bob = home.start_cli('bob', '--json', 'receive', '--to', got)
    status, events = home.run_json('alice', '--timeout', '20', 'wait', '--count', '1')
    told = [event['state'] for event in events
            if event['event'] == 'file' and event['name'] == 'small.png']
    check('by-mail/the-sender-hears-of-it-later', 'done' in told, [events[-4:]])
    status, out, err = home.finish(bob)
    check('by-mail/the-rest-comes-from-the-sender',
          status == 0 and (got / 'large').read_bytes() == large.read_bytes(), [status, out[-600:]])

    home.run_cli('alice', 'set', 'mail-files-up-to', 'off')
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say(f'sendfile bob {small}')
    alice.wait('stored', to='bob')
    alice.leave()
    bob = home.start_cli('bob', '--timeout', '3', 'receive', '--to', got)
    status, out, err = home.finish(bob)
    check('by-mail/not-when-that-is-off', status == 1, [status, out, err])
    home.stop(server)


def changed(home, check):
    """What was offered is not there any more, or is another."""
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    path = make_file(home.folder / 'file', 100 * CHUNK)
    alice = home.start_person('alice')
    bob = home.start_person('bob')
    alice.wait('registered')
    bob.wait('registered')

    alice.say(f'sendfile bob {path}')
    number = bob.wait('file', state='offered')['number']
    make_file(path, 100 * CHUNK, 99)
    bob.say(f'take #{number} {got}')
    failed = bob.wait('file', state='failed')
    check('changed/the-receiver-is-told', failed and failed['reason'] == 'changed-there', [failed])
    failed = alice.wait('file', state='failed')
    check('changed/and-the-sender', failed and failed['reason'] == 'changed', [failed])
    check('changed/nothing-of-it-passes-for-the-file', not (got / 'file').exists())

    make_file(path, 100 * CHUNK)
    alice.say(f'resume #{failed["number"]}')
    alice.wait('file', state='accepted')
    bob.say(f'resume #{number}')
    check('changed/when-it-is-as-it-was-it-goes', bob.wait('file', state='done'),
          [bob.events[-3:], alice.events[-3:]])
    (got / 'file').unlink()

    alice.say(f'sendfile bob {path}')
    offer = bob.wait('file', state='offered')
    alice.leave()
    path.unlink()
    alice = home.start_person('alice')
    alice.wait('registered')
    bob.say(f'take #{offer["number"]} {got}')
    failed = bob.wait('file', state='failed')
    check('changed/what-is-gone-cannot-be-given',
          failed and failed['reason'] == 'unreadable-there', [failed])
    make_file(path, 100 * CHUNK)
    number = alice.wait('file', state='failed')['number']
    alice.say(f'resume #{number}')
    alice.wait('file', state='accepted')
    bob.say(f'resume #{offer["number"]}')
    check('changed/when-it-is-back-it-goes-on', bob.wait('file', state='done'),
          [bob.events[-3:], alice.events[-6:]])
    (got / 'file').unlink()

    alice.say(f'sendfile bob {path}')
    offer = bob.wait('file', state='offered')
    alice.leave()
    make_file(path, 100 * CHUNK, 98)
    alice = home.start_person('alice')
    alice.wait('registered')
    bob.say(f'take #{offer["number"]} {got}')
    failed = bob.wait('file', state='failed')
    check('changed/another-file-is-not-given-after-a-restart',
          failed and failed['reason'] == 'changed-there' and not (got / 'file').exists(), [failed])
    alice.leave()
    bob.leave()
    home.stop(server)


def no_room(home, check):
    """A disk that is full, and one that does not let us; each is told, and mended."""
    disk = home.folder / 'disk'
    disk.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], check=False,
                             stderr=subprocess.DEVNULL)
    if mounted.returncode != 0:
        home.skip('no-room/a-small-disk', 'only root can make one')
        return
    try:
        server = home.start_server(*FAST)
        meet(home, 'alice', 'bob')
        path = make_file(home.folder / 'file', 60 * CHUNK)
        alice = home.start_person('alice')
        bob = home.start_person('bob')
        alice.wait('registered')
        bob.wait('registered')
        alice.say(f'sendfile bob {path}')
        number = bob.wait('file', state='offered')['number']
        bob.say(f'take #{number} {disk}')
        failed = bob.wait('file', state='failed')
        check('no-room/it-is-told', failed and failed['reason'] == 'disk-full', [failed])
        subprocess.run(['mount', '-o', 'remount,size=20m', disk], check=True)
        bob.say(f'resume #{number}')
        check('no-room/with-room-it-goes-on', bob.wait('file', state='done'), [bob.events[-3:]])
        check('no-room/to-the-same-file', (disk / 'file').read_bytes() == path.read_bytes())
        alice.leave()
        bob.leave()
        home.stop(server)
    finally:
        subprocess.run(['umount', '-l', disk], check=False)


def strangers(home, check):
    """Whoever is not accepted can offer nothing."""
    server = home.start_server(*FAST)
    home.run_cli('bob', 'list')
    path = make_file(home.folder / 'file', 100)
    bob = home.start_person('bob')
    bob.wait('registered')
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say('send bob hello', f'sendfile bob {path}')
    bob.wait('request')
    time.sleep(1)
    check('strangers/offers-of-theirs-are-not-shown', not bob.select('file'), bob.select('file'))
    bob.say('accept alice')
    offer = bob.wait('file', state='offered')
    check('strangers/they-come-when-accepted', offer, [bob.events[-4:]])
    bob.say('block alice')
    time.sleep(0.5)
    bob.say(f'take #{offer["number"]}')
    check('strangers/the-blocked-give-nothing', not bob.wait('file', state='done', seconds=3))
    alice.leave()
    bob.leave()
    home.stop(server)


def terminal(home, check):
    """On a terminal there is a bar, and words."""
    server = home.start_server(*FAST)
    meet(home, 'alice', 'bob')
    got = got_folder(home)
    path = make_file(home.folder / 'a file', 1000 * CHUNK)
    bob = home.start_cli('bob', 'receive', '--to', got)
    shown = Terminal(home, ['sh', '-c', 'exec "$@" 2>&1', 'sh',
                            *home.cli_words('alice', 'send', 'bob', '--file', path)])
    seen = shown.read_until(', sent from', 60)
    status, _ = shown.finish()
    bob_status, out, _ = home.finish(bob)
    check('terminal/both-exit-0', status == 0 and bob_status == 0, [status, bob_status, seen])
    check('terminal/there-is-a-bar', '[#' in seen or '[.' in seen, [seen[-600:]])
    check('terminal/and-what-has-become-of-it', 'from alice: a file' in out, [out])
    for words, why in ((('send', '--file', path), 'send NAME --file'),
                       (('send', 'bob', '--file', '/nowhere'), 'there is no'),
                       (('receive', '--to', '/nowhere'), 'there is no folder'),
                       (('wait', '--file', path), '--file goes with'),
                       (('list', '--from', 'bob'), '--from and --to')):
        status, out, err = home.run_cli('alice', *words)
        check(f'terminal/{why.split()[0]}-{len(words)}-is-refused', status == 2 and why in err,
              [words, status, err])
    home.stop(server)


SCENARIOS = [one_file, folder, decisions, cancelled, unasked, goes_on, away, told_later, by_mail,
             changed, no_room, strangers, terminal]

if __name__ == '__main__':
    sys.exit(run(__doc__, SCENARIOS))
