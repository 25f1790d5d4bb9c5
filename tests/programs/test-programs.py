"""The two programs as their users meet them: started on this machine, over loopback, with
everything that people get wrong. Prints TAP. Each scenario has a home of its own and a server on a
port of its own."""

import json
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path

from home import Terminal, free_port, run

# ---- Wrong command lines ----


def usage(home, check):
    cli, server = home.cli_path, home.server_path
    wrong = {
        'cli unknown option': [cli, '--nonsense'],
        'cli unknown command': [cli, 'dance'],
        'cli send without text': [cli, 'send', 'bob'],
        'cli list with words': [cli, 'list', 'all'],
        'cli count without wait': [cli, '--count', '3', 'list'],
        'cli count of -1': [cli, '--count', '-1', 'wait'],
        'cli port 0': [cli, '--cport', '70000'],
        'cli server port': [cli, '--sport', '99999'],
        'cli sip is no address': [cli, '--sip', 'example'],
        'cli cip is no address': [cli, '--cip', '1.2.3'],
        'cli server and sip': [cli, '--server', 'a', '--sip', '127.0.0.1'],
        'cli host and server': [cli, '--host', '--server', 'a'],
        'cli lan and server': [cli, '--lan', '--server', 'a'],
        'cli lan and sport': [cli, '--lan', '--sport', '8848'],
        'cli lan and host': [cli, '--lan', '--host'],
        'cli proxy of no kind': [cli, '--proxy', 'proxy:3128', 'list'],
        'cli explain without paths': [cli, '--explain', 'list'],
        'cli paths of whom': [cli, 'paths'],
        'cli stun without netcheck': [cli, '--stun', 'example.org', 'list'],
        'cli lifetime without netcheck': [cli, '--lifetime', 'list'],
        'cli stun of nothing': [cli, '--stun', ':3478', 'netcheck'],
        'cli netcheck with words': [cli, 'netcheck', 'me'],
        'cli netcheck without server': [cli, '--lan', 'netcheck'],
        'cli timeout of -1': [cli, '--timeout', '-1', 'list'],
        'cli strangers': [cli, '--strangers', 'maybe', 'list'],
        'cli prompt command': [cli, 'away'],
        'cli passphrase of what': [cli, 'passphrase', 'guess'],
        'cli passphrase from the prompt': [cli, '--passphrase-file', '-'],
        'cli restore nothing': [cli, 'restore'],
        'cli history of nobody': [cli, '--profile', home.folder / 'p', 'history'],
        'cli nobody': [cli, '--profile', home.folder / 'nobody', 'list'],
        'server unknown option': [server, '--nonsense'],
        'server word': [server, 'start'],
        'server port': [server, '--port', '70000'],
        'server ip': [server, '--ip', 'everywhere'],
        'server alt-ip alone': [server, '--alt-ip', '127.0.0.2'],
    }
    for name, words in wrong.items():
        status, out, err = home.run(words, seconds=10)
        label = name.replace(' ', '-')
        check(f'usage/{label}-exits-2', status == 2 and len(err) > 20, [status, out, err])
    for program in cli, server:
        status, out, _ = home.run([program, '--version'])
        check(f'usage/{program.name}-version', status == 0 and program.name in out)
        status, out, _ = home.run([program, '--help'])
        check(f'usage/{program.name}-help', status == 0 and '--' in out)


# ---- Things that are not as they should be ----


def trouble(home, check):
    status, _, err = home.run_cli('alice', '--timeout', '4', 'send', 'bob', 'hi')
    check('trouble/no-server-exits-1', status == 1 and 'does not answer' in err, [status, err])

    bad_profile = [home.cli_path, '--profile', '/dev/null/profile', '--name', 'a', 'list']
    status, _, err = home.run(bad_profile)
    check('trouble/profile-unwritable', status == 1 and '--profile' in err, [status, err])

    server = home.start_server()
    status, _, err = home.run_cli('alice', 'send', 'nobody', 'hi')
    check('trouble/unknown-peer', status == 1 and 'nobody' in err, [status, err])

    status, _, err = home.run_cli('alice', 'send', 'alice', 'hi')
    check('trouble/send-to-oneself', status == 1 and 'you' in err, [status, err])

    holder = home.start_cli('carol', 'wait')
    time.sleep(1)
    status, _, err = home.run_cli('carol', 'list')
    check('trouble/profile-in-use', status == 1 and str(holder.pid) in err, [status, err])

    taken = [home.cli_path, '--server', f'127.0.0.1:{home.port}', '--cip', '127.0.0.1',
             '--profile', home.folder / 'thief', '--name', 'CAROL', 'list']
    status, _, err = home.run(taken)
    check('trouble/name-taken', status == 1 and 'belongs' in err, [status, err])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as blocker:
        blocker.bind(('127.0.0.1', 0))
        port = blocker.getsockname()[1]
        status, _, err = home.run_cli('dave', '--cport', port, 'list')
        check('trouble/own-port-in-use', status == 1 and str(port) in err, [status, err])

    status, _, err = home.stop(holder)
    check('trouble/interrupted-wait-exits-1', status == 1, [status, err])

    (home.folder / 'profile-eve').mkdir()
    key = home.folder / 'profile-eve/identity.key'
    key.write_text('not a key\n')
    status, _, err = home.run_cli('eve', 'list')
    check('trouble/damaged-key-is-kept', status == 1 and key.read_text() == 'not a key\n',
          [status, err])
    key.unlink()
    database = home.folder / 'profile-eve/udpnat.db'
    before = b'this is no database, but somebody may want it back' * 100
    database.write_bytes(before)
    status, _, err = home.run_cli('eve', 'list')
    aside = [path.read_bytes() for path in database.parent.glob('udpnat.db.damaged-*')]
    check('trouble/damaged-database-is-set-aside-and-told',
          status == 0 and before in aside and 'damaged' in err, [status, err, aside])

    status, out, err = home.stop(server)
    check('trouble/server-stops-politely', status == 0 and 'stopped' in out, [status, out, err])


def server_trouble(home, check):
    server = home.start_server('--state-dir', home.folder / 'one')
    again = [home.server_path, '--ip', '127.0.0.1', '--port', home.port, '--state-dir',
             home.folder / 'two']
    status, _, err = home.run(again)
    check('server/port-in-use', status == 1 and str(home.port) in err, [status, err])
    again = [home.server_path, '--ip', '127.0.0.1', '--port', free_port(), '--state-dir',
             home.folder / 'one']
    status, _, err = home.run(again)
    check('server/state-dir-in-use', status == 1 and '--state-dir' in err, [status, err])
    status, _, err = home.run([home.server_path, '--state-dir', '/dev/null/state'])
    check('server/state-dir-unwritable', status == 1 and 'state' in err, [status, err])
    home.stop(server)
    key = home.folder / 'one/server.key'
    secret = key.read_text()
    key.write_text('rubbish')
    status, _, err = home.run(again)
    check('server/damaged-key-is-kept', status == 1 and key.read_text() == 'rubbish', [status, err])
    key.write_text(secret)
    server = home.start_server('--state-dir', home.folder / 'one')
    check('server/same-key-again', server.poll() is None)
    home.stop(server)
    idle = home.start_server('--state-dir', home.folder / 'one', '--idle-exit', '1')
    status, _, err = home.finish(idle, seconds=10)
    check('server/idle-exit', status == 0, [status, err])


# ---- Talking ----


def talk(home, check):
    server = home.start_server()
    waiting = home.start_cli('bob', '--json', '--strangers', 'accept', 'wait', '--count', '2')
    time.sleep(0.7)
    status, out, err = home.run_cli('alice', 'send', 'bob', 'hello', 'there,', 'Bob')
    check('talk/send-exits-0', status == 0, [status, out, err])
    status, out, err = home.run_cli('carol', '--json', 'send', 'Bob', 'größer 你好')
    check('talk/send-finds-name-in-other-case', status == 0, [status, out, err])
    status, out, err = home.finish(waiting)
    events = [json.loads(line) for line in out.splitlines()]
    texts = [(event['from'], event['text']) for event in events if event['event'] == 'message']
    check('talk/wait-gets-both-and-exits-0',
          status == 0 and texts == [('alice', 'hello there, Bob'), ('carol', 'größer 你好')],
          [status, texts, err])

    bob = home.start_cli('bob', '--json')
    time.sleep(0.7)
    status, out, err = home.run_cli('alice', 'list')
    check('talk/list-shows-who-is-there', status == 0 and 'bob' in out and 'carol' not in out,
          [status, out, err])
    status, _, _ = home.finish(bob, 'exit\n')
    check('talk/exit-exits-0', status == 0)
    status, out, err = home.run_cli('alice', '--json', text='send bob are you there?\nexit\n')
    check('talk/leaving-when-it-is-in-the-mailbox-exits-0',
          status == 0 and '"stored"' in out, [status, out, err])

    home.stop(server)
    server = home.start_server()
    thief = [home.cli_path, '--server', f'127.0.0.1:{home.port}', '--cip', '127.0.0.1',
             '--profile', home.folder / 'thief', '--name', 'bob', 'list']
    status, _, err = home.run(thief)
    check('talk/name-survives-server-restart', status == 1 and 'belongs' in err, [status, err])

    # A server with another key at the same address must not be trusted.
    home.stop(server)
    server = home.start_server('--state-dir', home.folder / 'impostor')
    status, _, err = home.run_cli('alice', '--timeout', '15', 'list')
    check('talk/other-server-key-is-refused', status == 1 and 'another key' in err, [status, err])
    home.stop(server)


def commands(home, check):
    server = home.start_server()
    alice = home.start_cli('alice', '--json')
    lines = ['', 'help', 'getuser', 'peers', 'paths', 'send', 'send bob', 'dance', 'logout bob',
             'x' * 200000, 'send "no such person" hi', 'login', 'login ' + 'n' * 65, 'logout alice',
             'logout', 'login alice']
    alice.stdin.write(b'\xff\xfe\n')
    for line in lines:
        alice.stdin.write(line.encode() + b'\n')
        alice.stdin.flush()
        time.sleep(0.3)
    time.sleep(0.5)
    status, out, err = home.finish(alice, 'exit\n')
    events = [json.loads(line) for line in out.splitlines()]
    codes = [event.get('code') for event in events if event['event'] == 'error']
    check('commands/every-line-is-json', status == 0 and len(events) > 5, [status, out[-500:], err])
    for code in 'usage', 'unknown-peer', 'name-not-allowed', 'not-yours', 'not-logged-in':
        check(f'commands/error-{code}', code in codes, codes)
    told = [event for event in events if 'too long' in event.get('message', '')]
    check('commands/overlong-line-is-told-once', len(told) == 1, told)
    kinds = [event['event'] for event in events]
    check('commands/logout-and-login-again',
          'unregistered' in kinds and 'registered' in kinds[kinds.index('unregistered'):], kinds)
    home.stop(server)


def terminal(home, check):
    """At a real terminal: asks for a name, edits lines, completes names, shows who types."""
    server = home.start_server()
    words = home.cli_words('x', '--strangers', 'accept')
    at = words.index('--name')
    del words[at:at + 2]
    zoe = Terminal(home, words)
    seen = zoe.read_until('Your name: ')
    check('terminal/asks-for-a-name', 'Your name: ' in seen, [seen])
    zoe.type('zoe\n')
    seen = zoe.read_until('You are zoe')
    check('terminal/logs-in', 'You are zoe' in seen, [seen])
    bob = home.start_person('bobby', '--strangers', 'accept')
    seen = zoe.read_until('bobby is here')
    check('terminal/says-who-comes', 'bobby is here' in seen, [seen])
    zoe.type('send bo\t hello\n')
    seen = zoe.read_until('delivered to bobby')
    check('terminal/completes-names-and-delivers', 'delivered to bobby' in seen, [seen])
    zoe.type('send bobby wai')
    check('terminal/others-see-who-is-typing', bob.wait('typing', from_='zoe', is_typing=True))
    zoe.type('\x15')  # Ctrl+U: all of it is dropped
    check('terminal/others-see-who-is-no-longer-typing',
          bob.wait('typing', from_='zoe', is_typing=False))
    bob.say('send zoe \x1b]0;evil\x07red')
    seen = zoe.read_until('red')
    check('terminal/control-characters-are-taken-out',
          '\x1b]0;evil' not in seen and 'red' in seen, [seen])
    zoe.type('help send\n')
    seen = zoe.read_until('Quote a name')
    check('terminal/help-explains-one-command', 'send NAME MESSAGE' in seen, [seen])
    zoe.type('exit\n')
    status, err = zoe.finish()
    check('terminal/exit-exits-0', status == 0, [status, err])
    kept = (home.profile('x') / 'history').read_text()
    check('terminal/lines-on-disk-hold-no-message', 'help send' in kept and 'hello' not in kept,
          [kept])
    bob.leave()
    home.stop(server)


def hosted(home, check):
    """Without any server: --host starts one, and the next one joins it."""
    port = ['--sport', home.port, '--cip', '127.0.0.1']
    first = home.start([home.cli_path, '--host', *port, '--profile', home.folder / 'p1', '--name',
                        'ann', '--json'])
    time.sleep(1.5)
    second = home.start([home.cli_path, '--host', *port, '--profile', home.folder / 'p2', '--name',
                         'ben', 'send', 'ann', 'found you'])
    status, out, err = home.finish(second)
    check('hosted/second-joins-and-sends', status == 0, [status, out, err])
    status, out, err = home.finish(first, 'exit\n')
    texts = [json.loads(line).get('text') for line in out.splitlines()]
    check('hosted/first-received', status == 0 and 'found you' in texts, [status, out, err])
    # The server outlives its host; end it here.
    for entry in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            words = entry.read_bytes().split(b'\0')
        except OSError:
            continue
        if words[0].endswith(b'udpnat-server') and str(home.port).encode() in words:
            os.kill(int(entry.parent.name), signal.SIGTERM)


def rubbish(home, check):
    """Datagrams that nobody should send, to the server's and a client's port."""
    server = home.start_server()
    own_port = free_port()
    alice = home.start_cli('alice', '--json', '--cport', own_port)
    time.sleep(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.settimeout(0.05)
        n_out = n_in = 0
        for port in home.port, home.port + 1, own_port:
            for data in [b'', b'\x04', b'\x00' * 1200, os.urandom(9000), b'P2PTRANS']:
                attacker.sendto(data, ('127.0.0.1', port))
                n_out += len(data)
            for kind in range(256):
                data = bytes([kind, 1]) + os.urandom(kind * 5)
                attacker.sendto(data, ('127.0.0.1', port))
                n_out += len(data)
        time.sleep(0.3)
        try:
            while True:
                n_in += len(attacker.recvfrom(65536)[0])
        except socket.timeout:
            pass
    check('rubbish/answers-are-smaller-than-questions', n_in < n_out / 10, [n_in, n_out])
    status, _, err = home.run_cli('bob', 'send', 'alice', 'still there?')
    check('rubbish/both-still-work', status == 0, [status, err])
    status, _, err = home.finish(alice, 'exit\n')
    check('rubbish/client-exits-0', status == 0, [status, err])
    status, _, err = home.stop(server)
    check('rubbish/server-exits-0', status == 0, [status, err])


def stun(home, check):
    """Any STUN client is answered, from whichever of the four sockets it asks for."""
    server = home.start_server('--alt-ip', '127.0.0.2')
    here, there = ('127.0.0.1', '127.0.0.2'), (home.port, home.port + 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(('127.0.0.1', 0))
        client.settimeout(5)
        own = struct.pack('>HI', client.getsockname()[1] ^ 0x2112, 0x7F000001 ^ 0x2112A442)
        for change in range(4):
            header = struct.pack('>HHI12s', 1, 8, 0x2112A442, b'twelve bytes')
            client.sendto(header + struct.pack('>HHI', 3, 4, change << 1), (here[0], there[0]))
            answer, source = client.recvfrom(2000)
            wanted = here[change >> 1], there[change & 1]
            good = answer[:2] == b'\1\1' and b'\0\x20\0\x08\0\1' + own in answer
            check(f'stun/change-{change}-answered-from-there', good and source == wanted,
                  [source, wanted, answer.hex()])
    status, _, err = home.stop(server)
    check('stun/server-exits-0', status == 0, [status, err])
    taken = home.run([home.server_path, '--ip', '127.0.0.1', '--alt-ip', '192.0.2.8', '--port',
                      home.port, '--state-dir', home.folder / 'two'], seconds=10)
    check('stun/address-of-another-machine', taken[0] == 1 and '192.0.2.8' in taken[2], taken)


def netcheck(home, check):
    """Tests our own routers; here there is none."""
    ask = [home.cli_path, 'netcheck']
    status, _, err = home.run([*ask, '--server', f'127.0.0.1:{home.port}'], seconds=10)
    check('netcheck/nothing-there', status == 1 and 'No answer' in err, [status, err])
    status, out, err = home.run([*ask, '--json', '--stun', 'nowhere.invalid'], seconds=20)
    events = [json.loads(line) for line in out.splitlines()]
    check('netcheck/no-such-host', status == 1 and [event['code'] for event in events]
          == ['server-not-found'], [status, out, err])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', 0))
        asking = home.start([*ask, '--stun', f'127.0.0.1:{other.getsockname()[1]}'])
        other.settimeout(5)
        other.sendto(b'220 hello', other.recvfrom(2048)[1])
        _, err = asking.communicate(timeout=10)
        check('netcheck/not-stun', asking.returncode == 1 and b'no STUN server' in err, [err])

    server = home.start_server('--alt-ip', '127.0.0.2')
    words = ['--server', f'127.0.0.1:{home.port}']
    status, out, err = home.run([*ask, *words], seconds=10)
    good = status == 0 and 'No router changes your address' in out and 'What this means' in out
    check('netcheck/says-it-in-words', good, [status, out, err])
    status, out, err = home.run([*ask, '--json', *words], seconds=10)
    found = json.loads(out)
    good = status == 0 and found['event'] == 'netcheck' and found['family'] == 'ipv4'
    good = good and found['mapping'] == 'none' and found['filtering'] == 'endpoint-independent'
    check('netcheck/as-json', good and found['meaning'] == 'server-inside', [status, out, err])
    profile = home.folder / 'never-made'
    status, out, err = home.run([*ask, '--profile', profile, *words], seconds=10)
    check('netcheck/needs-no-profile', status == 0 and not profile.exists(), [status, err])
    server.send_signal(signal.SIGTERM)
    server.wait(5)


SCENARIOS = [usage, trouble, server_trouble, talk, commands, terminal, hosted, rubbish, stun,
             netcheck]


if __name__ == '__main__':
    sys.exit(run(__doc__, SCENARIOS))
