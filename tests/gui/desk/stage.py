"""Everything a story needs: a server, people, and somebody who notes what was seen."""

import os
import re
import subprocess
from pathlib import Path

from . import bus, display, place, window, words

COMPLAINT = re.compile(
    r'Sanitizer|runtime error:|-CRITICAL \*\*|-WARNING \*\*|Assertion|Traceback'
)
# A line of a stack as the sanitizers write it
FRAME = re.compile(r'\s+#\d+ ')
FRAMES_MAX = 24
# GLib gives up its table of quarks for a larger one when it has 2048 of them, and lets the old one
# lie, since another thread may be reading it. Its stack cannot be read from outside of GLib, so
# lsan.supp cannot name it.
OLD_QUARKS = re.compile(
    r'Direct leak of 16384 byte\(s\) in 1 object\(s\) allocated from:\n'
    r'(?: +#0 .*\n)(?: +#1 .* in g_malloc .*\n)(?: +#\d+ .*libglib-2\.0.*\n)*\n'
)
# GTK 4.18 leaks (a list node for each dialog, a font for each word that is being composed), and its
# stacks cannot be read from outside: where one begins in GLib and goes no further, it may be
# anybody's. With GTK 4.8 there are none of these, so there every leak counts.
LEAKY_SINCE = (4, 10)
NOBODYS_LEAK = re.compile(
    r'(?:Direct|Indirect) leak of .* allocated from:\n'
    r'(?: +#0 .*\n)(?: +#\d+ .*libglib-2\.0.*\n)+(?=\n)'
)
# GLib's, when nobody on the bus shows notifications: so it is in most stories; and GTK's, when Orca
# asks where on the screen something is, and when what is in an entry is selected, as it is when the
# keyboard comes back to it, before its cursor has stopped to blink.
HARMLESS = re.compile('unable to send notifications through org.freedesktop.Notifications|'
                      'Screen coordinates not supported|unexpected blinking selection')
SERVER_PORT = 8848
# Of a program that is asked something from the command line
COMMAND_SECONDS = 60


def leave_out_leaks(text, pattern):
    """What is left of a report of leaks that has none but these is nothing."""
    less = pattern.sub('', text)
    if less == text or ' leak of ' in less:
        return text
    return '\n'.join(line for line in less.splitlines() if 'Sanitizer' not in line)


class Person:
    """Somebody with a computer, a screen, and lives of the program one after the other."""

    def __init__(self, stage, name):
        self.stage = stage
        self.name = name
        self.folder = stage.folder / name
        for folder in ('run', 'data', 'config', 'cache'):
            (self.folder / folder).mkdir(parents=True)
        (self.folder / 'run').chmod(0o700)
        self.profile = self.folder / 'profile'
        self.computer = place.Computer() if stage.has_network else place.ThisComputer()
        self.display = display.Display()
        self.session_bus = bus.start_session(self.folder / 'run')
        self.window = None
        self.keyring = None
        self.n_lives = 0
        self.toolkit = (0, 0)  # the version of GTK, as soon as there has been a window
        self.more_environment = {}
        self.words = words.Words()
        if not stage.has_network:
            self.hide()

    def environment(self):
        return window.environment(self) | self.more_environment

    def write_gtk_settings(self, **settings):
        """What the desktop has chosen, by the names that GTK has for it: gtk_xft_dpi=…"""
        path = self.folder / 'config/gtk-4.0/settings.ini'
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f'{name.replace("_", "-")}={value}\n' for name, value in settings.items()]
        path.write_text('[Settings]\n' + ''.join(lines))

    def speak(self, language, locale):
        """The program in this language, if there can be such a locale; whether there can."""
        locales = self.folder / 'locales'
        self.words = words.Words(self.stage.build, language)
        self.more_environment |= {'LC_ALL': locale, 'LOCPATH': str(locales)}
        return words.compile_locale(locales, locale)

    def hide(self):
        """Where the network is everybody's, nothing may be told to it."""
        self.run_cli('set', 'lan', 'off')

    def start(self, *words):
        self.n_lives += 1
        program = self.stage.build / 'src/gui/udpnat'
        self.window = window.Window(
            self, [*self.computer.words(), program, '--profile', self.profile, *words])
        return self.window

    def start_keyring(self):
        """The desktop's, unlocked, on the person's own bus."""
        self.keyring = subprocess.Popen(
            ['gnome-keyring-daemon', '--foreground', '--components=secrets', '--unlock'],
            env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.keyring.stdin.write(b'password of the desktop')
        self.keyring.stdin.close()
        display.wait_until(
            lambda: 'org.freedesktop.secrets' in self.session_bus.ask_daemon('ListNames'), 15)

    def quit(self):
        """Ends the program as a person does; all that is wrong with that is noted."""
        mine, self.window = self.window, None
        status = mine.quit()
        self.stage.check(f'{self.name}-quits-with-0', status == 0,
                         [status, mine.read_stderr()[-6000:]])

    def cli_words(self, *words):
        return [*self.computer.words(), self.stage.build / 'src/cli/udpnat-cli',
                '--server', self.stage.server_address, '--profile', self.profile, *words]

    def run_cli(self, *words, text=None):
        """The same profile in a terminal, while the window is closed; exit status and output."""
        done = subprocess.run(
            [str(word) for word in self.cli_words(*words)], env=self.environment(), input=text,
            capture_output=True, text=True, timeout=COMMAND_SECONDS,
        )
        self.stage.complain(f'{self.name}: udpnat-cli {words}', done.stderr)
        return done.returncode, done.stdout

    def close(self):
        if self.window is not None:
            self.window.close()
        if self.keyring is not None:
            self.keyring.terminate()
            self.keyring.wait()
        self.session_bus.close()
        self.display.close()
        for number in range(1, self.n_lives + 1):
            path = self.folder / f'stderr-{number}.txt'
            text = path.read_text(errors='replace')
            if self.toolkit >= LEAKY_SINCE:
                text = leave_out_leaks(text, NOBODYS_LEAK)
            self.stage.complain(f'{self.name}, life {number}', text)


class Stage:
    def __init__(self, label, tap, build, folder, shots, has_network):
        self.label = label
        self.tap = tap
        self.build = build
        self.folder = Path(folder)
        self.shots = shots
        self.has_network = has_network
        self.reader_bus = bus.ReaderBus(self.folder)
        self.people = []
        self.servers = []
        self.complaints = []
        self.server_ip = place.SERVER_IP if has_network else '127.0.0.1'
        self.server_port = SERVER_PORT if has_network else find_free_port()
        self.server_address = f'{self.server_ip}:{self.server_port}'

    def check(self, name, good, details=()):
        lines = [line for item in details for line in str(item).splitlines()]
        return self.tap.check(f'{self.label}/{name}', bool(good), lines)

    def skip(self, name, why):
        self.tap.skip(f'{self.label}/{name}', why)

    def complain(self, whose, text):
        text = leave_out_leaks(text, OLD_QUARKS)
        found = [line for line in text.splitlines()
                 if COMPLAINT.search(line) and not HARMLESS.search(line)]
        if found:  # where it was is what one wants to know
            found += [line for line in text.splitlines() if FRAME.match(line)][:FRAMES_MAX]
        self.complaints += [f'{whose}: {line}' for line in found]

    def add_person(self, name):
        person = Person(self, name)
        self.people.append(person)
        return person

    def start_server(self, *words, port=None):
        """The one of the story; with a port, another beside it."""
        port = port or self.server_port
        environment = {
            'PATH': os.environ['PATH'], 'HOME': str(self.folder), 'LC_ALL': 'C.UTF-8',
            'ASAN_OPTIONS': 'detect_leaks=1', 'UBSAN_OPTIONS': 'halt_on_error=1',
        }
        server = subprocess.Popen(
            [str(word) for word in (
                self.build / 'src/server/udpnat-server', '--ip', self.server_ip,
                '--port', port, '--state-dir', self.folder / f'server-{port}', *words)],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=open(self.folder / 'server.txt', 'ab'),
        )
        self.servers.append(server)
        line = server.stdout.readline().decode()
        if 'listening' not in line:
            raise RuntimeError(f'no server: {line} {(self.folder / "server.txt").read_text()}')
        return f'{self.server_ip}:{port}'

    def stop_server(self):
        """The last one."""
        mine = self.servers.pop()
        mine.terminate()
        mine.wait(20)

    def close(self):
        for person in self.people:
            person.close()
        if (self.folder / 'server.txt').exists():
            while self.servers:
                self.stop_server()
            self.complain('server', (self.folder / 'server.txt').read_text())
        self.reader_bus.close()
        self.check('no-complaint-of-a-sanitizer-or-glib', not self.complaints, self.complaints)


def find_free_port():
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
