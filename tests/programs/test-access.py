"""A server whose operator says who may take part: invitations, a list, blocked and released names.
Prints TAP."""

import re
import signal
import socket
import stat
import sys

from home import free_port, run

CODE = re.compile(r'^Code: (\S+)$', re.M)
LINK = re.compile(r'^Link: (\S+)$', re.M)
NOT_INVITED = 'only people who are invited'


def start(home, *words):
    return home.start_server('--state-dir', home.folder / 'state', '--tunnel-port', '0',
                             '--status-address', 'none', *words)


def order(home, *words):
    """Exit status, stdout, stderr of what the operator types."""
    return home.run([home.server_path, '--state-dir', home.folder / 'state', *words])


def come(home, who, *words):
    """Whether somebody gets in, and what they are told when not."""
    code, _, err = home.run_cli(who, 'list', *words)
    return code == 0 and 'Cannot log in' not in err, err


def invited(home, check):
    server = start(home, '--registration', 'invited', '--public-name', 'localhost', '--log-events')
    good, err = come(home, 'alice')
    check('invited/needed', not good and NOT_INVITED in err, [err])
    code, out, err = order(home, '--invite')
    check('invited/made', code == 0 and CODE.search(out) and LINK.search(out), [code, out, err])
    link = LINK.search(out).group(1)
    check('invited/link', link.startswith(f'udpnat:@localhost:{home.port}?invite='), [link])
    text = CODE.search(out).group(1)
    kept = b''.join(path.read_bytes() for path in (home.folder / 'state').glob('access.db*'))
    check('invited/code-is-not-kept', text.encode() not in kept and kept, [text])

    good, err = come(home, 'bob', '--invite', text[:-1] + ('b' if text[-1] == 'a' else 'a'))
    check('invited/another-code', not good and 'used up, too old or misspelt' in err, [err])
    code, out, _ = order(home, '--invitations')
    check('invited/listed', code == 0 and '1 left' in out, [out])
    words = [home.cli_path, '--cip', '127.0.0.1', '--profile', home.profile('alice'), '--name',
             'alice', '--invite', link, 'list']
    code, out, err = home.run(words)
    check('invited/by-link-alone', code == 0 and not err, [code, out, err])
    good, err = come(home, 'alice')
    check('invited/for-good', good, [err])
    good, err = come(home, 'bob', '--invite', text)
    check('invited/once', not good and 'used up' in err, [err])
    code, out, _ = order(home, '--invitations')
    check('invited/used-up', code == 0 and 'No invitation is open' in out, [out])

    code, out, _ = order(home, '--invite', '--uses', '2', '--days', '1')
    text = CODE.search(out).group(1)
    good, err = come(home, 'bob', '--invite', text.replace('-', '').upper())
    check('invited/by-code-as-typed', good, [err])
    number = re.match(r'\d+', order(home, '--invitations')[1]).group()
    code, out, _ = order(home, '--withdraw', number)
    good, err = come(home, 'carol', '--invite', text)
    check('invited/withdrawn', code == 0 and not good, [code, out, err])
    home.stop(server)
    server = start(home, '--registration', 'invited')
    check('invited/after-a-restart', come(home, 'bob')[0] and not come(home, 'carol')[0])
    _, _, err = home.stop(server)
    check('invited/no-names-in-the-journal', 'alice' not in err, [err])


def listed(home, check):
    alice = home.start_person('alice')
    text = alice.wait('ready')['key']
    alice.leave()
    path = home.folder / 'allowed'
    path.write_text(f'# who may\n{text}\n\n  Robert \n')
    server = start(home, '--registration', 'invited', '--allow-list', path)
    check('listed/key', come(home, 'alice')[0])
    check('listed/name', come(home, 'robert')[0])
    check('listed/nobody-else', not come(home, 'carol')[0])
    path.write_text('Carol\nx\ty\n')
    code, out, err = order(home, '--reload')
    check('listed/wrong-line-changes-nothing', code == 1 and f'{path}:2:' in err
          and 'from before holds' in err and not come(home, 'carol')[0], [code, out, err])
    path.write_text('Carol\n')
    code, out, err = order(home, '--reload')
    check('listed/read-again', code == 0 and '1 key or name' in out and come(home, 'carol')[0],
          [code, out, err])
    check('listed/taken-off-the-list', not come(home, 'dave')[0])
    check('listed/who-has-a-name-keeps-it', come(home, 'robert')[0])
    path.write_text('dave\n')
    server.send_signal(signal.SIGHUP)
    check('listed/by-signal', any(come(home, 'dave')[0] for _ in range(5)))
    home.stop(server)
    server = start(home)
    code, out, err = order(home, '--reload')
    check('listed/no-list', code == 1 and 'no allow-list' in err, [code, out, err])
    home.stop(server)
    path.write_text('alice\nx\ty\n')
    words = [home.server_path, '--port', '0', '--state-dir', home.folder / 'state',
             '--registration', 'invited', '--allow-list', path]
    code, _, err = home.run(words)
    check('listed/wrong-line', code == 1 and f'{path}:2:' in err, [code, err])
    code, out, err = home.run([*words, '--check-config'])
    check('listed/wrong-line-is-checked', code == 1 and not out and f'{path}:2:' in err,
          [code, out, err])


def blocked(home, check):
    server = start(home, '--log-names')
    alice = home.start_person('alice')
    alice.wait('registered')
    bob = home.start_person('bob')
    bob.wait('registered')
    code, out, err = order(home, '--names')
    names = [line.split()[-2:] for line in out.splitlines()]
    check('blocked/names', code == 0 and names == [['online', 'alice'], ['online', 'bob']],
          [out, err])
    key = out.split()[0]
    code, out, err = order(home, '--block', 'Alice')
    check('blocked/done', code == 0 and 'the key that has the name' in out, [code, out, err])
    check('blocked/told-at-once', alice.wait('error', code='server-blocked'), [alice.events])
    alice.leave()
    check('blocked/stays-out', 'has blocked you' in come(home, 'alice')[1])
    code, out, _ = order(home, '--blocked')
    check('blocked/listed', 'Alice' in out and key in out, [out])
    home.stop(server)
    server = start(home)
    check('blocked/after-a-restart', 'has blocked you' in come(home, 'alice')[1])
    order(home, '--unblock', 'alice')
    check('blocked/unblocked', come(home, 'alice')[0])
    order(home, '--block', key)
    check('blocked/by-key', 'has blocked you' in come(home, 'alice')[1])
    order(home, '--unblock', key)
    order(home, '--block', 'admin')
    check('blocked/name-of-nobody', 'does not give you that name' in come(home, 'admin')[1])
    home.stop(server)


def released(home, check):
    server = start(home)
    check('released/alice-has-it', come(home, 'alice')[0])
    code, out, err = order(home, '--release', 'ALICE')
    check('released/done', code == 0 and 'is free' in out, [code, out, err])
    check('released/not-for-her-again', 'does not give you that name' in come(home, 'alice')[1])
    home.profile('alice').rename(home.folder / 'old')
    check('released/for-somebody-else', come(home, 'alice')[0])
    home.stop(server)
    server = start(home)
    check('released/after-a-restart', come(home, 'alice')[0])
    code, _, err = order(home, '--release', 'nobody')
    check('released/nobody-has-it', code == 1 and 'Nobody has the name' in err, [code, err])
    home.stop(server)


def ordered(home, check):
    """Who takes orders, and from whom."""
    code, _, err = order(home, '--names')
    check('ordered/nobody-there', code == 3 and 'No server is running' in err, [code, err])
    server = start(home)
    path = home.folder / 'state/control'
    mode = path.stat().st_mode
    check('ordered/socket-of-one-user', stat.S_ISSOCK(mode) and not mode & 0o077, [oct(mode)])
    for words in (['--block', ''], ['--uses', '2'], ['--names', '--blocked'], ['--block', 'a\tb']):
        code, _, err = order(home, *words)
        check('ordered/usage-' + words[0], code == 2 and err, [code, err])
    for words in (['--invite', '--uses', '0'], ['--invite', '--days', 'x'], ['--withdraw', '7'],
                  ['--block', ' x ']):
        code, _, err = order(home, *words)
        check('ordered/refused-' + words[-1].strip(), code == 1 and err, [code, err])

    # what is said there by others, or not said at all
    answers = []
    for data in (b'\n', b'names\n', b'quit\t1\n', b'block\t\xff\n', b'x' * 5000, b'names\t\xff\n'):
        with socket.socket(socket.AF_UNIX) as other:
            other.settimeout(15)
            other.connect(str(path))
            try:
                other.sendall(data)
                answers.append(other.recv(4096))
            except (BrokenPipeError, ConnectionResetError):
                answers.append(b'')
    check('ordered/nonsense', all(not answer or answer.startswith(b'refused\n')
                                  for answer in answers), answers)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for one in silent:
        one.connect(str(path))
    check('ordered/serves-all-the-same', come(home, 'alice')[0])
    for one in silent:
        one.close()
    code, out, err = order(home, '--names')
    check('ordered/names-after-that', code == 0 and out.endswith('alice\n'), [code, out, err])
    home.stop(server)
    check('ordered/socket-is-gone', not path.exists())

    deep = home.folder / ('d' * 100) / 'state'
    server = home.start([home.server_path, '--ip', '127.0.0.1', '--port', str(free_port()),
                         '--state-dir', deep, '--status-address', 'none', '--tunnel-port', '0'])
    line = server.stdout.readline().decode()
    _, _, err = home.stop(server)
    check('ordered/path-too-long', 'listening' in line and 'takes no orders' in err, [line, err])


if __name__ == '__main__':
    sys.exit(run(__doc__, [invited, listed, blocked, released, ordered]))
