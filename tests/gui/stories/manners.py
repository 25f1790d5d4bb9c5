"""How the program behaves on a desktop: one of it, notifications, the background, links."""

import datetime
import re
import subprocess
import time

from gi.repository import GLib

from desk import desktop, reader
from desk.display import wait_until

SETTINGS = 'glib-2.0/settings/keyfile'
# In which something that must not happen would have happened
QUIET_SECONDS = 3
# Of a portal that is started first: the message is there before it has said what it can do
PORTAL_SECONDS = 4
END_SECONDS = 40
VERSION = re.compile(r'^\d+\.\d+\.\d+$')
# Of a window that is not as it comes
SIZE = (760, 560)


def write_settings(person, **settings):
    """As another program would set them: the program sees it at once."""
    path = person.folder / 'config' / SETTINGS
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'{name.replace("_", "-")}={value}\n' for name, value in settings.items()]
    path.write_text('[io/github/udpnat/Udpnat]\n' + ''.join(lines))


def introduce(stage, *names):
    """People who know each other's names, and let strangers write."""
    stage.start_server()
    people = [stage.add_person(name) for name in names]
    for person in people:
        status, out = person.run_cli('--name', person.name, '--strangers', 'accept', 'list')
        stage.check(f'{person.name}-is-known', status == 0, [out])
    return people


def start_quietly(person, *words):
    """Without a window, so that there is nothing to be read."""
    person.n_lives += 1
    stderr = open(person.folder / f'stderr-{person.n_lives}.txt', 'wb')
    return subprocess.Popen(
        [str(word) for word in (
            *person.computer.words(), person.stage.build / 'src/gui/udpnat',
            '--profile', person.profile, '--server', person.stage.server_address, *words)],
        env=person.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=stderr)


def end(stage, person, process):
    """By the action; the exit status is noted."""
    bus = person.session_bus
    activate(person, process, 'quit')
    try:
        status = process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    stage.check(f'{person.name}-ends-with-0', status == 0, [status])
    return bus


def activate(person, process, action, parameter=None):
    bus = person.session_bus
    name = wait_until(lambda: bus.find_process(process.pid, 'io.github.udpnat.Udpnat'), 60)
    bus.call(name, '/' + name.replace('.', '/'), 'org.gtk.Actions', 'Activate', GLib.Variant(
        '(sava{sv})', (action, [parameter] if parameter else [], {})))


def has_window(person):
    return bool(person.display.find_windows())


def say(stage, person, whom, text):
    status, out = person.run_cli('send', whom, text)
    return stage.check(f'{person.name}-says-{text.split()[0]}', status == 0, [status, out])


# ---- Notifications ----


def notifications(stage):
    """Told when nobody looks, answered where it is told, taken back when it was read."""
    alice, bob = introduce(stage, 'alice', 'bob')
    desk = desktop.Desktop(alice.session_bus.address, slow_seconds=PORTAL_SECONDS)
    process = start_quietly(alice, '--background')
    try:
        tell_and_answer(stage, alice, bob, desk)
        open_by_click(stage, alice, bob, desk)
        stage.check('all-is-as-the-portal-wants-it', not desk.faults, desk.faults)
        end(stage, alice, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        desk.close()


def tell_and_answer(stage, alice, bob, desk):
    say(stage, bob, 'alice', 'Hello there')
    told = desk.wait_for('AddNotification')
    if not stage.check('a-message-is-told', told is not None, desk.calls):
        return
    identifier, note = told
    words = note['title'], note['body']
    stage.check('says-who-and-what', words == ('bob', 'Hello there'), [note])
    stage.check('is-a-message-received', note.get('category') == 'im.received', [note])
    buttons = {button['label']: button for button in note['buttons']}
    reply = buttons.get('Reply', {})
    stage.check('can-be-answered', reply.get('purpose') == desktop.REPLY, [note])
    stage.check('an-answer-is-no-exported-action', not reply.get('action', '').startswith('app.'),
                [note])
    stage.check('can-be-marked-as-read', 'Mark as Read' in buttons, [note])
    stage.check('no-window-came-up', not has_window(alice))

    desk.invoke(identifier, reply['action'], GLib.Variant('s', 'Hi 你好, typed up there'))
    taken_back = desk.wait_for('RemoveNotification')
    stage.check('is-taken-back-when-answered', taken_back == (identifier,), [taken_back])
    status, out = bob.run_cli('--timeout', 20, 'wait')
    stage.check('the-answer-arrives', 'Hi 你好, typed up there' in out, [status, out])
    stage.check('still-no-window', not has_window(alice))


def open_by_click(stage, alice, bob, desk):
    desk.forget()
    say(stage, bob, 'alice', 'Second one')
    told = desk.wait_for('AddNotification')
    if not stage.check('a-second-message-is-told', told is not None, desk.calls):
        return
    identifier, note = told
    # A profile of its own is not found under the program's usual name: so it is a signal, too
    stage.check('a-click-opens-the-chat', note['default-action'] == 'open-person' and
                note['default-action-target'] == identifier, [note])
    desk.invoke(identifier, 'open-person', GLib.Variant('s', identifier))
    stage.check('the-window-comes', wait_until(lambda: has_window(alice), 20))
    alice.display.focus(alice.display.find_windows()[0])
    time.sleep(1)
    desk.forget()
    say(stage, bob, 'alice', 'Third one')
    time.sleep(QUIET_SECONDS)
    stage.check('nothing-is-told-of-what-is-looked-at', not desk.find('AddNotification', 'Notify'),
                desk.calls)


def discretion(stage):
    """What is told with settings that say less, and where the desktop can do less."""
    alice, bob = introduce(stage, 'alice', 'bob')
    now = datetime.datetime.now()
    minute = now.hour * 60 + now.minute
    lives = {
        'hidden': (2, {'notification_content': 'false'}, ('bob', '1 new message')),
        'older-portal': (1, {}, ('bob', 'Some text of the life older-portal')),
        'off': (2, {'notifications': 'false'}, None),
        'quiet': (2, {'quiet_hours': 'true', 'quiet_from': (minute - 60) % 1440,
                      'quiet_to': (minute + 60) % 1440}, None),
    }
    for name, (version, settings, expected) in lives.items():
        write_settings(alice, **settings, background_explained='true')
        desk = desktop.Desktop(alice.session_bus.address, version)
        process = start_quietly(alice, '--background')
        try:
            check_life(stage, bob, desk, name, expected)
            end(stage, alice, process)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            desk.close()
        alice.run_cli('read', 'bob')


def check_life(stage, bob, desk, name, expected):
    say(stage, bob, 'alice', f'Some text of the life {name}')
    if expected is None:
        time.sleep(QUIET_SECONDS)
        found = desk.find('AddNotification', 'Notify')
        stage.check(f'{name}/nothing-is-told', not found, found)
    elif name == 'older-portal':
        told = desk.wait_for('Notify')
        stage.check(f'{name}/is-told-the-usual-way', told is not None and told[3:5] == expected,
                    [told])
    else:
        told = desk.wait_for('AddNotification')
        stage.check(f'{name}/says-no-more-than-it-may',
                    told is not None and (told[1]['title'], told[1]['body']) == expected, [told])


# ---- One of it, and the background ----


def background(stage):
    """Closing the window is not the end, and this is said once; starting again brings it back."""
    [alice] = introduce(stage, 'alice')
    desk = desktop.Desktop(alice.session_bus.address)
    try:
        window = alice.start('--server', stage.server_address)
        window.focus()
        alice.display.key('ctrl+w')
        stage.check('the-window-goes', wait_until(lambda: not has_window(alice), 15))
        stage.check('it-is-explained', desk.wait_for('Notify') is not None, desk.calls)
        # The window may have been closed before the server answered: that is told first then.
        stage.check('the-desktop-knows-what-goes-on', wait_until(
            lambda: desk.find('SetStatus')[-1:] == [({'message': 'Online as alice'},)], 20),
            desk.calls)
        stage.check('it-goes-on', window.process.poll() is None)
        again = start_quietly(alice)
        stage.check('a-second-start-ends-with-0', again.wait(END_SECONDS) == 0)
        stage.check('and-brings-the-window-back', wait_until(lambda: has_window(alice), 15))

        autostart = alice.folder / 'config/autostart'
        write_settings(alice, autostart='true', background_explained='true')
        stage.check('starts-with-the-session', wait_until(lambda: list_files(autostart), 10))
        check_autostart(stage, alice, autostart)
        write_settings(alice, autostart='false', run_in_background='false')
        stage.check('or-not', wait_until(lambda: not list_files(autostart), 10))

        window.focus()
        alice.display.key('ctrl+w')
        stage.check('closing-is-the-end-if-wanted',
                    wait_until(lambda: window.process.poll() is not None, 20))
        stage.check('with-0', window.process.poll() == 0, [window.read_stderr()[-3000:]])
        alice.window = None
    finally:
        desk.close()


def list_files(folder):
    return list(folder.glob('*.desktop')) if folder.is_dir() else []


def check_autostart(stage, alice, folder):
    files = list_files(folder)
    text = files[0].read_text() if files else ''
    stage.check('in-the-background-with-its-profile',
                '"--background"' in text and str(alice.profile) in text, [text])


def one_instance(stage):
    """A second start hands over what it was asked for; another profile runs beside it."""
    alice, bob = introduce(stage, 'alice', 'bob')
    link = find_link(bob)
    window = alice.start('--server', stage.server_address)
    status = start_quietly(alice, link).wait(END_SECONDS)
    stage.check('handing-over-ends-with-0', status == 0, [status])
    window.find('Add bob?')
    window.shoot('link')
    stage.check('the-key-is-shown', window.find(has=link.partition('key=')[2]))
    dialog = window.select('Add bob?', 'dialog')[0]
    unnamed = [node for node in window.select(role=reader.INTERACTIVE, inside=dialog)
               if not node.name.strip()]
    stage.check('every-control-is-named', not unnamed, unnamed)
    window.press(has='Add')
    window.wait_gone('Add bob?')
    start_quietly(alice, link).wait(END_SECONDS)
    time.sleep(1)
    stage.check('who-is-a-contact-is-not-added-again', not window.peek('Add bob?'))
    start_quietly(alice, 'udpnat:nobody@').wait(END_SECONDS)
    window.find('This Link Cannot Be Used')
    window.press(has='Close', role='button')
    window.wait_gone('This Link Cannot Be Used')

    alice.profile, first = alice.folder / 'second', alice.profile
    beside = start_quietly(alice, '--name', 'carol', '--background')
    bus = alice.session_bus
    stage.check('another-profile-runs-beside-it',
                wait_until(lambda: bus.find_process(beside.pid, 'io.github.udpnat.Udpnat'), 30))
    stage.check('under-a-name-of-its-own', count_names(bus) == 2)
    end(stage, alice, beside)
    alice.profile = first
    alice.quit()
    status, out = alice.run_cli('contacts')
    stage.check('whom-the-link-was-about-is-a-contact', 'bob' in out, [status, out])


def find_link(person):
    _, out = person.run_cli('link')
    return next(word for word in out.split() if word.startswith('udpnat:'))


def count_names(bus):
    return len([name for name in bus.ask_daemon('ListNames')
                if name.startswith('io.github.udpnat.Udpnat')])


def profile_in_use(stage):
    """The same profile in a terminal: said calmly, and tried again."""
    [alice] = introduce(stage, 'alice')
    terminal = subprocess.Popen(
        [str(word) for word in alice.cli_words('wait')], env=alice.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        window = alice.start('--server', stage.server_address)
        window.find('Your Profile Is in Use')
        window.shoot('profile-in-use')
    finally:
        terminal.terminate()
        terminal.wait()
    window.press('Try Again')
    window.wait_gone('Your Profile Is in Use')
    alice.quit()


# ---- By keyboard ----


def shortcuts(stage):
    """From one conversation to another, and to every window, without a mouse."""
    alice, bob, carol = introduce(stage, 'alice', 'bob', 'carol')
    window = alice.start('--server', stage.server_address)
    window.focus()
    say(stage, bob, 'alice', 'From bob')
    say(stage, carol, 'alice', 'From carol')
    window.find_row('carol')

    press(alice, 'ctrl+k')
    switcher = 'Go to Conversation'
    window.wait(lambda: alice.display.find_windows(switcher), 'the switcher')
    alice.display.focus(alice.display.find_windows(switcher)[-1])
    alice.display.type('BO')
    window.shoot('switcher')
    press(alice, 'Return')
    stage.check('the-switcher-goes', wait_until(
        lambda: not alice.display.find_windows(switcher), 10))
    stage.check('a-few-letters-go-to-bob', sees(window, 'From bob'))
    window.focus()
    press(alice, 'ctrl+1')
    stage.check('the-first-is-the-newest', sees(window, 'From carol'))
    press(alice, 'ctrl+Next')
    stage.check('the-next-is-bob', sees(window, 'From bob'))
    press(alice, 'alt+Up')
    stage.check('the-one-before-is-carol', sees(window, 'From carol'))

    for keys, title, name in (('ctrl+n', 'New Conversation', 'new-conversation'),
                              ('ctrl+comma', 'Preferences', 'preferences'),
                              ('ctrl+i', 'Connection to carol', 'details'),
                              ('ctrl+question', 'Keyboard Shortcuts', 'shortcuts')):
        window.focus()
        press(alice, keys)
        stage.check(f'{name}-comes', wait_until(
            lambda: alice.display.find_windows(title), 10), alice.display.find_windows())
        window.shoot(name)
        alice.display.focus(alice.display.find_windows(title)[-1])
        press(alice, 'ctrl+w' if name == 'details' else 'Escape')
        stage.check(f'{name}-goes', wait_until(
            lambda: not alice.display.find_windows(title), 10))
    window.focus()
    press(alice, 'ctrl+comma')
    [preferences] = wait_until(lambda: alice.display.find_windows('Preferences'), 10)
    alice.display.focus(preferences)
    press(alice, 'ctrl+q')
    is_over = wait_until(lambda: window.process.poll() is not None, 20)
    stage.check('ends-by-key-in-any-window', is_over)
    alice.window = None


def press(person, keys):
    person.display.key(keys)
    time.sleep(0.3)


def sees(window, text):
    """Whether a line of the conversation that is open has this text: people at the side have it as
    well, but not as a message."""
    return wait_until(lambda: any(node.name.startswith(('bob:', 'carol:')) and text in node.name
                                  for node in window.select(role='list item')), 10)


def activation(stage):
    """Started by the message bus, for a click on a notification of an earlier life."""
    alice, bob = introduce(stage, 'alice', 'bob')
    key = find_link(bob).partition('key=')[2]
    say(stage, bob, 'alice', 'While you were away')
    alice.run_cli('read', 'bob')
    process = start_quietly(alice, '--gapplication-service')
    try:
        activate(alice, process, 'open-person', GLib.Variant('s', key))
        stage.check('the-window-comes', wait_until(lambda: has_window(alice), 30))
        end(stage, alice, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def leaving(stage):
    """Ends soon, though somebody does not answer; coming back meanwhile is no end."""
    alice, bob = introduce(stage, 'alice', 'bob')
    say(stage, alice, 'bob', 'Known to each other')
    stage.stop_server()
    alice.run_cli('--timeout', 2, 'send', 'bob', 'Nobody can get this now')
    process = start_quietly(alice, '--background')
    try:
        activate(alice, process, 'about')
        wait_until(lambda: has_window(alice), 30)
        activate(alice, process, 'quit')
        stage.check('the-window-goes-at-once', wait_until(lambda: not has_window(alice), 2))
        again = start_quietly(alice)
        stage.check('started-again-meanwhile', again.wait(END_SECONDS) == 0)
        time.sleep(QUIET_SECONDS + 2)
        stage.check('it-stays', process.poll() is None and has_window(alice))
        began = time.monotonic()
        end(stage, alice, process)
        stage.check('waits-no-longer-than-it-says', time.monotonic() - began < 15)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    status, out = alice.run_cli('waiting')
    stage.check('and-nothing-is-lost', 'Nobody can get this now' in out, [status, out])


# ---- What is told, and kept ----


def strangers_told(stage):
    """Somebody unknown: that they want to write is told, but not what."""
    alice, bob = introduce(stage, 'alice', 'bob')
    alice.run_cli('set', 'strangers', 'ask')
    write_settings(alice, background_explained='true')
    desk = desktop.Desktop(alice.session_bus.address)
    process = start_quietly(alice, '--background')
    try:
        wait_until(lambda: alice.session_bus.find_process(process.pid, 'io.github'), 30)
        bob.run_cli('--timeout', 10, 'send', 'alice', 'Buy my things')
        told = desk.wait_for('Notify')
        words = ' '.join(told[3:5]) if told else ''
        stage.check('a-request-is-told', 'bob wants to write to you' in words, desk.calls)
        stage.check('but-not-what-it-says', 'things' not in str(desk.calls), desk.calls)
        stage.check('there-is-nothing-to-answer', not desk.find('AddNotification'), desk.calls)
        end(stage, alice, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        desk.close()


def kept(stage):
    """Size of the window and the open conversation, from one life to the next."""
    alice, bob = introduce(stage, 'alice', 'bob')
    say(stage, bob, 'alice', 'Look here')
    window = alice.start('--server', stage.server_address)
    row = window.find_row('bob', within='People')  # first while there are no chats
    window.click(row)
    stage.check('bob-is-open', sees(window, 'Look here'))
    window.focus()
    stage.check('it-takes-another-size', window.resize(*SIZE))
    time.sleep(1)
    alice.quit()
    window = alice.start('--server', stage.server_address)
    stage.check('bob-is-open-again', sees(window, 'Look here'))
    size = window.select(role='frame')[0].get_extents()[2:]
    stage.check('as-large-as-before', size == SIZE, [size])
    alice.quit()


def command_line(stage):
    """The options of the original, and what the program tells of itself to whoever helps."""
    stage.start_server()
    alice = stage.add_person('alice')
    port = 8917
    window = alice.start('--sip', stage.server_ip, '--sport', stage.server_port,
                         '--cip', alice.computer.ip, '--cport', port, '--name', 'alice')
    stage.check('it-is-online', window.find('Online as alice', seconds=40))
    window.activate('about')
    wait_until(lambda: alice.display.find_windows('About.*'), 10)
    stage.check('about-tells-its-version', window.wait(
        lambda: [node for node in window.select() if VERSION.search(node.name)], 'a version'))
    window.click(window.find('Troubleshooting', 'list item'))
    window.click(window.find('Debugging Information', 'list item'))
    told = window.wait(lambda: next((text for text in read_texts(window) if 'GTK' in text), None),
                       'what helps to find a fault')
    for what in 'GTK', 'libadwaita', 'registered':
        stage.check(f'troubleshooting-tells-{what}', what in told, [told])
    stage.check('but-no-address', stage.server_ip not in told and alice.computer.ip not in told,
                [told])
    shown = alice.display.find_windows()[-1]
    alice.display.shoot(stage.shots / 'command-line-about.png', shown)
    alice.quit()
    stage.check('the-port-was-the-one-asked-for', f':{port}' in told, [told])


def read_texts(window):
    """In whatever takes several lines."""
    texts = []
    for node in window.select(role={'text', 'entry'}):
        try:
            texts.append(node.read())
        except GLib.Error:
            continue  # gone since, or no text
    return texts


ALL = (
    activation, background, command_line, discretion, kept, leaving, notifications, one_instance,
    profile_in_use, shortcuts, strangers_told,
)
