"""Orca, the screen reader of the desktop, at the screen of one person: what it says there is read
from its log."""

import os
import re
import shutil
import subprocess
import threading
import time
import tty

from gi.repository import Gio, GLib

from .display import wait_until

STATUS = Gio.DBusNodeInfo.new_for_xml("""<node>
  <interface name="org.a11y.Bus">
    <method name="GetAddress"><arg type="s" direction="out"/></method>
  </interface>
  <interface name="org.a11y.Status">
    <property name="IsEnabled" type="b" access="readwrite"/>
    <property name="ScreenReaderEnabled" type="b" access="readwrite"/>
  </interface>
</node>""")

# Importing all of itself, on a machine with few cores
START_SECONDS = 60
SAID = re.compile(r"SPEECH OUTPUT: '(.*?)'(?: voice=\S+)?(?: ?\{.*\})?$")
# It has finished a sentence when nothing more has come for so long.
QUIET_SECONDS = 1.0
SILENCE_MAX_SECONDS = 12


class Signpost:
    """Who wants a screen reader asks the session bus whether there is one, and where."""

    def __init__(self, session_address, reader_address):
        self.reader_address = reader_address
        self._is_ready = threading.Event()
        self._context = GLib.MainContext.new()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._thread = threading.Thread(target=self._run, args=(session_address,), daemon=True)
        self._thread.start()
        if not self._is_ready.wait(START_SECONDS):
            raise RuntimeError('the session bus does not answer')

    def _run(self, address):
        self._context.push_thread_default()
        flags = Gio.DBusConnectionFlags
        connection = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        connection.set_exit_on_close(False)
        for interface in STATUS.interfaces:
            connection.register_object('/org/a11y/bus', interface, self._called,
                                       lambda *_: GLib.Variant('b', True), lambda *_: True)
        connection.call_sync(
            'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName',
            GLib.Variant('(su)', ('org.a11y.Bus', 0)), None, 0, -1, None)
        self._is_ready.set()
        self._loop.run()
        connection.close_sync(None)
        self._context.pop_thread_default()

    def _called(self, connection, sender, path, interface, method, arguments, invocation):
        invocation.return_value(GLib.Variant('(s)', (self.reader_address,)))

    def close(self):
        self._context.invoke_full(GLib.PRIORITY_DEFAULT, self._loop.quit)
        self._thread.join()


class Ears:
    def __init__(self, person):
        self.person = person
        self.signpost = Signpost(person.session_bus.address, person.stage.reader_bus.address)
        self.lines = []
        # It would keep its log to itself for long, if that were not a terminal.
        mine, its = os.openpty()
        tty.setraw(its)
        self.reader = threading.Thread(target=self._follow, args=(mine,), daemon=True)
        self.reader.start()
        environment = person.environment()
        environment.pop('G_DEBUG')  # criticals of Orca are none of ours
        environment['SPEECHD_CMD'] = 'false'  # nothing here can be heard: only its log is read
        self.errors = person.folder / 'orca-errors.txt'
        # Windows that open get the keyboard, and give it back, as on any desktop.
        self.manager = subprocess.Popen(['openbox'], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ['orca', '--debug', '--debug-file', os.ttyname(its), '--user-prefs',
             str(person.folder / 'orca')],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.errors, 'wb'))
        self.terminal = its
        self.place = 0
        if not wait_until(lambda: any('Screen reader on' in words for words in self.read()),
                          START_SECONDS):
            raise RuntimeError('Orca does not start: ' + self.tell_errors())

    def _follow(self, terminal):
        with open(terminal, errors='replace') as log:
            try:
                for line in log:
                    self.lines.append(line.rstrip('\n'))
            except OSError:
                pass  # nobody writes to it any more

    def tell_errors(self):
        return self.errors.read_text(errors='replace')[-2000:]

    def read(self):
        """Everything that it has said, one utterance a word."""
        found = map(SAID.search, list(self.lines))
        return [match[1] for match in found if match]

    def forget(self):
        """What was said up to now is not asked for any more."""
        self.place = len(self.read())

    def listen(self, wanted=None, seconds=SILENCE_MAX_SECONDS):
        """What was said since it was forgotten: once that is wanted is in it and all is quiet."""
        end = time.monotonic() + seconds
        heard, since = [], time.monotonic()
        while time.monotonic() < end:
            now = self.read()[self.place:]
            if now != heard:
                heard, since = now, time.monotonic()
            is_quiet = time.monotonic() - since > QUIET_SECONDS
            if is_quiet and (wanted is None or wanted in ' '.join(heard)):
                break
            time.sleep(0.1)
        return heard

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.manager.terminate()
        self.manager.wait()
        os.close(self.terminal)
        self.signpost.close()


def find_missing():
    return ', '.join(tool for tool in ('orca', 'openbox') if not shutil.which(tool))
