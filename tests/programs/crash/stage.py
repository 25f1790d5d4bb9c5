"""Three real programs, a server and two people, and one loop that writes to them, reads what they
tell, and can kill any of them between two lines."""

import json
import os
import re
import selectors
import signal
import socket
import subprocess
import time
from pathlib import Path

COMPLAINT = re.compile(
    r'Sanitizer|runtime error:|-CRITICAL \*\*|-WARNING \*\*|Assertion|Traceback|ERROR:'
)
READ_BYTES = 1 << 16
START_SECONDS = 30
# As much of an event as the log shows: texts may be long.
LOGGED_CHARACTERS = 220


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Program:
    """One life of a program, from its start to its end."""

    def __init__(self, name, process):
        self.name = name
        self.process = process
        self.started = time.monotonic()
        self.unwritten = b''
        self.unread = b''
        self.is_ended = False
        self.is_to_end = False  # killed, or asked to leave
        for pipe in process.stdin, process.stdout:
            os.set_blocking(pipe.fileno(), False)

    def write(self, line):
        self.unwritten += line.encode() + b'\n'
        self.flush()

    def flush(self):
        """As much as the pipe takes: the other end may be busy, or dead."""
        while self.unwritten:
            try:
                n_written = os.write(self.process.stdin.fileno(), self.unwritten)
            except BlockingIOError:
                return
            except BrokenPipeError:
                self.unwritten = b''
                return
            self.unwritten = self.unwritten[n_written:]

    def read(self):
        """The lines that have come; notes when there will be no more."""
        while True:
            try:
                data = os.read(self.process.stdout.fileno(), READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                self.is_ended = True
                break
            self.unread += data
        *lines, self.unread = self.unread.split(b'\n')
        return [line.decode('utf-8', 'replace') for line in lines]


class Stage:
    """The programs that run, their folders, and a log of everything that happened."""

    def __init__(self, build, folder, place):
        self.folder = Path(folder)
        self.cli_path = build / 'src/cli/udpnat-cli'
        self.server_path = build / 'src/server/udpnat-server'
        self.place = place
        self.addresses = place.addresses
        self.more_words = {}  # of a person's command line
        self.tracers = {}  # what a program is started with
        self.ports = {name: free_port() for name in ('server', 'alice', 'bob')}
        self.programs = {}
        self.listeners = []
        self.surprises = []
        self.began = time.monotonic()
        self.selector = selectors.DefaultSelector()
        self.log = open(self.folder / 'log', 'w', encoding='utf-8')

    # ---- Starting and ending ----

    def environment(self):
        kept = ('PATH', 'LD_LIBRARY_PATH')
        return {name: value for name, value in os.environ.items() if name in kept} | {
            'HOME': str(self.folder),
            'LC_ALL': 'C.UTF-8',
            'TERM': 'dumb',
            'G_DEBUG': 'fatal-criticals',
            'ASAN_OPTIONS': 'detect_leaks=1',
            'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
        }

    def profile(self, name):
        return self.folder / f'profile-{name}'

    def words(self, name):
        if name == 'server':
            return [self.server_path, '--ip', self.addresses['server'], '--port',
                    self.ports['server'], '--state-dir', self.folder / 'state']
        return [self.cli_path, '--server', f'{self.addresses["server"]}:{self.ports["server"]}',
                '--cip', self.addresses[name], '--cport', self.ports[name], '--json', '--profile',
                self.profile(name), '--name', name, '--strangers', 'accept',
                *self.more_words.get(name, [])]

    def command(self, name, words):
        return [str(word) for word in self.place.get_command(name, [str(word) for word in words])]

    def start(self, name):
        words = [*self.tracers.get(name, []), *self.words(name)]
        with open(self.folder / f'{name}.stderr', 'ab') as stderr:
            process = subprocess.Popen(
                self.command(name, words), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=stderr, env=self.environment(), cwd=self.folder,
            )
        program = self.programs[name] = Program(name, process)
        self.selector.register(process.stdout, selectors.EVENT_READ, program)
        self.note(f'start {name}, process {process.pid}')
        return program

    def is_running(self, name):
        return name in self.programs

    def kill(self, name):
        """As the kernel would for want of memory. What it had written is still read."""
        program = self.programs[name]
        program.is_to_end = True
        self.note(f'kill {name}')
        program.process.send_signal(signal.SIGKILL)
        self.bury(program)

    def bury(self, program):
        """Reads what is left of a program that ends, and waits for it."""
        end = time.monotonic() + START_SECONDS
        while not program.is_ended and time.monotonic() < end:
            self.pump(0.01)
        status = program.process.wait(timeout=START_SECONDS)
        self.note(f'{program.name} has ended with {status}')
        return status

    def forget(self, program):
        self.selector.unregister(program.process.stdout)
        program.process.stdin.close()
        program.process.stdout.close()
        del self.programs[program.name]
        if not program.is_to_end:
            status = program.process.wait(timeout=START_SECONDS)
            self.surprise(f'{program.name} has ended by itself with {status}')
        for listener in self.listeners:
            listener.end(program.name)

    def leave(self, name, seconds=60):
        """Lets a program end by itself. Returns its exit status; None: it had to be killed."""
        program = self.programs[name]
        program.is_to_end = True
        if name == 'server':
            program.process.send_signal(signal.SIGTERM)
        else:
            program.write('exit')
        end = time.monotonic() + seconds
        while not program.is_ended and time.monotonic() < end:
            self.pump(0.05)
        if not program.is_ended:
            self.kill(name)
            return None
        return self.bury(program)

    def close(self):
        for name in list(self.programs):
            self.kill(name)
        self.log.close()

    def run_once(self, name, *words, is_json=True, seconds=60):
        """A command of the command line, while the person's program does not run."""
        options = self.words(name)
        if not is_json:
            options.remove('--json')
        done = subprocess.run(
            self.command(name, options + list(words)), stdin=subprocess.DEVNULL,
            capture_output=True, env=self.environment(), cwd=self.folder, timeout=seconds,
        )
        with open(self.folder / f'{name}.stderr', 'ab') as stderr:
            stderr.write(done.stderr)
        if done.returncode != 0:
            raise RuntimeError(f'{name} {words}: {done.returncode} {done.stderr.decode()}')
        out = done.stdout.decode()
        return [json.loads(line) for line in out.splitlines()] if is_json else out

    # ---- The loop ----

    def pump(self, seconds, is_enough=lambda: False):
        """Reads and writes for so long, or until is_enough. Returns whether that was the case."""
        end = time.monotonic() + seconds
        while not is_enough():
            for program in self.programs.values():
                program.flush()
            left = end - time.monotonic()
            if left <= 0:
                return False
            # Short, since what could not be written is tried again, and rarely: nobody reads slowly
            for key, _ in self.selector.select(min(left, 0.05)):
                self.take(key.data)
        return True

    def take(self, program):
        for line in program.read():
            self.note(f'{program.name} {line[:LOGGED_CHARACTERS]}')
            if program.name != 'server':
                self.tell(program.name, line)
        if program.is_ended:
            self.forget(program)

    def tell(self, name, line):
        try:
            event = json.loads(line)
        except ValueError:
            self.surprise(f'{name} wrote what is not JSON: {line[:LOGGED_CHARACTERS]}')
            return
        for listener in self.listeners:
            listener.take(name, event)

    def note(self, text):
        self.log.write(f'{time.monotonic() - self.began:9.4f} {text}\n')
        self.log.flush()

    def surprise(self, text):
        self.note(f'!!! {text}')
        self.surprises.append(f'{time.monotonic() - self.began:.4f} s: {text}')

    def complaints(self):
        return [
            f'{path.name}: {line}'
            for path in sorted(self.folder.glob('*.stderr'))
            for line in path.read_text(errors='replace').splitlines()
            if COMPLAINT.search(line)
        ]
