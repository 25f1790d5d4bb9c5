"""What a desktop offers on the session bus, as far as the program uses it: notifications, of both
kinds, and the portal for programs in the background. It does nothing, and remembers what it was
asked."""

import threading
import time

from gi.repository import Gio, GLib

from . import display

NODES = Gio.DBusNodeInfo.new_for_xml("""<node>
  <interface name="org.freedesktop.Notifications">
    <method name="Notify">
      <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
      <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
      <arg type="u" direction="out"/>
    </method>
    <method name="CloseNotification"><arg type="u" direction="in"/></method>
    <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  </interface>
  <interface name="org.freedesktop.portal.Notification">
    <method name="AddNotification">
      <arg type="s" direction="in"/><arg type="a{sv}" direction="in"/>
    </method>
    <method name="RemoveNotification"><arg type="s" direction="in"/></method>
    <signal name="ActionInvoked"><arg type="s"/><arg type="s"/><arg type="av"/></signal>
    <property name="version" type="u" access="read"/>
    <property name="SupportedOptions" type="a{sv}" access="read"/>
  </interface>
  <interface name="org.freedesktop.portal.Background">
    <method name="SetStatus"><arg type="a{sv}" direction="in"/></method>
    <property name="version" type="u" access="read"/>
  </interface>
</node>""")
OBJECTS = {
    'org.freedesktop.Notifications': ('org.freedesktop.Notifications',
                                      '/org/freedesktop/Notifications'),
    'org.freedesktop.portal.Notification': ('org.freedesktop.portal.Desktop',
                                            '/org/freedesktop/portal/desktop'),
    'org.freedesktop.portal.Background': ('org.freedesktop.portal.Desktop',
                                          '/org/freedesktop/portal/desktop'),
}
PORTAL = 'org.freedesktop.portal.Notification'
# What may be in a notification, in a button and among hints, by version 2 of the interface
NOTIFICATION = {
    'title': 's', 'body': 's', 'markup-body': 's', 'icon': '(sv)', 'sound': '(sv)', 'priority': 's',
    'default-action': 's', 'default-action-target': None, 'buttons': 'aa{sv}', 'category': 's',
    'display-hint': 'as',
}
BUTTON = {'label': 's', 'action': 's', 'target': None, 'purpose': 's'}
HINTS = {'transient', 'tray', 'persistent', 'hide-on-lockscreen', 'hide-content-on-lockscreen',
         'show-as-new'}
REPLY = 'im.reply-with-text'
# Of a bus that answers at all
START_SECONDS = 10


def find_unknown(notification):
    """What a portal would leave out, or refuse. A variant is what it is only before it is taken
    apart, so it is looked at as it came."""
    faults = find_unknown_in(notification, NOTIFICATION)
    buttons = notification.lookup_value('buttons', None)
    for button in (buttons.get_child_value(i) for i in range(buttons.n_children())
                   ) if buttons else ():
        faults += find_unknown_in(button, BUTTON)
        faults += [f'a button without {name}' for name in ('label', 'action')
                   if button.lookup_value(name, None) is None]
    hints = notification.lookup_value('display-hint', None)
    return faults + [f'hint {hint}' for hint in set(hints.unpack() if hints else ()) - HINTS]


def find_unknown_in(dictionary, known):
    faults = []
    for name in dictionary.keys():
        kind = dictionary.lookup_value(name, None).get_type_string()
        if name not in known or known[name] not in (None, kind):
            faults.append(f'{name} of type {kind}')
    return faults


class Desktop:
    """On the bus of one person. With version 1 its portal knows of no answers. A slow one takes
    that many seconds to say what it is: it has to be started first."""

    def __init__(self, address, version=2, slow_seconds=0):
        self.version = version
        self._slow_seconds = slow_seconds
        self.calls = []
        self.faults = []
        self._n_given = 0
        self._lock = threading.Lock()
        self._is_ready = threading.Event()
        self._context = GLib.MainContext.new()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._thread = threading.Thread(target=self._run, args=(address,), daemon=True)
        self._thread.start()
        if not self._is_ready.wait(START_SECONDS):
            raise RuntimeError('the desktop does not start')

    def _run(self, address):
        self._context.push_thread_default()
        flags = Gio.DBusConnectionFlags
        self._connection = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self._connection.set_exit_on_close(False)
        for interface, (name, path) in OBJECTS.items():
            self._connection.register_object(
                path, NODES.lookup_interface(interface), self._called, self._get, None)
        for name in sorted({name for name, _ in OBJECTS.values()}):
            self._connection.call_sync(
                'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus',
                'RequestName', GLib.Variant('(su)', (name, 0)), None, 0, -1, None)
        self._is_ready.set()
        self._loop.run()
        self._connection.close_sync(None)
        self._context.pop_thread_default()

    def _called(self, connection, sender, path, interface, method, arguments, invocation):
        with self._lock:
            if method == 'AddNotification':
                self.faults += find_unknown(arguments.get_child_value(1))
            self.calls.append((sender, interface, method, arguments.unpack()))
            self._n_given += 1
        answer = GLib.Variant('(u)', (self._n_given,)) if method == 'Notify' else None
        invocation.return_value(answer)

    def _get(self, connection, sender, path, interface, name):
        if name == 'version':
            if interface == PORTAL:
                time.sleep(self._slow_seconds)
            return GLib.Variant('u', self.version)
        options = {'button-purpose': GLib.Variant('as', [REPLY]),
                   'category': GLib.Variant('as', ['im.received'])}
        return GLib.Variant('a{sv}', options if self.version > 1 else {})

    def find(self, *methods):
        """The arguments of all calls of these methods, oldest first."""
        with self._lock:
            return [arguments for _, _, method, arguments in self.calls if method in methods]

    def wait_for(self, method, count=1, seconds=20):
        """The arguments of the call, the count-th of this method; None when it does not come."""
        display.wait_until(lambda: len(self.find(method)) >= count, seconds)
        found = self.find(method)
        return found[count - 1] if len(found) >= count else None

    def invoke(self, identifier, action, *parameters):
        """What the portal says when a button of a notification is pressed."""
        data = GLib.Variant('a{sv}', {'activation-token': GLib.Variant('s', 'token')})
        values = [*parameters[:-1], data, *parameters[-1:]]
        with self._lock:
            sender = next(sender for sender, _, method, _ in reversed(self.calls)
                          if method == 'AddNotification')
        self._connection.emit_signal(
            sender, OBJECTS[PORTAL][1], PORTAL, 'ActionInvoked',
            GLib.Variant('(ssav)', (identifier, action, values)))

    def forget(self):
        with self._lock:
            self.calls.clear()

    def close(self):
        self._context.invoke_full(GLib.PRIORITY_DEFAULT, self._loop.quit)
        self._thread.join()
