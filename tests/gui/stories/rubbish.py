"""Preferences in the hands of somebody who types anything, by the keyboard alone, on a bad disk."""

import contextlib
import subprocess
import time

from desk.reader import INTERACTIVE

from . import copies, steps
from .settings import ENTRIES, check_names, fill_in, open_preferences, read, take

LONG = 'long ' * 200
# One page goes while the next one comes; what is on the one that goes can still be stepped on.
PAGE_SECONDS = 0.6


def apply(window, name, text):
    """A row takes what is changed while it has the keyboard."""
    window.click(take(window, name, ENTRIES))
    take(window, name, ENTRIES).fill_in(text)
    window.display.key('Return')


def rubbish(stage):
    """Whatever is typed is taken, or it is said at the field why not; nothing else changes."""
    stage.start_server()
    alice = stage.add_person('alice')
    window = steps.begin(alice, '--server', stage.server_address)
    window.find(has='Online as alice')
    open_preferences(window, 'Profile')
    for number, name in enumerate(('', '   ', LONG, 'a\tb', 'a\u202eb', '\u200b')):
        apply(window, 'Your Name', name)
        stage.check(f'no-name-{number}', window.find(has='A name is 1 to 64 characters'), [name])
        apply(window, 'Your Name', 'alice')
        window.wait_gone(has='A name is 1 to 64 characters')
    window.shoot('rubbish-1-name')
    apply(window, 'Status', LONG)
    stage.check('no-status', window.find(has='A status line has at most'))
    apply(window, 'Status', 'בגינה 🌻')
    window.wait_gone(has='A status line has at most')
    for name in ('שרה', '小明', '🦊 Fox'):
        apply(window, 'Your Name', name)
        stage.check(f'name-{name}', window.find(has=f'Online as {name}', seconds=40))
    open_preferences(window, 'Server')
    for number, address in enumerate(('[::1', 'a:99999', 'my server', 'https://example.org/',
                                      ':8848', 'a' * 300, '[::1]x', '\u202e', '1.2.3.4.5:x')):
        apply(window, 'Address of the Server', address)
        stage.check(f'no-address-{number}', window.find(has='This is not an address'), [address])
    window.shoot('rubbish-2-address')
    check_names(stage, window, 'rubbish')
    stage.check('the-server-is-still-in-use', window.find(has='Online as 🦊 Fox'))
    apply(window, 'Address of the Server', '  ' + stage.server_address + '  ')
    window.wait(lambda: read(window, 'Address of the Server') == stage.server_address,
                'spaces around it do no harm')
    window.find(has='Online as')
    alice.quit()


@contextlib.contextmanager
def mounted(folder, *options):
    subprocess.run(['mount', *options, folder], check=True)
    try:
        yield
    finally:
        subprocess.run(['umount', '--lazy', folder], check=True)


def bad_disk(stage):
    """A profile that cannot be written: at the start it is said what to do; a disk that is full
    later on is said, too, and what was set meanwhile is not lost when there is room again."""
    if not stage.has_network:
        stage.skip('all', 'no namespaces, so no disks of our own')
        return
    stage.start_server()
    alice = stage.add_person('alice')
    alice.run_cli('--name', 'alice', 'contacts')
    profile = alice.profile
    with mounted(profile, '--bind', profile):
        subprocess.run(['mount', '-o', 'remount,ro,bind', profile], check=True)
        window = alice.start()
        stage.check('read-only-is-said', window.find('Your Profile Cannot Be Opened'))
        stage.check('and-what-to-do', window.find(
            has='Read-only file system. Choose another with --profile DIR, or mend its rights.'))
        window.shoot('bad-disk-1-read-only')
    window.press('Try Again')
    window.find('Welcome to Udpnat')
    alice.quit()
    subprocess.run(['rm', '-r', profile], check=True)
    profile.mkdir(mode=0o700)
    with mounted(profile, '-t', 'tmpfs', '-o', 'size=8m', 'disk'):
        fill_disk(stage, alice)


def fill_disk(stage, alice):
    window = steps.begin(alice, '--server', stage.server_address)
    window.find(has='Online as alice')
    ballast = alice.profile / 'ballast'
    subprocess.run(['dd', 'if=/dev/zero', f'of={ballast}', 'bs=4096'], capture_output=True)
    open_preferences(window, 'Profile')
    for number in range(40):  # until what the database has left over is used up
        apply(window, 'Status', f'{number} ' + 's' * 500)
        if window.peek(has='the disk takes nothing'):
            break
    stage.check('full-is-said', window.find(has='Not remembered: the disk takes nothing'))
    window.shoot('bad-disk-2-full')
    stage.check('and-what-to-do-about-it', window.wait(
        lambda: window.select(has='Make room on it, then do it again'), 'the banner'))
    open_preferences(window, 'Data')
    window.press('Set a Passphrase', 'button')
    fill_in(window, 'New Passphrase', 'correct horse')
    fill_in(window, 'The Same Again', 'correct horse')
    window.press('Set', 'button')
    window.wait(lambda: window.select('The Passphrase Was Not Changed', 'dialog'), 'it is said')
    window.shoot('bad-disk-3-passphrase')
    copies.close_trouble(window, 'The Passphrase Was Not Changed')
    stage.check('and-the-program-goes-on', window.find(has='Online as alice', seconds=40))
    ballast.unlink()
    open_preferences(window, 'Profile')
    apply(window, 'Status', 'with room')
    alice.quit()
    _, said = alice.run_cli('status')
    stage.check('with-room-it-is-kept', 'with room' in said, [said])


def go_round(window):
    """Tab, until the keyboard is at the button that searches; what had it on the way. Of a field
    that has it GTK 4.8 does not say so: it is ''."""
    names = []
    while len(names) < 60:
        window.display.key('Tab')
        focused = [node for node in window.select(role=INTERACTIVE) if 'focused' in node.states]
        name = focused[0].name if focused else ''
        if name == 'Search Preferences':
            break
        names.append(name)
    return names


def walk_page(window):
    """All that a round with Tab comes through. Where the keyboard is at first, GTK 4.18 decides
    otherwise than 4.8."""
    go_round(window)
    return go_round(window)


def by_keyboard(stage):
    """Preferences are opened, walked through and changed without a mouse."""
    stage.start_server()
    alice = stage.add_person('alice')
    window = steps.begin(alice, '--server', stage.server_address)
    window.find(has='Online as alice')
    window.focus()
    window.display.key('ctrl+comma')
    [opened] = window.wait(lambda: window.display.find_windows('Preferences'), 'Preferences')
    wanted = {
        'Profile': ('Choose a Picture…', 'Copy Your Link'),
        'Server': ('Forget the Key of the Server', 'Host a Server Here'),
        'Privacy': ('Read Receipts',),
        'General': (),
        'Data': ('Set a Passphrase', 'Write a Backup', 'Export All Conversations',
                 'Choose the Folder for Files'),
    }
    for width in 'wide', 'narrow':
        if width == 'narrow':
            window.display.resize(opened, 360, 640)
        for page, controls in wanted.items():
            open_preferences(window, page)
            window.display.focus(opened)
            time.sleep(PAGE_SECONDS)
            names = walk_page(window)
            missing = [name for name in controls if name not in names]
            stage.check(f'{width}-{page}-is-reached-by-tab', not missing, [missing, names])
        window.shoot(f'by-keyboard-{width}')
    alice.quit()


ALL = [rubbish, bad_disk, by_keyboard]
