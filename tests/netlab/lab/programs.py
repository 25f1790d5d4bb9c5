"""The real programs, driven as a person's script would: commands on stdin, one JSON object a line
on stdout."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

# What every event must carry (README, "For scripts"); more is allowed.
CONTRACT = {
    'ready': {'name', 'key', 'local', 'server'},
    'registered': {'name', 'observed'},
    'lan': {'state', 'name'},
    'peer': {'name', 'key', 'online', 'presence', 'lan', 'relation'},
    'message': {'from', 'key', 'id', 'text', 'sent_us', 'number', 'shown_us', 'reply_to'},
    'waiting': {'to', 'id', 'number'},
    'sent': {'to', 'id'},
    'stored': {'to', 'id'},
    'read': {'to', 'id'},
    'delivered': {'to', 'id', 'elapsed_us'},
    'path': {'peer', 'kind', 'remote', 'rtt_us', 'reason'},
    'error': {'code', 'message'},
}
PATH_KINDS = ('lan', 'direct', 'relay')
BAD_OUTPUT = re.compile(
    r'AddressSanitizer|LeakSanitizer|runtime error:|-CRITICAL \*\*|-WARNING \*\*|Assertion'
)
SERVER_PORT = 8848


class Program:
    """A program that runs on a machine of the lab."""

    def __init__(self, host, words, folder, label, more_environment=None):
        self.host = host
        self.label = label
        self.folder = folder
        self.log = folder / f'{label}.log'
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in ('PATH', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH')
        }
        environment |= {
            'HOME': str(folder),
            'XDG_DATA_HOME': f'{folder}/data',
            'XDG_CONFIG_HOME': f'{folder}/config',
            'XDG_STATE_HOME': f'{folder}/state',
            'XDG_CACHE_HOME': f'{folder}/cache',
            'XDG_RUNTIME_DIR': str(folder),
            'G_DEBUG': 'fatal-criticals',
            'ASAN_OPTIONS': 'detect_leaks=1',
            'TERM': 'dumb',
            'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
            **(more_environment or {}),
        }
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                host.command(*map(str, words)),
                stdin=subprocess.PIPE,
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self.lines = queue.SimpleQueue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.handle_line(line.decode('utf-8', 'replace').rstrip('\n'))

    def handle_line(self, line):
        with open(self.log, 'a', encoding='utf-8') as log:
            log.write(line + '\n')

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.is_running():
            self.process.send_signal(number)

    def wait(self, timeout):
        """The exit status (negative: the signal); None when it does not end, and then it is
        killed."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        self.reader.join(2)
        return status

    def find_bad_output(self):
        """Lines that a sanitizer or GLib complained with."""
        text = self.log.read_text(errors='replace') if self.log.exists() else ''
        return [f'{self.label}: {line}' for line in text.splitlines() if BAD_OUTPUT.search(line)]

    def get_tail(self, count=15):
        text = self.log.read_text(errors='replace') if self.log.exists() else ''
        return [f'{self.label}| {line}' for line in text.splitlines()[-count:]]


class Server(Program):
    """udpnat-server on a machine of the lab. Its state outlives it: the next one in the same folder
    goes on with it."""

    def __init__(self, build, host, folder, ip='0.0.0.0', alt_ip=None, port=SERVER_PORT):
        self.port = port
        super().__init__(
            host,
            [
                build / 'src/server/udpnat-server',
                *(['--ip', ip] if ip else []),
                *(['--alt-ip', alt_ip] if alt_ip else []),
                '--port',
                port,
                '--state-dir',
                folder / 'server-state',
            ],
            folder,
            'server' if port == SERVER_PORT else f'server-{port}',
        )

    def wait_until_listening(self, timeout=5.0):
        """True as soon as its port is open; looks at the sockets of its own network."""
        wanted = f':{self.port:04X} '
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.is_running():
            for table in ('udp', 'udp6'):
                try:
                    if wanted in Path(f'/proc/{self.process.pid}/net/{table}').read_text():
                        return True
                except OSError:
                    pass
            time.sleep(0.01)
        return False


class Client(Program):
    """udpnat-cli --json, at a server, with one of its own (None), or with --lan among the words.
    Events are kept in the order of their arrival, each with the time when we read it."""

    def __init__(self, build, host, folder, name, server, *words, more_environment=None,
                 prefix=()):
        self.name = name
        self.events = []
        self.texts = {}  # peer name -> texts sent to it, in order
        self.send_times = {}  # text -> when
        self.breaches = []
        self._news = threading.Condition()
        super().__init__(
            host,
            [
                *prefix,
                build / 'src/cli/udpnat-cli',
                *(['--server', server] if server else [] if '--lan' in words else ['--host']),
                '--name',
                name,
                '--profile',
                folder / f'profile-{name}',
                # Addresses are for contacts: without this there is no direct path to be seen.
                *([] if '--strangers' in words else ['--strangers', 'accept']),
                *words,
                '--json',
            ],
            folder,
            name,
            more_environment,
        )

    def handle_line(self, line):
        read_at = time.monotonic()
        super().handle_line(line)
        try:
            event = json.loads(line)
            kind = event['event']
        except (ValueError, TypeError, KeyError):
            self.breaches.append(f'{self.name}: not an event: {line[:200]}')
            return
        missing = CONTRACT.get(kind, set()) - event.keys()
        if missing:
            self.breaches.append(
                f'{self.name}: {kind} without {", ".join(sorted(missing))}: {line[:200]}'
            )
        if kind == 'path' and event.get('kind') not in PATH_KINDS:
            self.breaches.append(f'{self.name}: a path of unknown kind: {line[:200]}')
        event['at'] = read_at
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def command(self, text):
        try:
            self.process.stdin.write(text.encode() + b'\n')
            self.process.stdin.flush()
        except OSError:
            pass  # it has died; what it should have done will be missed

    def send(self, to, text):
        self.texts.setdefault(to, []).append(text)
        self.send_times[text] = time.monotonic()
        self.command(f'send {to} {text}')

    def leave(self):
        self.command('exit')
        try:
            self.process.stdin.close()
        except OSError:
            pass

    def select(self, kind, since=0, **wanted):
        """Events of a kind with these values, from an index on."""
        with self._news:
            events = self.events[since:]
        return [
            event
            for event in events
            if event['event'] == kind
            and all(event.get(name.rstrip('_')) == value for name, value in wanted.items())
        ]

    def wait_for(self, test, timeout):
        """Waits until test() is true of the events so far; returns its last value."""
        end = time.monotonic() + timeout
        with self._news:
            while not (found := test()):
                left = end - time.monotonic()
                if left <= 0 or not self.is_running():
                    break
                self._news.wait(min(left, 0.25))
        return found

    def wait_registered(self, timeout, since=0):
        return self.wait_for(
            lambda: any(event['event'] == 'registered' for event in self.events[since:]), timeout
        )

    def get_path(self, peer):
        """The newest word about the way to a peer; None before the first."""
        paths = self.select('path', peer=peer)
        return paths[-1] if paths else None

    def count_delivered(self, peer):
        return len(self.select('delivered', to=peer))

    def wait_delivered(self, peer, timeout):
        wanted = len(self.texts.get(peer, []))
        return self.wait_for(
            lambda: sum(
                event['event'] == 'delivered' and event.get('to') == peer for event in self.events
            )
            >= wanted,
            timeout,
        )


def find_losses(sender, receiver):
    """What is wrong with the messages of one direction; empty when each came exactly once, in
    order, and is acknowledged."""
    wrong = []
    texts = sender.texts.get(receiver.name, [])
    ids = [event.get('id') for event in sender.select('sent', to=receiver.name)]
    came = [
        (event.get('id'), event.get('text'))
        for event in receiver.select('message', from_=sender.name)
    ]
    acknowledged = [event.get('id') for event in sender.select('delivered', to=receiver.name)]
    who = f'{sender.name} to {receiver.name}'
    if len(ids) != len(texts) or len(set(ids)) != len(ids):
        wrong.append(f'{who}: {len(texts)} texts, but {len(ids)} "sent" with {len(set(ids))} ids')
    if came != list(zip(ids, texts)):
        counts = {text: sum(text == other for _, other in came) for text in texts}
        wrong += [
            f'{who}: "{text}" came {count} times' for text, count in counts.items() if count != 1
        ]
        wrong += [f'{who}: "{text}" was never sent' for _, text in came if text not in counts]
        wrong.append(
            f'{who}: {len(came)} of {len(texts)} messages; order or ids differ from what was sent'
        )
    if sorted(map(str, acknowledged)) != sorted(map(str, ids)):
        wrong.append(
            f'{who}: {len(ids)} sent, {len(acknowledged)} "delivered", '
            f'{len(set(acknowledged))} of them different'
        )
    return wrong


def stop_all(programs, timeout=5.0):
    """Ends programs politely, clients before servers; returns what went wrong."""
    wrong = []
    for kind in (Client, Server):
        ending = [
            program for program in programs if isinstance(program, kind) and program.is_running()
        ]
        for program in ending:
            if isinstance(program, Client):
                program.leave()
            else:
                program.signal(signal.SIGTERM)
        for program in ending:
            status = program.wait(timeout)
            if status != 0:
                wrong.append(
                    f'{program.label}: '
                    + ('did not end' if status is None else f'exit status {status}')
                )
    for program in programs:
        wrong += program.find_bad_output()
        wrong += getattr(program, 'breaches', [])
    return wrong
