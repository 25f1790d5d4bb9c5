"""Private buses: a session bus for each person, so that two can run on one screen's worth of
machine without being taken for one, and one bus on which all windows answer to a screen reader."""

import os
import subprocess
from pathlib import Path

from gi.repository import Gio, GLib

from . import surroundings

# Nothing on it can be started by a name: a test must not depend on the services of this machine.
SESSION = """<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
CALL_MS = 10000


class Bus:
    """A dbus-daemon, and a connection to it."""

    def __init__(self, configuration):
        mine, its = os.pipe()
        self.process = subprocess.Popen(
            ['dbus-daemon', f'--config-file={configuration}', '--nofork', '--nopidfile',
             '--nosyslog', f'--print-address={its}'],
            pass_fds=[its], stderr=subprocess.DEVNULL,
        )
        os.close(its)
        with os.fdopen(mine) as pipe:
            self.address = pipe.readline().strip()
        flags = Gio.DBusConnectionFlags
        self.connection = Gio.DBusConnection.new_for_address_sync(
            self.address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None
        )
        self.connection.set_exit_on_close(False)

    def call(self, name, path, interface, method, arguments=None):
        """The answer, as a tuple; raises GLib.Error."""
        answer = self.connection.call_sync(
            name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, CALL_MS, None
        )
        return answer.unpack()

    def call_all(self, calls):
        """The answers of many calls, each (name, path, interface, method, arguments), that do not
        wait for each other; None for one that failed."""
        answers = [None] * len(calls)
        n_waiting = len(calls)

        def answered(connection, result, place):
            nonlocal n_waiting
            n_waiting -= 1
            try:
                answers[place] = connection.call_finish(result).unpack()
            except GLib.Error:
                pass  # whom it was for is gone

        context = GLib.MainContext.new()
        context.push_thread_default()
        for place, call in enumerate(calls):
            self.connection.call(*call, None, Gio.DBusCallFlags.NONE, CALL_MS, None, answered,
                                 place)
        while n_waiting > 0:
            context.iteration(True)
        context.pop_thread_default()
        return answers

    def ask_daemon(self, method, *strings):
        arguments = GLib.Variant(f'({"s" * len(strings)})', strings) if strings else None
        return self.call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus',
                         method, arguments)[0]

    def find_process(self, pid, prefix=':'):
        """The unique name of what this process is on the bus, or another that it has; None when it
        is not there."""
        for name in self.ask_daemon('ListNames'):
            if name.startswith(prefix):
                try:
                    if self.ask_daemon('GetConnectionUnixProcessID', name) == pid:
                        return name
                except GLib.Error:
                    continue  # gone since
        return None

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)
        self.process.terminate()
        self.process.wait()


def start_session(folder):
    folder = Path(folder)
    configuration = folder / 'session.conf'
    configuration.write_text(SESSION.format(folder=folder))
    return Bus(configuration)


class ReaderBus(Bus):
    """The bus of screen readers, with the registry where windows report."""

    def __init__(self, folder):
        super().__init__(surroundings.find_first(surroundings.ACCESSIBILITY))
        self.registry = subprocess.Popen(
            [surroundings.find_first(surroundings.REGISTRIES)],
            env={'PATH': os.environ['PATH'], 'AT_SPI_BUS_ADDRESS': self.address,
                 'DBUS_SESSION_BUS_ADDRESS': self.address, 'HOME': str(folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def close(self):
        self.registry.terminate()
        self.registry.wait()
        super().close()
