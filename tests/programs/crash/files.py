"""One file of a profile, or of a server's state, damaged while nobody runs: the program goes on
with what can be read and says so, or says what is wrong with which file and ends with 1. Nothing
that was readable is destroyed by that: its bytes are still there, under the old name or a new one.

Conversations that go on after a damage are in damage.py."""

import json
import os
import random
import re
import shutil
import signal
import subprocess

from .judge import find_doubled
from .person import parse
from .storm import Storm

PAGE_BYTES = 4096
SAID = 60  # of each, before the first clean end
SAID_LATER = 15  # after it; they are in the log only
SECRET = 'correct horse battery'
END_SECONDS = 60
# What a sentence must have that helps: what to do about it
ADVICE = re.compile(r'restore|move it away|choose another|with --profile|with --state-dir|mend|'
                    r'make room|make it writable|chmod|was kept as|saved|is now /|close that one|'
                    r'put the file', re.I)
COMPLAINT = re.compile(r'Sanitizer|runtime error:|-CRITICAL \*\*|Assertion|SUMMARY')


# ---- Damages ----


def rewrite(change):
    def damage(path):
        path.write_bytes(change(path.read_bytes()))
    return damage


def overwrite_middle(data):
    """A page in the middle; of a small file, a third of it."""
    chance = random.Random(5)
    if len(data) < 3 * PAGE_BYTES:
        start, size = len(data) // 3, len(data) // 3
    else:
        start, size = len(data) // PAGE_BYTES // 2 * PAGE_BYTES, PAGE_BYTES
    return data[:start] + chance.randbytes(size) + data[start + size:]


def overwrite_begin(data):
    size = min(PAGE_BYTES, len(data))
    return random.Random(6).randbytes(size) + data[size:]


def put_folder(path):
    path.unlink()
    path.mkdir()
    (path / 'something').write_text('of somebody')


DAMAGES = {
    'empty': rewrite(lambda data: b''),
    'cut': rewrite(lambda data: data[:len(data) // 2 - 7]),
    'cut-pages': rewrite(lambda data: data[:len(data) // 2 // PAGE_BYTES * PAGE_BYTES]),
    'middle': rewrite(overwrite_middle),
    'begin': rewrite(overwrite_begin),
    'garbage': rewrite(lambda data: random.Random(7).randbytes(len(data))),
    'folder': put_folder,
    'missing': lambda path: path.unlink(),
    'unreadable': lambda path: path.chmod(0),
    'unwritable': lambda path: path.chmod(0o400),
}
OF_FOLDER = ('folder-unwritable', 'disk-read-only')


def get_prefix(damage, folder):
    """What a program is started with so that rights count, also for root, and a disk that cannot
    be written; None when there are no namespaces for that."""
    if damage == 'disk-read-only':
        script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        user = [] if os.geteuid() == 0 else ['--user', '--map-root-user']
        words = ['unshare', *user, '--mount', 'sh', '-c', script, str(folder)]
        tried = subprocess.run([*words, 'true'], capture_output=True)
        return words if tried.returncode == 0 else None
    if damage in ('unreadable', 'unwritable', 'folder-unwritable') and os.geteuid() == 0:
        return ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--inh-caps',
                '-dac_override,-dac_read_search']
    return []


def read_all(folder):
    """Bytes of every file; None for what is none, or may not be read."""
    found = {}
    for path in sorted(folder.rglob('*')):
        if path.is_file():
            mode = path.stat().st_mode & 0o777
            path.chmod(0o600)
            found[str(path.relative_to(folder))] = path.read_bytes()
            path.chmod(mode)
    return found


# Made anew, or emptied into another file, without a loss
OF_NO_WORTH = re.compile(r'(^|/)(lock|running|history|.*-shm|.*-check)$')


def find_destroyed(before, after):
    """Files whose bytes are nowhere any more."""
    left = list(after.values())
    return [f'{name}, {len(data)} bytes' for name, data in before.items()
            if data and not OF_NO_WORTH.search(name) and data not in left]


# ---- A profile ----


class Template:
    """A profile of bob's as it was at some moment."""

    def __init__(self, label, folder, lines, sure, options):
        self.label = label
        self.folder = folder
        self.lines = lines  # (id, text) of all that was there
        self.sure = sure  # so many of them were there before the log began
        self.options = options


def talk(stage, hand, count):
    for _ in range(count):
        for person in hand.people:
            person.say('of some length, so that there are pages: ' + '-' * 300)
        stage.pump(0.002)
    if waiting := hand.settle(40):
        raise RuntimeError(f'before the damage: {waiting}')


def get_lines(events):
    return [(event['id'], event['text']) for event in events if event['event'] == 'line']


def make_templates(stage, hand, is_protected, n_said):
    """Bob's profile after a clean end, and after a kill, when some is in the log only."""
    options = stage.more_words.get('bob', [])
    label = 'protected' if is_protected else 'plain'
    templates = []
    for end in 'closed', 'killed':
        if not stage.is_running('bob'):
            stage.start('bob')
        talk(stage, hand, SAID_LATER if end == 'killed' else n_said)
        if end == 'closed':
            stage.leave('bob')
        else:
            stage.kill('bob')
        folder = stage.folder / f'template-{label}-{end}'
        shutil.copytree(stage.profile('bob'), folder)
        # Looks at a copy: whoever looks at the original empties its log.
        copy = stage.folder / 'look'
        shutil.copytree(folder, copy)
        lines = get_lines(look(stage, copy, options, [])[1])
        shutil.rmtree(copy)
        sure = len(templates[0].lines) if templates else len(lines)
        templates.append(Template(f'{label}-{end}', folder, lines, sure, options))
    return templates


def look(stage, profile, options, prefix):
    """Exit status, events and what was said on stderr of a look at the history."""
    words = [*prefix, stage.cli_path, '--server', '127.0.0.1:9', '--profile', profile, '--name',
             'bob', '--json', *options, 'history', 'alice', '1000']
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, timeout=120,
                          capture_output=True, env=stage.environment(), cwd=stage.folder)
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return done.returncode, events, done.stderr.decode(errors='replace')


def get_sentences(events, stderr):
    told = [event['message'] for event in events if event['event'] == 'error']
    return told + [line for line in stderr.splitlines() if line.strip()]


def find_wrong(template, damage, name, look_1, before, after):
    """What is wrong with what a program did about a damaged file."""
    status, events, stderr = look_1
    wrong = []
    said = get_sentences(events, stderr)
    lines = get_lines(events)
    lost = [line for line in template.lines if line not in lines]
    if COMPLAINT.search(stderr) or status not in (0, 1):
        wrong.append(f'it ended with {status}')
    if [line for line in lines if line not in template.lines] or find_doubled(lines):
        wrong.append('there are lines that nobody said, or twice')
    if lines != [line for line in template.lines if line in lines]:
        wrong.append('the order has changed')
    if status == 1 and lines and lost:
        wrong.append('it failed, and showed a part')
    is_told = any(str(template.folder.parent) in text and ADVICE.search(text) for text in said)
    # A log that was cut off cannot be told from a shorter one. What was in the file is there.
    is_unnoticed = (name.endswith('-wal') and damage in ('empty', 'cut', 'cut-pages', 'missing') and
                    template.lines[:template.sure] == lines[:template.sure])
    if (status != 0 or lost) and not is_told and not is_unnoticed:
        wrong.append(f'{len(lost)} lines are missing, and nothing helps: {said}')
    if (status != 0 or (lost and not is_unnoticed)) and find_destroyed(before, after):
        wrong.append(f'destroyed: {find_destroyed(before, after)}')
    return [f'{text} (status {status})' for text in wrong]


def try_case(stage, template, name, damage):
    """Returns what is wrong, and in a few words what happened; (None, why) when it cannot be."""
    copy = stage.folder / 'case'
    shutil.copytree(template.folder, copy)
    prefix = get_prefix(damage, copy)
    if prefix is None:
        shutil.rmtree(copy)
        return None, 'no mount namespaces here'
    if damage == 'folder-unwritable':
        copy.chmod(0o500)
    elif damage != 'disk-read-only':
        DAMAGES[damage](copy / name)
    before = read_all(copy)
    first = look(stage, copy, template.options, prefix)
    # Met by reading, after a clean end: it is told, and the next start takes over what it can.
    is_met = any(event.get('code') == 'damaged' for event in first[1])
    if is_met:
        first = look(stage, copy, template.options, prefix)
    wrong = find_wrong(template, damage, name, first, before, read_all(copy))
    told = get_sentences(*first[1:])
    # What was taken over stays, and is told once; what was refused is refused again.
    again = look(stage, copy, template.options, prefix)
    if again[0] != first[0] or (first[0] == 0 and get_lines(again[1]) != get_lines(first[1])):
        wrong.append(f'the second time it is another: status {again[0]}, '
                     f'{len(get_lines(again[1]))} lines')
    if first[0] == 0 and get_sentences(*again[1:]):
        wrong.append(f'told again: {get_sentences(*again[1:])}')
    copy.chmod(0o700)
    shutil.rmtree(copy)
    number = len(get_lines(first[1]))
    met = 'met by reading, then ' if is_met else ''
    return wrong, f'{met}status {first[0]}, {number} of {len(template.lines)} lines; {told}'


def list_cases(template):
    files = ['udpnat.db', 'identity.key', 'lock']
    if 'killed' in template.label:
        files += ['udpnat.db-wal', 'udpnat.db-shm']
    for name in files:
        for damage in DAMAGES:
            if (name, damage) == ('identity.key', 'missing') or (
                    name.startswith('udpnat.db') and name != 'udpnat.db-wal' and
                    damage == 'missing'):
                continue  # somebody has made room for a new one
            yield name, damage
    for damage in OF_FOLDER:
        yield '.', damage


QUICK_SAID = 20
QUICK = {('udpnat.db', 'empty'), ('udpnat.db', 'middle'), ('udpnat.db', 'unreadable'),
         ('udpnat.db-wal', 'middle'), ('identity.key', 'cut'), ('.', 'disk-read-only')}


def make_profile_story(is_protected, is_quick):
    def story(stage, check):
        hand = Storm(stage, 1, 1)
        hand.begin()
        if is_protected:
            secret = stage.folder / 'secret'
            secret.write_text(SECRET + '\n')
            stage.leave('bob')
            stage.run_once('bob', '--new-passphrase-file', secret, 'passphrase', 'set',
                           is_json=False)
            stage.more_words['bob'] = ['--passphrase-file', secret]
        templates = make_templates(stage, hand, is_protected, QUICK_SAID if is_quick else SAID)
        for name in 'alice', 'server':
            stage.leave(name)
        for template in templates:
            for name, damage in list_cases(template):
                if is_quick and (template.label.endswith('closed') or (name, damage) not in QUICK):
                    continue
                wrong, what = try_case(stage, template, name, damage)
                stage.note(f'{template.label} {name} {damage}: {what}')
                if wrong is None:
                    check.skip(f'{template.label}/{name}-{damage}', what)
                else:
                    check(f'{template.label}/{name}-{damage}', not wrong, [*wrong, what])
    return story


# ---- A server's state ----


def run_server(stage, state, prefix, seconds=END_SECONDS):
    """Starts a server on a state. Returns its exit status (None: it runs), what it said, and the
    process."""
    words = [*prefix, stage.server_path, '--ip', '127.0.0.1', '--port', stage.ports['server'],
             '--state-dir', state]
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                               stderr=open(stage.folder / 'case.stderr', 'wb'),
                               env=stage.environment(), cwd=stage.folder)
    line = process.stdout.readline().decode()
    status = None if 'listening' in line else process.wait(timeout=seconds)
    return status, process


def is_name_safe(stage):
    """Whether somebody else who asks for bob's name is refused it."""
    thief = stage.folder / 'thief'
    words = [stage.cli_path, '--server', f'127.0.0.1:{stage.ports["server"]}', '--cip', '127.0.0.1',
             '--profile', thief, '--name', 'bob', '--json', 'list']
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, timeout=60,
                          capture_output=True, env=stage.environment(), cwd=stage.folder)
    shutil.rmtree(thief)
    return b'name-taken' in done.stdout + done.stderr


def try_server_case(stage, template, name, damage):
    state = stage.folder / 'case'
    shutil.copytree(template, state)
    prefix = get_prefix(damage, state)
    if prefix is None:
        shutil.rmtree(state)
        return None, 'no mount namespaces here'
    if damage == 'folder-unwritable':
        state.chmod(0o500)
    elif damage != 'disk-read-only':
        DAMAGES[damage](state / name)
    before = read_all(state)
    status, process = run_server(stage, state, prefix)
    wrong = []
    if status is None:
        if not is_name_safe(stage):
            wrong.append('the name of somebody is given to somebody else')
        process.send_signal(signal.SIGTERM)
        if process.wait(timeout=END_SECONDS) != 0:
            wrong.append(f'it ended with {process.returncode}')
    process.stdout.close()
    said = (stage.folder / 'case.stderr').read_text(errors='replace')
    after = read_all(state)
    is_told = str(state) in said and ADVICE.search(said)
    if status not in (None, 1) or COMPLAINT.search(said):
        wrong.append(f'it ended with {status}')
    if status is not None and not is_told:
        wrong.append('it does not start, and nothing helps')
    # The others it has opened, and emptied their logs into them.
    own = {file: data for file, data in before.items() if name == '.' or file == 'server.key' or
           file.removesuffix('-wal') == name.removesuffix('-wal')}
    if (status is not None or said) and find_destroyed(own, after):
        wrong.append(f'destroyed: {find_destroyed(own, after)}')
    state.chmod(0o700)
    shutil.rmtree(state)
    what = 'it runs' if status is None else f'status {status}'
    return wrong, f'{what}; {said.strip()}'


SERVER_QUICK = {('names.db', 'empty'), ('names.db', 'middle'), ('names.db-wal', 'missing'),
                ('mail.db', 'empty'), ('access.db', 'empty'), ('server.key', 'cut'),
                ('.', 'disk-read-only')}
# A server without a key, or without names, is a new one, as it says.
SERVER_NEW = {('server.key', 'missing'), ('names.db', 'missing')}


def make_server_story(is_quick):
    def story(stage, check):
        hand = Storm(stage, 1, 1)
        alice = hand.people[0]
        hand.begin()
        stage.leave('bob')
        for _ in range(40):
            alice.say('while you are away' + '-' * 300)
        hand.expect(lambda: alice.counts.get('stored', 0) >= 40, 'letters are at the server')
        stage.kill('server')
        template = stage.folder / 'template'
        # what a server that was killed leaves of its socket is no file
        shutil.copytree(stage.folder / 'state', template,
                        ignore=shutil.ignore_patterns('control'))
        stage.leave('alice')
        cases = [(name, damage) for name in ('server.key', 'names.db', 'names.db-wal', 'mail.db',
                                             'mail.db-wal', 'access.db', 'lock')
                 for damage in DAMAGES]
        for name, damage in [*cases, *(('.', damage) for damage in OF_FOLDER)]:
            if (name, damage) in SERVER_NEW or (is_quick and (name, damage) not in SERVER_QUICK):
                continue
            if name != '.' and not (template / name).exists():
                continue
            wrong, what = try_server_case(stage, template, name, damage)
            stage.note(f'{name} {damage}: {what}')
            if wrong is None:
                check.skip(f'{name}-{damage}', what)
            else:
                check(f'{name}-{damage}', not wrong, [*wrong, what])
    return story


def get_stories(is_quick):
    stories = {'profile': make_profile_story(False, is_quick),
               'server': make_server_story(is_quick)}
    if not is_quick:
        stories['protected-profile'] = make_profile_story(True, False)
    return stories
