"""One life of the program with the window, in the hands of somebody who only has what a screen
reader tells, a mouse and a keyboard."""

import os
import subprocess
import time

from gi.repository import GLib

from . import reader, surroundings
from .display import wait_until

# With the sanitizers, and beside other tests on a machine with few cores
START_SECONDS = 60
WAIT_SECONDS = 25
QUIT_SECONDS = 40
# Longer than pages and dialogs need to come and go
SETTLE_SECONDS = 1
# A profile that is not the usual one adds to it
NAME = 'io.github.udpnat.Udpnat'


class Lost(Exception):
    """What was waited for did not come. The text says what there was instead."""


class Window:
    def __init__(self, person, words):
        self.person = person
        self.display = person.display
        self.stderr_path = person.folder / f'stderr-{person.n_lives}.txt'
        with open(self.stderr_path, 'wb') as stderr:
            self.process = subprocess.Popen(
                [str(word) for word in words], env=person.environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
            )
        root = self.wait(self.read, 'the window reports to screen readers', START_SECONDS)
        person.toolkit = reader.get_version(root.bus, root.reference[0])

    # ---- Reading ----

    def read(self):
        """Everything, as it is now; None while there is nothing."""
        return reader.read_application(self.person.stage.reader_bus, self.process.pid)

    def wait(self, ask, what, seconds=WAIT_SECONDS):
        """What ask() answers once that is true; raises Lost when it never is, or nobody is there
        to be asked."""
        def ask_living():
            if self.process.poll() is not None:
                raise Lost(f'{self.person.name}: ended with {self.process.returncode} before: '
                           f'{what}\n{self.read_stderr()}')
            try:
                return ask()
            except GLib.Error:
                return None  # it went away between two questions

        answer = wait_until(ask_living, seconds)
        if not answer:
            raise Lost(f'{self.person.name}: not in {seconds} s: {what}\n' + self.describe())
        return answer

    def describe(self):
        try:
            tree = self.read()
        except GLib.Error as error:
            return f'(does not answer: {error.message})'
        return '\n'.join(reader.describe(tree)) if tree else '(nothing there)'

    def select(self, name=None, role=None, has=None, inside=None):
        """All nodes of this role whose name is that, or has it in it. Names are given in English,
        whatever the language is."""
        tree = inside or self.read()
        if tree is None:
            return []
        name = self.person.words.say(name)
        roles = {role} if isinstance(role, str) else role
        return [
            node for node in tree.walk()
            if (roles is None or node.role in roles)
            and (name is None or node.name == name)
            and (has is None or has in node.name)
        ]

    def peek(self, name=None, role=None, has=None):
        """The first of them that can be seen; None."""
        return next(
            (node for node in self.select(name, role, has) if node.is_on_screen()), None
        )

    def find(self, name=None, role=None, has=None, seconds=WAIT_SECONDS):
        """Waits for one that can be seen."""
        wanted = f'{role or "anything"} {name or ""}{f"with {has!r}" if has else ""}'
        return self.wait(lambda: self.peek(name, role, has), wanted, seconds)

    def wait_gone(self, name=None, role=None, has=None, seconds=WAIT_SECONDS):
        self.wait(lambda: self.peek(name, role, has) is None,
                  f'{role or "anything"} {name or ""}{has or ""} is gone', seconds)

    def select_rows(self, *parts, within=None):
        """Rows of lists, of that with this name, whose names have all of this in them."""
        return [
            node for node in self.select(role='list item')
            if all(part in node.name for part in parts)
            and (within is None or node.is_in_list(self.person.words.say(within)))
        ]

    def find_row(self, *parts, within=None, seconds=WAIT_SECONDS):
        """The first of them, scrolled out of sight or not."""
        rows = self.wait(lambda: self.select_rows(*parts, within=within), f'a row with {parts}',
                         seconds)
        return rows[0]

    def has_row(self, *parts, within=None):
        return bool(self.select_rows(*parts, within=within))

    def find_unnamed(self):
        """What can be seen and used, but does not say what it is; and windows that do not. What was
        just coming or going when it was read is looked at once more."""
        unnamed = self._read_unnamed()
        if unnamed:
            time.sleep(SETTLE_SECONDS)
            unnamed = self._read_unnamed()
        return unnamed

    def _read_unnamed(self):
        """An item that is itself in a row is no control: AdwComboRow shows in one what is
        chosen."""
        return [
            f'{node} in {node.parent}'
            for node in self.select(role=reader.INTERACTIVE)
            if not node.name.strip() and node.is_on_screen()
            and not (node.role == 'list item' and node.find_above({'list item', 'combo box'}))
        ] + [
            f'{node} is no window'
            for node in self.read().children if node.name and node.role not in reader.WINDOWS
        ]

    # ---- Doing ----

    def press(self, name=None, role=None, has=None, seconds=WAIT_SECONDS):
        roles = role or {'button', 'toggle button', 'menu item', 'check box', 'tab', 'switch',
                         'radio button', 'link', 'menu button'}

        def can_press():
            node = self.peek(name, roles, has)
            return node if node and 'sensitive' in node.states else None

        node = self.wait(can_press, f'“{name or has}” can be pressed', seconds)
        # The button of a menu has another of its name in it, which is the one that does something.
        for one in node.walk():
            if one.name == node.name and 'Action' in one.interfaces:
                try:
                    return one.press()
                except GLib.Error:
                    pass
        self.click(node)  # GTK 4.8 has nothing else for menus and what is in them

    def choose(self, menu, item):
        """Something of a menu, by the arrow keys: what is in a menu has no place in the window."""
        self.focus()  # before it opens: it closes when the focus goes elsewhere
        self.press(menu)
        item = self.person.words.say(item)
        self.wait(lambda: self.select(role='menu item'), f'the menu {menu}')

        def is_reached():
            focused = [node.name for node in self.select(role='menu item')
                       if 'focused' in node.states]
            if focused != [item]:
                self.display.key('Down')
            return focused == [item]

        self.wait(is_reached, f'{item} in the menu {menu}')
        self.display.key('Return')

    def fill_in(self, name, text):
        self.find(name, {'text', 'entry', 'password'}).fill_in(text)

    def read_entry(self, name):
        return self.find(name, {'text', 'entry', 'password'}).read()

    def find_inside(self, select, text):
        """The label with this text in the first of what select() answers, which is asked anew each
        time: a list may put its rows to another use between two questions."""
        return self.wait(lambda: next((node for row in select()[:1] for node in row.walk()
                                       if node.role == 'label' and text in node.name), None),
                         f'a label with {text!r} in a row')

    def wait_still(self, node):
        """Until it can be seen, and does not move any more: a page may be sliding in."""
        seen = []

        def is_still():
            seen.append(node.get_extents())
            return seen[-2:-1] == seen[-1:] and node.is_on_screen()

        self.wait(is_still, f'{node} can be seen, and does not move', 10)

    def click(self, node, button=1):
        """With the mouse, which also gives it the keyboard."""
        self.wait_still(node)
        frame = node.get_frame()
        window = self.find_x_window(frame)
        self.display.focus(window)
        x, y, width, height = node.get_extents()
        border_x, border_y = self.get_border(window, frame)
        self.display.click(window, x + width // 2 + border_x, y + height // 2 + border_y, button)

    def get_border(self, window, frame):
        """How thick is what GTK draws around it: at the sides, above and below."""
        return tuple((outer - inner) // 2 for outer, inner in
                     zip(self.display.geometry(window)[2:], frame.get_extents()[2:]))

    def find_x_window(self, frame=None):
        """The X window of a frame; of the main one."""
        title = frame.name if frame is not None and frame.name else None
        windows = self.display.find_windows(title) or self.display.find_windows()
        if not windows:
            raise Lost(f'{self.person.name}: no window on the screen')
        return windows[0] if frame is None else windows[-1]

    def focus(self):
        self.display.focus(self.find_x_window())

    def resize(self, width, height):
        """What is in it; a border of GTK comes on top."""
        window = self.find_x_window()
        frame = self.select(role='frame')[0]
        border_x, border_y = self.get_border(window, frame)
        outer = width + 2 * border_x, height + 2 * border_y
        self.display.resize(window, *outer)
        return wait_until(lambda: self.display.geometry(window)[2:] == outer, 5)

    def activate(self, action, parameter=None):
        """An action of the application, as the desktop does it: over D-Bus."""
        bus = self.person.session_bus
        name = self.wait(lambda: bus.find_process(self.process.pid, NAME), 'it is on the bus')
        bus.call(name, '/' + name.replace('.', '/'), 'org.gtk.Actions', 'Activate', GLib.Variant(
            '(sava{sv})', (action, [parameter] if parameter else [], {})))

    def shoot(self, name):
        """After the animation that may be under way."""
        time.sleep(0.4)
        path = self.person.stage.shots / f'{name}.png'
        self.display.shoot(path, self.find_x_window())
        return path

    # ---- The end ----

    def read_stderr(self):
        return self.stderr_path.read_text(errors='replace')

    def quit(self):
        """By its action; the exit status, or None when it had to be killed."""
        self.activate('quit')
        try:
            return self.process.wait(QUIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        """However it stands."""
        if self.process.poll() is None:
            self.kill()


def environment(person):
    names = ('PATH', 'LD_LIBRARY_PATH')
    return {name: value for name, value in os.environ.items() if name in names} | (
        surroundings.of_gtk(person.folder, person.display.name, person.session_bus.address)
    ) | {'AT_SPI_BUS_ADDRESS': person.stage.reader_bus.address}
