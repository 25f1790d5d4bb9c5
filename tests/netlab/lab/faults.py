"""Real faults while two people talk: programs that stand still for a minute, a router that forgets
just their flow, a flood of forged packets on the server, disks that are full.

Everything that was acknowledged is there in the end, once and in order; and whoever cannot go on is
told what to do about it. Networks that come and go are in stay.py, processes that are killed and
files that are damaged in tests/programs/test-crash.py.

The clock of the wall is not set here: Linux has no namespace for it, and the machine's own is not
ours. In the simulator it is (sim-worlds, "set-clock")."""

import contextlib
import itertools
import json
import signal
import subprocess
import time
from pathlib import Path

from . import flood
from .stage import SETTLE_SECONDS, is_settled, talk
from .stay import has_conntrack, meet, name_waits, say, say_to, wait_arrivals

STOPPED_SECONDS = 60
BURST = 200
FLOOD_RATE = 5000
FLOOD_SECONDS = 12
# What a server may grow by: tables of sources are bounded (udpnat-limits.h).
FLOOD_GROWTH_KIB = 32 * 1024
SMALL_DISK = '24m'
# Messages of 3 kB each: the disk is full in the middle of them.
FULL_COUNT = 150
FULL_BYTES_LEFT = 512 * 1024
RECOVER_SECONDS = 60.0


def check_all(stage, alice, bob, seconds=RECOVER_SECONDS):
    for sender, receiver in (alice, bob), (bob, alice):
        sender.wait_delivered(receiver.name, seconds)
    stage.check_delivery(alice, bob)


# ---- Programs that stand still ----


def run_stopped(stage, kind, who, seconds):
    """SIGSTOP, and after so long SIGCONT. What was said meanwhile comes then, or at once where
    nobody who is in its way stands still."""
    wanted = 'relay' if kind == 'symmetric' else 'direct'
    alice, bob, counter = meet(stage, kind, wanted)
    stopped = {'alice': alice, 'bob': bob, 'server': stage.server}[who]
    n_events = len(alice.events)
    stopped.signal(signal.SIGSTOP)
    end = time.monotonic() + seconds
    said = []
    while time.monotonic() < end:
        said += say(alice, bob, counter)
        time.sleep(1.0)
    lost = alice.select('error', n_events, code='server-lost')
    meanwhile = wait_arrivals(said, 0.0) if who == 'server' and wanted == 'direct' else []
    back = time.monotonic()
    stopped.signal(signal.SIGCONT)
    waits = wait_arrivals(said + say(alice, bob, counter), back)
    stage.figures['trials'] = [
        f'{who} stood still for {seconds} s; {len(said)} messages meanwhile; after it went on the '
        f'last was there after {"?" if None in waits else round(max(waits) * 1000)} ms'
    ]
    if meanwhile:
        stage.check('a-direct-path-needs-no-server', None not in meanwhile,
                    name_waits(said, meanwhile))
    if who == 'server':
        # It is missed after three keepalives without an answer.
        stage.check('the-loss-of-the-server-is-told', lost or seconds < STOPPED_SECONDS,
                    [event['message'] for event in alice.select('error')])
        stage.check('and-says-that-it-is-tried-again',
                    all('trying again' in event['message'] for event in lost),
                    [event['message'] for event in lost])
        stage.check('the-server-is-back', alice.wait_for(
            lambda: not lost or alice.select('registered', n_events), RECOVER_SECONDS))
    check_all(stage, alice, bob)


# ---- A router that forgets this flow ----


def run_forgotten_flow(stage, kind):
    """The binding of alice's port goes, in the middle of a burst, and all others stay."""
    if not has_conntrack(stage, 'every-message-exactly-once'):
        return
    wanted = 'relay' if kind == 'symmetric' else 'direct'
    alice, bob, counter = meet(stage, kind, wanted)
    router = stage.lab.get_router('ra')
    n_forgotten = 0
    said = []
    for number in range(BURST):
        said += say(alice, bob, counter)
        if number % 20 == 10:
            done = subprocess.run(
                router.command('conntrack', '-D', '-p', 'udp', '--orig-src', '192.168.1.2'),
                capture_output=True, text=True, check=False, timeout=10)
            n_forgotten += done.stdout.count('udp')
        time.sleep(0.005)
    waits = wait_arrivals(said, 0.0)
    stage.check('the-router-has-forgotten', n_forgotten > 0, [n_forgotten])
    stage.figures['longest_ms'] = None if None in waits else max(waits) * 1000
    stage.figures['trials'] = [f'{len(said)} messages, {n_forgotten} flows forgotten under them']
    check_all(stage, alice, bob)


# ---- A flood ----


def read_status(process, name):
    for line in Path(f'/proc/{process.pid}/status').read_text().splitlines():
        if line.startswith(f'{name}:'):
            return int(line.split()[1])
    raise LookupError(name)


def read_cpu_seconds(process):
    fields = Path(f'/proc/{process.pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def register(stage, site, name):
    """Somebody new; returns how long it took, None when it did not work."""
    began = time.monotonic()
    person = stage.start_client(site, name)
    return time.monotonic() - began if person.wait_registered(30.0) else None


def run_flood(stage, kind, rate, seconds):
    wanted = 'relay' if kind == 'symmetric' else 'direct'
    alice, bob, counter = meet(stage, kind, wanted)
    carol, dave = (stage.lab.add_public(name, f'203.0.113.{number}')
                   for name, number in (('c', 30), ('d', 31)))
    attacker = stage.lab.add_public('x', '203.0.113.66')
    # Answers to forged sources leave the server and end at the attacker, as on the Internet.
    stage.lab.public.ip('route add default via 203.0.113.66')
    process = stage.server.process
    idle_seconds = register(stage, carol, 'carol')
    key = flood.ask_key(attacker.host)
    before_kib, before_s = read_status(process, 'VmRSS'), read_cpu_seconds(process)
    said = []
    with flood.Flood(attacker.host, key, rate, seconds) as running:
        began = time.monotonic()
        time.sleep(1.0)
        flood_seconds = register(stage, dave, 'dave')
        while time.monotonic() - began < seconds:
            said += say(alice, bob, counter)
            time.sleep(0.2)
        used_s = read_cpu_seconds(process) - before_s
    waits = wait_arrivals(said, 0.0)
    grown_kib = read_status(process, 'VmHWM') - before_kib
    stage.figures['longest_ms'] = None if None in waits else max(waits) * 1000
    stage.figures['trials'] = [
        f'{running.count} forged packets, {running.count / running.lasted:.0f} a second; '
        f'the server used {100 * used_s / running.lasted:.0f} % of a processor and grew by '
        f'{grown_kib} KiB from {before_kib} KiB',
        f'registered after {(idle_seconds or 0) * 1000:.0f} ms without it, after '
        f'{(flood_seconds or 0) * 1000:.0f} ms under it; {len(said)} messages',
    ]
    stage.check('the-flood-was-there', running.count >= rate * seconds / 4, [running.count])
    stage.check('somebody-new-registers-meanwhile', idle_seconds and flood_seconds,
                [idle_seconds, flood_seconds])
    stage.check('memory-is-bounded', grown_kib < FLOOD_GROWTH_KIB, [grown_kib])
    stage.check('everything-arrives-meanwhile', None not in waits, name_waits(said, waits))
    check_all(stage, alice, bob)


# ---- Full disks ----


@contextlib.contextmanager
def small_disk(path):
    """A disk of its own for a folder; gone with the lab's mount namespace, at the latest."""
    path.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={SMALL_DISK}', 'small', path], check=True)
    try:
        yield path
    finally:
        subprocess.run(['umount', '--lazy', path], check=True)


def fill(folder, n_left=0):
    """Until so many bytes more go onto the disk."""
    with open(folder / 'ballast', 'ab', buffering=0) as ballast:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    ballast.write(bytes(size))
        ballast.truncate(ballast.tell() - n_left)


def make_room(folder):
    (folder / 'ballast').unlink()


def read_history(stage, site, person, peer):
    """Of somebody who has left."""
    words = [stage.build / 'src/cli/udpnat-cli', '--server', '203.0.113.10', '--profile',
             stage.folder / f'profile-{person}', '--name', person, '--json', 'history', peer,
             '1000']
    done = subprocess.run(site.host.command(*map(str, words)), capture_output=True, check=True,
                          timeout=30, stdin=subprocess.DEVNULL)
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return [event for event in events if event['event'] == 'line']


def find_differences(mine, theirs, author):
    """What one has said, as both have it; each text is said once."""
    said = [line['text'] for line in mine if line['outgoing']]
    heard = [line['text'] for line in theirs if not line['outgoing']]
    wrong = [f'{author}: with the receiver {heard.count(text)} times: {text[:40]}'
             for text in said if heard.count(text) != 1]
    wrong += [f'{author}: not with the sender: {text[:40]}' for text in heard if text not in said]
    return wrong if wrong or said == heard else [f'{author}: the order differs']


class Site:
    def __init__(self, person):
        self.host = person.host


def find_unconfirmed(person):
    confirmed = {event['id'] for event in person.select('delivered')}
    return [event['id'] for event in person.select('waiting') if event['id'] not in confirmed]


def stop(*people):
    for person in people:
        person.leave()
    for person in people:
        person.wait(10.0)


def check_histories(stage, alice, bob, ids=(), texts=()):
    """Both leave. ids: of what alice was told is on her disk; texts: what both must have."""
    stop(alice, bob)
    a, b = (read_history(stage, Site(person), person.name, peer)
            for person, peer in ((alice, 'bob'), (bob, 'alice')))
    wrong = find_differences(a, b, 'alice') + find_differences(b, a, 'bob')
    wrong += [f'not kept: {number}' for number in set(ids) - {line['id'] for line in a}]
    for name, lines in ('alice', a), ('bob', b):
        there = {line['text'] for line in lines}
        wrong += [f'{name} has not: {text[:40]}' for text in texts if text not in there]
    stage.check('acknowledged-is-there-once-and-in-order', a and not wrong, wrong[:20])


def start_on_full_disk(stage, site):
    """Alice again, after a kill: she runs, or it is said why not. Returns her if she runs."""
    alice = stage.start_client(site, 'alice')
    if alice.wait_registered(10.0):
        return alice
    status = alice.wait(10.0)
    stage.programs.remove(alice)
    said = alice.log.read_text()[-2000:]
    stage.check('on-a-full-disk-it-says-why-it-does-not-start',
                status == 1 and 'ake room' in said, [status, said])
    return None


def run_full_client(stage, kind):
    """Alice's disk becomes full in the middle; she is killed, and starts again on the full disk.
    Later there is room again."""
    wanted = 'relay' if kind == 'symmetric' else 'direct'
    with small_disk(stage.folder / 'profile-alice') as disk:
        alice, bob, counter = meet(stage, kind, wanted)
        site = Site(alice)
        fill(disk, FULL_BYTES_LEFT)
        n_alice, n_bob = len(alice.events), len(bob.events)
        text = 'x' * 3000
        for _ in range(FULL_COUNT):
            alice.send('bob', f'alice says {next(counter)} {text}')
            bob.send('alice', f'bob says {next(counter)} {text}')
            time.sleep(0.01)
        alice.wait_for(lambda: alice.select('error', n_alice, code='not-saved'), 10.0)
        time.sleep(2.0)
        refused = alice.select('error', n_alice, code='not-saved')
        kept = alice.select('waiting', n_alice)
        n_unconfirmed = FULL_COUNT - len(bob.select('delivered', n_bob))
        stage.check('what-is-not-kept-is-told', refused and all(
            'Make room' in event['message'] for event in refused),
            [event['message'] for event in refused[:3]])
        stage.check('the-disk-was-full-in-the-middle', 0 < len(kept) < FULL_COUNT, [len(kept)])
        stage.check('what-is-not-on-disk-is-not-confirmed', n_unconfirmed > 0, [n_unconfirmed])
        ids = {event['id'] for event in alice.select('waiting')}
        alice.signal(signal.SIGKILL)
        alice.wait(10.0)
        stage.programs.remove(alice)
        again = start_on_full_disk(stage, site)
        make_room(disk)
        again = again or stage.start_client(site, 'alice')
        again.send('bob', 'there is room again')
        bob.wait_for(lambda: bob.select('message', text='there is room again'), RECOVER_SECONDS)
        # What alice has not kept comes by itself: bob was never told that she has it.
        bob.wait_delivered('alice', RECOVER_SECONDS)
        stage.figures['trials'] = [
            f'of {FULL_COUNT} messages each alice kept {len(kept)}, {len(refused)} times something '
            f'was refused with a word; {n_unconfirmed} of bob waited'
        ]
        stage.check('what-bob-said-comes-then',
                    bob.count_delivered('alice') == len(bob.texts['alice']),
                    [bob.count_delivered('alice'), len(bob.texts['alice'])])
        again.wait_for(lambda: not find_unconfirmed(again), RECOVER_SECONDS)
        check_histories(stage, again, bob, ids, bob.texts['alice'])


def run_full_server(stage):
    """The server's disk is full: nobody new gets in and no letter is taken, which is said; those
    who are there go on. With room again both work, without anybody doing anything."""
    with small_disk(stage.folder / 'server-state') as disk:
        alice, bob, counter = meet(stage)
        site = Site(bob)
        fill(disk, FULL_BYTES_LEFT)
        carol = stage.start_client(stage.lab.add_public('c', '203.0.113.30'), 'carol')
        # There may be room for a name in what the file has.
        carol.wait_for(lambda: carol.select('error') + carol.select('registered'), 10.0)
        stage.check('somebody-new-gets-in-or-is-told-to-wait',
                    carol.select('registered') or carol.select('error', code='try-later'),
                    [event['message'] for event in carol.select('error')])
        stop(bob)
        n_alice = len(alice.events)
        text = 'y' * 3000
        for _ in range(FULL_COUNT):
            alice.send('bob', f'alice says {next(counter)} {text}')
            time.sleep(0.01)
        alice.wait_for(lambda: alice.select('error', n_alice, code='mailbox-later'), 30.0)
        refused = alice.select('error', n_alice, code='mailbox-later')
        n_stored = len(alice.select('stored', n_alice))
        stage.check('the-disk-was-full-in-the-middle', 0 < n_stored < FULL_COUNT, [n_stored])
        stage.check('that-letters-are-not-taken-is-told-once', len(refused) == 1 and
                    'it is tried again' in refused[0]['message'], [refused])
        make_room(disk)
        stage.check('somebody-new-gets-in-then', carol.wait_registered(RECOVER_SECONDS),
                    [event['message'] for event in carol.select('error')])
        again = stage.start_client(site, 'bob')
        stage.check('bob-is-back', again.wait_registered(RECOVER_SECONDS))
        alice.wait_delivered('bob', RECOVER_SECONDS)
        stage.figures['trials'] = [
            f'{n_stored} of {FULL_COUNT} letters stored on the disk that became full; all '
            f'{alice.count_delivered("bob")} '
            f'delivered after there was room']
        said = stage.server.log.read_text()
        stage.check('the-log-says-what-is-wrong', 'full' in said, said.splitlines()[-3:])
        # The first error of each group is printed, and no more.
        stage.check('and-is-not-filled-itself', len(said.splitlines()) < 400,
                    [len(said.splitlines())])
        check_histories(stage, alice, again, texts=alice.texts['bob'])


# ---- Another uptime ----


def run_uptime(stage):
    """The machine was up for a year, and is then started anew: what is on disk must not hang on a
    clock that begins at 0. In time namespaces, which have that clock and not the wall's."""
    tried = subprocess.run(['unshare', '--time', '--monotonic', '3600', 'true'],
                           capture_output=True, text=True)
    if tried.returncode != 0:
        stage.tap.skip(f'/netlab/{stage.name}/goes-on', f'no time namespaces: {tried.stderr}')
        return
    alice, bob, counter = meet(stage)
    for label, uptime in (('a-year', 365 * 86400), ('a-start', 5 - int(time.monotonic()))):
        stop(alice)
        letter = say_to(bob, alice, counter)
        alice = stage.start_client(Site(alice), 'alice', prefix=(
            'unshare', '--time', '--fork', '--kill-child', '--monotonic', uptime))
        said = [(bob, alice, letter[2]), *say(alice, bob, counter)]
        waits = wait_arrivals(said, 0.0)
        stage.check(f'goes-on-after-{label}', None not in waits, name_waits(said, waits))
    bob.wait_for(lambda: not find_unconfirmed(bob), RECOVER_SECONDS)
    check_histories(stage, alice, bob)


def _stopped(kinds, seconds, label):
    return {f'faults/stopped-{who}-{label}': (run_stopped, (kind, who, seconds))
            for who, kind in kinds}


ALL = _stopped((('alice', 'portrestricted'), ('bob', 'symmetric'), ('server', 'portrestricted')),
               STOPPED_SECONDS, 'a-minute')
ALL |= {'faults/stopped-server-relay': (run_stopped, ('symmetric', 'server', STOPPED_SECONDS))}
ALL |= _stopped((('server', 'symmetric'), ('alice', 'portrestricted')), 8, 'shortly')
ALL |= {
    'faults/forgotten-flow': (run_forgotten_flow, ('portrestricted',)),
    'faults/forgotten-flow-relay': (run_forgotten_flow, ('symmetric',)),
    'faults/flood': (run_flood, ('portrestricted', FLOOD_RATE, FLOOD_SECONDS)),
    'faults/flood-relay': (run_flood, ('symmetric', FLOOD_RATE, FLOOD_SECONDS)),
    'faults/full-disk': (run_full_client, ('portrestricted',)),
    'faults/full-disk-relay': (run_full_client, ('symmetric',)),
    'faults/full-server': (run_full_server, ()),
    'faults/uptime': (run_uptime, ()),
}
QUICK = ['faults/stopped-server-shortly', 'faults/forgotten-flow', 'faults/full-disk']
