"""A server that runs as a service: its configuration file, what it says to systemd, and a state
directory as DynamicUser= makes it. Prints TAP."""

import os
import re
import select
import signal
import socket
import sys
import time

from home import free_port, run


def write(home, text):
    path = home.folder / 'server.conf'
    path.write_text(text)
    return path


def list_all(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*'))


class Manager:
    """What systemd is for a service: a socket that is told."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind('\0' + address[1:] if address[0] == '@' else address)
        self.address = address
        self.told = []  # of (time, line)

    def words(self, **more):
        variables = {'NOTIFY_SOCKET': self.address, **more}
        return ['env', *(f'{name}={value}' for name, value in variables.items())]

    def hear(self, wanted=None, seconds=15):
        """Listens for so long, or until this line comes; whether it did."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                break
            lines = self.socket.recv(4096).decode().splitlines()
            self.told += [(time.monotonic(), line) for line in lines]
            if wanted in lines:
                return True
        return False

    def times(self, wanted):
        return [at for at, line in self.told if line == wanted]


def start(home, manager, *words, **variables):
    return home.start([*manager.words(**variables), home.server_path, '--ip', '127.0.0.1', '--port',
                       home.port, '--status-address', 'none', '--tunnel-port', '0', '--state-dir',
                       home.folder / 'state', *words])


def is_taken(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return True
    return False


def tells(home, check):
    manager = Manager(str(home.folder / 'notify'))
    server = start(home, manager)
    check('tells/ready', manager.hear('READY=1'), manager.told)
    check('tells/ready-when-it-is', is_taken(home.port))
    check('tells/nobody-there', len(manager.times('STATUS=0 people online')) == 1, manager.told)
    alice = home.start_person('alice')
    check('tells/somebody-there', manager.hear('STATUS=1 person online'), manager.told)
    alice.leave()
    check('tells/nobody-again', manager.hear('STATUS=0 people online'), manager.told)
    check('tells/not-alive-to-nobody', not manager.times('WATCHDOG=1'), manager.told)
    server.send_signal(signal.SIGTERM)
    check('tells/stopping', manager.hear('STOPPING=1'), manager.told)
    code, _, err = home.finish(server)
    check('tells/ends-well', code == 0 and err == '', [code, err])
    check('tells/each-once', len(manager.times('READY=1')) == len(manager.times('STOPPING=1')) == 1,
          manager.told)


def alive(home, check):
    """Twice in the time: not less, or it would be killed; and not while it does nothing."""
    manager = Manager(f'@udpnat-test-{os.getpid()}')
    server = start(home, manager, WATCHDOG_USEC=1000000)
    check('alive/ready-by-an-abstract-name', manager.hear('READY=1'), manager.told)
    manager.hear(seconds=4.2)
    times = manager.times('WATCHDOG=1')
    gaps = [after - before for before, after in zip(times, times[1:])]
    check('alive/twice-in-its-time', 6 <= len(times) <= 9 and max(gaps) < 1, [times])
    server.send_signal(signal.SIGSTOP)
    manager.hear(seconds=1)
    n_before = len(manager.times('WATCHDOG=1'))
    manager.hear(seconds=1.5)
    check('alive/silent-when-it-hangs', len(manager.times('WATCHDOG=1')) == n_before)
    server.send_signal(signal.SIGCONT)
    home.stop(server)

    server = start(home, manager, WATCHDOG_USEC=200000, WATCHDOG_PID=1)
    check('alive/ready-again', manager.hear('READY=1'), manager.told)
    manager.told.clear()
    manager.hear(seconds=1)
    check('alive/another-process-is-meant', not manager.times('WATCHDOG=1'), manager.told)
    home.stop(server)


def deaf(home, check):
    """Somebody who does not listen is no reason not to work."""
    server = home.start(['env', f'NOTIFY_SOCKET={home.folder}/nobody', 'WATCHDOG_USEC=100000',
                         home.server_path, '--ip', '127.0.0.1', '--port', home.port, '--state-dir',
                         home.folder / 'state', '--tunnel-port', '0'])
    check('deaf/works', b'listening' in server.stdout.readline())
    check('deaf/is-met', home.run_cli('alice', 'list')[0] == 0)
    code, _, err = home.stop(server)
    check('deaf/says-so', code == 0 and 'cannot tell who started this' in err, [code, err])


def configured(home, check):
    port = free_port()
    path = write(home, f'[server]\nip=127.0.0.1\nport={port}\nstate-dir={home.folder}/state\n'
                 'tunnel-port=0\nmailbox=false\n')
    words = [home.server_path, '--status-address', 'none', '--config', path]
    server = home.start(words)
    line = server.stdout.readline().decode()
    check('configured/port-of-the-file', f'listening on 127.0.0.1:{port} ' in line, [line])
    check('configured/no-letters', 'mail.db' not in list_all(home.folder / 'state'))
    home.stop(server)

    server = home.start([*words, '--port', home.port])
    line = server.stdout.readline().decode()
    check('configured/option-counts-more', f':{home.port} ' in line, [line])
    home.stop(server)

    path.write_text('[server]\nprot=1\nport=70000\n')
    code, out, err = home.run(words)
    check('configured/mistakes', code == 2 and not out and f'{path}:2: ' in err
          and f'{path}:3: port=70000' in err and len(err.splitlines()) == 2, [code, out, err])
    code, _, err = home.run([home.server_path, '--config', home.folder / 'none'])
    check('configured/no-such-file', code == 2 and 'does not exist' in err, [code, err])


def checked(home, check):
    """--check-config says what would be, and does nothing."""
    port = free_port()
    state = home.folder / 'not-there/state'
    path = write(home, f'[server]\nip=127.0.0.1\nport={port}\nstate-dir={state}\nidle-exit=7\n')
    words = [home.server_path, '--check-config', '--config', path]
    before = list_all(home.folder)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', port))
        code, out, err = home.run(words)
    check('checked/good', code == 0 and not err, [code, err])
    for line in ('[server]', 'ip=127.0.0.1', f'port={port}', f'alt-port={port + 1}', 'idle-exit=7',
                 f'state-dir={state}', 'mailbox-days=30', 'mailbox-size=16', 'mailbox-total=1024'):
        check(f'checked/says-{line.split("=")[0]}', line in out.splitlines(), [out])
    check('checked/writes-nothing', list_all(home.folder) == before, list_all(home.folder))
    try:
        _, _, calls = home.run(['strace', '-f', '-E', 'ASAN_OPTIONS=detect_leaks=0', '-e',
                                'trace=socket,bind,listen', *words])
        used = re.findall(r'^.*AF_INET.*|^.*bind\(.*', calls, re.M)
        check('checked/opens-no-socket', 'exited with 0' in calls and not used, [calls])
    except FileNotFoundError:
        print('# strace is not installed: sockets were not looked for')

    code, out, _ = home.run([*words, '--port', '0', '--no-mailbox'])
    check('checked/with-options', code == 0 and 'port=0' in out.splitlines()
          and 'mailbox=false' in out.splitlines(), [out])
    again = home.folder / 'again.conf'
    again.write_text(out)
    same = home.run([home.server_path, '--check-config', '--config', again])
    check('checked/can-be-read-again', same[0] == 0
          and same[1].splitlines()[1:] == out.splitlines()[1:], same)

    path.write_text('[server]\nport=x\nprot=1\nport=2\n')
    code, out, err = home.run(words)
    check('checked/all-mistakes', code == 1 and not out and len(err.splitlines()) == 3, [code, err])
    path.write_text(f'[server]\ntls-cert={home.folder}/c\ntls-key={home.folder}/k\n')
    code, out, err = home.run(words)
    check('checked/certificate-that-is-not-there', code == 1 and not out and f'{home.folder}/c' in
          err, [code, err])
    code, out, err = home.run([home.server_path, '--check-config', '--config', home.folder / 'no'])
    check('checked/no-such-file', code == 1 and not out and 'does not exist' in err, [code, err])


def linked(home, check):
    """state -> private/state: the same server as without the link."""
    (home.folder / 'private/state').mkdir(parents=True)
    (home.folder / 'state').symlink_to('private/state')
    keys = []
    for folder in 'state', 'private/state':
        server = home.start([home.server_path, '--ip', '127.0.0.1', '--port', home.port,
                             '--state-dir', home.folder / folder])
        keys += re.findall(r'key (\S+)\)', server.stdout.readline().decode())
        check(f'linked/{folder.split("/")[0]}-is-met', home.run_cli('alice', 'list')[0] == 0)
        home.stop(server)
    check('linked/one-server', len(keys) == 2 and keys[0] == keys[1], keys)
    check('linked/all-behind-it', {'server.key', 'names.db', 'mail.db'} <=
          set(list_all(home.folder / 'private/state')), list_all(home.folder))


if __name__ == '__main__':
    sys.exit(run(__doc__, [tells, alive, deaf, configured, checked, linked]))
