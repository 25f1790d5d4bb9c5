"""What a screen reader is told: AT-SPI, straight over D-Bus.

libatspi would keep what it has read, and may then tell what was there a moment ago; here every
reading is new. Roles and states are numbers on the wire, the same in every version of AT-SPI; their
names are not ("push button" has become "button").
"""

import functools
import re

from gi.repository import Gio, GLib

ROOT = '/org/a11y/atspi/accessible/root'
REGISTRY = 'org.a11y.atspi.Registry'
INTERFACE = 'org.a11y.atspi.'
# Of GetExtents and the like
OF_WINDOW = 1
# From this version on GTK answers what lies at a point from the places of all widgets, also of
# those on a page that is not shown, so that is not asked any more (seen in 4.18).
BLIND_SINCE = (4, 10)
# What is new since all was told is asked for again, so often.
READINGS_MAX = 8
# So far from where a control ends one hits the control, and not what it has in it.
EDGE_PX = 3

ROLES = {
    2: 'alert', 7: 'check box', 11: 'combo box', 16: 'dialog', 23: 'frame', 27: 'image',
    29: 'label', 31: 'list', 32: 'list item', 33: 'menu', 35: 'menu item', 37: 'tab',
    38: 'tab list', 39: 'panel', 40: 'password', 41: 'popup', 42: 'progress bar', 43: 'button',
    44: 'radio button', 48: 'scroll bar', 51: 'slider', 52: 'spin button', 61: 'text',
    62: 'toggle button', 69: 'window', 75: 'application', 79: 'entry', 83: 'heading', 88: 'link',
    98: 'list box', 99: 'grouping', 101: 'notification', 111: 'log', 129: 'menu button',
    130: 'switch',
}
# What people press, fill in or choose: each must say what it is.
INTERACTIVE = {'check box', 'combo box', 'list item', 'menu item', 'tab', 'password', 'button',
               'radio button', 'slider', 'spin button', 'text', 'toggle button', 'entry', 'link',
               'menu button', 'switch'}
WINDOWS = {'alert', 'dialog', 'frame', 'window'}
STATES = {1: 'active', 4: 'checked', 7: 'editable', 10: 'expanded', 11: 'focusable', 12: 'focused',
          16: 'modal', 20: 'pressed', 23: 'selected', 24: 'sensitive'}
# GTK's own name for a widget that nobody has named
TYPE_NAME = re.compile(r'^(Gtk|Adw|Udpnat)[A-Z]\w+$')


def undouble(name):
    """GTK 4.8 gives the name of a control and then that of its label, which mostly are the same,
    but for the mnemonic in the first: "_Block Block"."""
    plain = name.replace('_', '', 1)
    half = len(plain) // 2
    return plain[:half] if plain[:half] + ' ' + plain[:half] == plain else name


class Node:
    """Something of a window: its role, name and states as they were when they were read."""

    def __init__(self, bus, item):
        reference, _, _, _, self.n_children, interfaces, name, role, description, states = item
        self.bus = bus
        self.reference = reference
        self.parent = None
        self.children = []
        self.interfaces = {interface.removeprefix(INTERFACE) for interface in interfaces}
        self.role = ROLES.get(role, f'role {role}')
        self.name = '' if TYPE_NAME.match(name) else undouble(name)
        self.description = description
        self.states = {
            word for bit, word in STATES.items() if states[bit // 32] & (1 << (bit % 32))
        }

    def __repr__(self):
        more = ''.join(f' ({state})' for state in sorted(self.states - {'focusable', 'sensitive'}))
        return f'[{self.role}] {self.name!r}{more}'

    def _call(self, interface, method, arguments=None):
        return self.bus.call(*self.reference, INTERFACE + interface, method, arguments)

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def is_inside(self, other):
        node = self
        while node is not None and node.reference != other.reference:
            node = node.parent
        return node is not None

    def find_above(self, roles):
        """The nearest of these roles that it is in; None."""
        node = self.parent
        while node is not None and node.role not in roles:
            node = node.parent
        return node

    def is_in_list(self, name):
        node = self.find_above({'list', 'list box', 'log'})
        return node is not None and node.name == name

    def get_frame(self):
        """The window it is in."""
        node = self
        while node.parent is not None and node.parent.role != 'application':
            node = node.parent
        return node

    def get_extents(self):
        """x, y, width, height in the window, without the border that GTK draws around it: there GTK
        4.18 lets the window begin, and all that is in it that much too far outside."""
        frame = self.get_frame()
        frame_x, frame_y, _, _ = frame._get_told_extents()
        x, y, width, height = self._get_told_extents()
        if self is frame:
            return 0, 0, width + 2 * frame_x, height + 2 * frame_y
        return x - frame_x, y - frame_y, width, height

    def _get_told_extents(self):
        return self._call('Component', 'GetExtents', GLib.Variant('(u)', (OF_WINDOW,)))[0]

    def is_on_screen(self):
        """Whether it can be seen: not what has gone since it was read."""
        try:
            return self._is_seen()
        except GLib.Error as error:
            if is_gone(error):
                return False
            raise

    def _is_seen(self):
        x, y, width, height = self._get_told_extents()
        if width <= 0 or height <= 0:
            return False
        # In the middle there may be something that has no name at all, such as an icon; around
        # what GTK gives as the extents there may be padding.
        middle_x, middle_y = x + width // 2, y + height // 2
        points = [(middle_x, middle_y)] + [
            point for edge in (EDGE_PX, -EDGE_PX)
            for point in ((x + edge, middle_y), (x + width - edge, middle_y),
                          (middle_x, y + edge))]
        if get_version(self.bus, self.reference[0]) >= BLIND_SINCE:
            return self._is_inside_all(points)
        return self._is_hit(points)

    def _is_hit(self, points):
        """GTK 4.8 calls everything visible that is not hidden, even on a page of a stack that is
        not shown, but the window knows what lies where."""
        frame = self.get_frame()
        mine = {node.reference for node in self.walk()}
        return any(hit in mine or self._has_above(hit)
                   for hit in (frame.get_at(*point) for point in points))

    def _is_inside_all(self, points):
        """Newer versions do not tell of a page that is not shown, so it is not in the tree; what is
        scrolled out of sight is told, but is outside of what it scrolls in."""
        nodes = [self]
        while nodes[-1].parent is not None and nodes[-1].parent.role != 'application':
            nodes.append(nodes[-1].parent)
        places = self.bus.call_all([
            (*node.reference, INTERFACE + 'Component', 'GetExtents',
             GLib.Variant('(u)', (OF_WINDOW,))) for node in nodes])
        return None not in places and any(
            all(left <= x < left + width and top <= y < top + height
                for ((left, top, width, height),) in places)
            for x, y in points)

    def get_at(self, x, y):
        """The reference of what lies there."""
        return self._call('Component', 'GetAccessibleAtPoint',
                          GLib.Variant('(iiu)', (x, y, OF_WINDOW)))[0]

    def _has_above(self, reference):
        """A label may be hit as the button around it."""
        node = self.parent
        while node is not None and node.role not in ('frame', 'panel', 'role 20'):
            if node.reference == reference:
                return True
            node = node.parent
        return False

    def press(self):
        if not self._call('Action', 'DoAction', GLib.Variant('(i)', (0,)))[0]:
            raise RuntimeError(f'{self} cannot be pressed')

    def fill_in(self, text):
        if not self._call('EditableText', 'SetTextContents', GLib.Variant('(s)', (text,)))[0]:
            raise RuntimeError(f'{self} takes no text')

    def read(self):
        """The text in an entry. GTK 4.8 gives nothing for "to the end", so its length is asked."""
        count = self.bus.call(*self.reference, 'org.freedesktop.DBus.Properties', 'Get',
                              GLib.Variant('(ss)', (INTERFACE + 'Text', 'CharacterCount')))[0]
        return self._call('Text', 'GetText', GLib.Variant('(ii)', (0, count)))[0]


def is_gone(error):
    """Whether a question was put to something that is not there any more."""
    return any(error.matches(Gio.dbus_error_quark(), code) for code in (
        Gio.DBusError.UNKNOWN_METHOD, Gio.DBusError.UNKNOWN_OBJECT,
        Gio.DBusError.SERVICE_UNKNOWN))


def read_application(bus, pid):
    """The tree of this process's windows; None while it has not reported."""
    for reference in bus.call(REGISTRY, ROOT, INTERFACE + 'Accessible', 'GetChildren')[0]:
        try:
            if bus.ask_daemon('GetConnectionUnixProcessID', reference[0]) == pid:
                return read_tree(bus, reference)
        except GLib.Error:
            continue  # gone since
    return None


@functools.cache
def get_version(bus, name):
    """Of the GTK of this program: (4, 18)."""
    version = bus.call(name, ROOT, 'org.freedesktop.DBus.Properties', 'Get',
                       GLib.Variant('(ss)', (INTERFACE + 'Application', 'Version')))[0]
    return tuple(int(part) for part in version.split('.')[:2])


def read_tree(bus, reference):
    """All of it: what there is comes in one answer, that was true at one moment; who is whose child
    is asked of each, since GTK 4.18 goes on telling of what is not shown any more. GTK makes an
    object for a widget when its parent is asked, so there is another round while there are new
    ones."""
    for _ in range(READINGS_MAX):
        nodes = _read_items(bus, reference[0])
        if tuple(reference) not in nodes:
            return None
        children = _ask_for_children(bus, nodes)
        if all(child in nodes for answer in children.values() for child in answer):
            break
    return _build_tree(nodes[tuple(reference)], nodes, children)


def _build_tree(root, nodes, children):
    """A page of a stack also tells of what is on the pages after it (GTK 4.18), so the last who
    tells of something has it."""
    reached = {root.reference: root}
    queue = [root]
    for node in queue:
        for reference in children.get(node.reference, ()):
            child = nodes.get(reference)
            if child is None:
                continue
            child.parent = node
            if reference not in reached:
                reached[reference] = child
                queue.append(child)
    for node in queue:
        node.children = [reached[reference] for reference in children.get(node.reference, ())
                         if reference in reached and reached[reference].parent is node]
    return root


def _read_items(bus, name):
    items = bus.call(name, '/org/a11y/atspi/cache', INTERFACE + 'Cache', 'GetItems')[0]
    return {node.reference: node for node in (Node(bus, item) for item in items)}


def _ask_for_children(bus, nodes):
    """References of the children of each; of those that are not among the nodes, too."""
    children = {}
    wanted = [node.reference for node in nodes.values()
              if node.n_children > 0 or node.role == 'application']
    while wanted:
        answers = bus.call_all([
            (*parent, INTERFACE + 'Accessible', 'GetChildren', None) for parent in wanted])
        children |= {parent: answer[0] for parent, answer in zip(wanted, answers) if answer}
        wanted = [child for answer in answers if answer for child in answer[0]
                  if child not in nodes and child not in children]
    return children


def describe(node, depth=0):
    """The tree as lines, for a person who wants to know why a test failed."""
    mine = bool(node.name or node.role in INTERACTIVE)
    lines = [f'{"  " * depth}{node}'] if mine else []
    for child in node.children:
        lines += describe(child, depth + mine)
    return lines
