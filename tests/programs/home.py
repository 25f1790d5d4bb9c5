"""A folder where the programs keep what they keep, the way to start them there, and the frame that
each test program of this folder runs its scenarios in."""

import argparse
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402

BAD = re.compile(r'Sanitizer|runtime error:|-CRITICAL \*\*|-WARNING \*\*|Assertion|Traceback')


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def soon(is_so, seconds=10):
    """Waits until it is so; whether it is."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.05)
    return is_so()


class Home:
    """A folder where programs keep what they keep, and the way to start them there."""

    def __init__(self, build, folder):
        self.folder = Path(folder)
        self.cli_path = build / 'src/cli/udpnat-cli'
        self.server_path = build / 'src/server/udpnat-server'
        self.port = free_port()
        self.running = []
        self.stderr = []
        self.skip = None  # what cannot be looked at here, and why
        self.more_environment = {}

    def environment(self):
        names = ('PATH', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH')
        mine = {name: value for name, value in os.environ.items() if name in names}
        return mine | {
            'HOME': str(self.folder),
            'XDG_DATA_HOME': f'{self.folder}/data',
            'XDG_STATE_HOME': f'{self.folder}/state',
            'LC_ALL': 'C.UTF-8',
            'TERM': 'dumb',
            'ASAN_OPTIONS': 'detect_leaks=1',
            'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
        } | self.more_environment

    def start(self, words, **options):
        process = subprocess.Popen(
            [str(word) for word in words],
            env=self.environment(),
            stdin=options.pop('stdin', subprocess.PIPE),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        self.running.append(process)
        return process

    def start_server(self, *words):
        server = self.start([self.server_path, '--ip', '127.0.0.1', '--port', self.port, *words])
        line = server.stdout.readline().decode()
        if 'listening' not in line:
            raise RuntimeError(f'no server: {line} {server.stderr.read().decode()}')
        return server

    def cli_words(self, who, *words):
        return [
            self.cli_path, '--server', f'127.0.0.1:{self.port}', '--cip', '127.0.0.1',
            '--profile', self.profile(who), '--name', who, *words,
        ]

    def profile(self, who):
        return self.folder / f'profile-{who}'

    def start_cli(self, who, *words, **options):
        return self.start(self.cli_words(who, *words), **options)

    def finish(self, process, text=None, seconds=40):
        """Waits for the end; returns exit status, stdout, stderr."""
        try:
            out, err = process.communicate(text.encode() if text else None, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += b'\n(did not end)'
        self.running.remove(process)
        self.stderr.append(err.decode(errors='replace'))
        return process.returncode, out.decode(errors='replace'), self.stderr[-1]

    def run(self, words, text=None, seconds=40):
        return self.finish(self.start(words), text, seconds)

    def run_cli(self, who, *words, **options):
        return self.run(self.cli_words(who, *words), **options)

    def start_person(self, who, *words):
        return Person(self, who, words)

    def run_json(self, who, *words, **options):
        """A command's exit status and events."""
        status, out, _ = self.run_cli(who, '--json', *words, **options)
        return status, [json.loads(line) for line in out.splitlines()]

    def stop(self, process, seconds=15):
        process.send_signal(signal.SIGTERM)
        return self.finish(process, seconds=seconds)

    def close(self):
        for process in list(self.running):
            process.kill()
            process.communicate()
        return [line for text in self.stderr for line in text.splitlines() if BAD.search(line)]


class Person:
    """udpnat-cli --json in the hands of somebody: commands in, events out."""

    def __init__(self, home, who, words, prefix=()):
        self.home = home
        self.who = who
        self.process = home.start([*prefix, *home.cli_words(who, '--json', *words)])
        self.events = []
        self.seen = 0  # events that a wait has looked at
        self._rest = b''

    def say(self, *lines):
        for line in lines:
            self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()

    def _read(self, seconds):
        fd = self.process.stdout.fileno()
        if not select.select([fd], [], [], seconds)[0]:
            return True
        data = os.read(fd, 65536)
        lines = (self._rest + data).split(b'\n')
        self._rest = lines.pop()
        self.events += [json.loads(line) for line in lines]
        return bool(data)

    def wait(self, kind, /, seconds=20, **wanted):
        """The next event of this kind with these values, after the last one waited for; None when
        it does not come."""
        end = time.monotonic() + seconds
        while True:
            for index in range(self.seen, len(self.events)):
                event = self.events[index]
                if event['event'] == kind and all(
                    event.get(name.rstrip('_')) == value for name, value in wanted.items()
                ):
                    self.seen = index + 1
                    return event
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                return None

    def select(self, kind, /, **wanted):
        return [
            event
            for event in self.events
            if event['event'] == kind
            and all(event.get(name.rstrip('_')) == value for name, value in wanted.items())
        ]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.home.running.remove(self.process)
        self.home.stderr.append(self.process.stderr.read().decode(errors='replace'))

    def leave(self, seconds=40):
        """Says goodbye; the exit status. What was told until then is in events."""
        self.say('exit')
        self.process.stdin.close()
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(1):
            pass
        try:
            self.process.wait(timeout=max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.home.running.remove(self.process)
        self.home.stderr.append(self.process.stderr.read().decode(errors='replace'))
        return self.process.wait()


class Terminal:
    """A program at a real terminal."""

    def __init__(self, home, words):
        self.home = home
        self.master, slave = pty.openpty()

        def take_terminal():
            os.setsid()
            os.close(os.open(os.ttyname(0), os.O_RDWR))  # the first one becomes the controlling one

        self.process = subprocess.Popen(
            [str(word) for word in words], env=home.environment(), stdin=slave, stdout=slave,
            stderr=subprocess.PIPE, close_fds=True, preexec_fn=take_terminal,
        )
        os.close(slave)
        home.running.append(self.process)

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text, seconds=20):
        """What was shown, until that was."""
        seen = b''
        end = time.monotonic() + seconds
        while text.encode() not in seen and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    seen += os.read(self.master, 4096)
                except OSError:
                    break
        return seen.decode(errors='replace')

    def is_echoing(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def finish(self, seconds=20):
        """Waits for the end; the exit status and stderr."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    os.read(self.master, 4096)
                except OSError:
                    break
        try:
            self.process.wait(timeout=max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.home.running.remove(self.process)
        error = self.process.stderr.read().decode(errors='replace')
        self.home.stderr.append(error)
        os.close(self.master)
        return self.process.wait(), error


def run(description, scenarios):
    """Runs all of them, or those named on the command line; prints TAP."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    tap = tap_module.Tap()
    for scenario in scenarios:
        if options.names and scenario.__name__ not in options.names:
            continue
        with tempfile.TemporaryDirectory(prefix='udpnat-') as folder:
            home = Home(options.build.resolve(), folder)
            home.skip = tap.skip

            def check(name, good, details=()):
                tap.check(name, good, [line for item in details for line in str(item).splitlines()])

            try:
                scenario(home, check)
            except Exception as error:  # noqa: BLE001: a failure, with its reason
                check(f'{scenario.__name__}/runs-to-its-end', False, [repr(error)])
            complaints = home.close()
            check(f'{scenario.__name__}/no-complaint-of-a-sanitizer-or-glib', not complaints,
                  complaints)
    return tap.finish()
