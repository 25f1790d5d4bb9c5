"""Where people set things up: a server of their own, a passphrase, preferences, backups."""

import subprocess
import time

from . import steps

NAME = 'Your Name'
SERVER = 'Address of the Server'
PASSPHRASE = 'correct horse'
ENTRIES = {'text', 'entry', 'password'}
SWITCHES = {'check box', 'switch'}
# The file chooser of GTK 4.8 leaks the names and buffers of the files that it lists.
NO_LEAKS = {'ASAN_OPTIONS': 'detect_leaks=0'}


def take(window, name, roles):
    """A row of libadwaita is all one control, its title too: what lies in its middle does not
    matter."""
    return window.wait(lambda: window.select(name, roles), name)[0]


def fill_in(window, name, text):
    take(window, name, ENTRIES).fill_in(text)


def read(window, name):
    return take(window, name, ENTRIES).read()


def turn(window, name):
    take(window, name, SWITCHES).press()


def is_on(window, name):
    return 'checked' in take(window, name, SWITCHES).states


def log_in(window, name, server=None):
    fill_in(window, NAME, name)
    if server:
        turn(window, 'Use a Server')
        fill_in(window, SERVER, server)
    window.press('Start')
    window.wait_gone('Start', 'button')


def check_names(stage, window, what):
    unnamed = window.find_unnamed()
    stage.check(f'every-control-of-{what}-is-named', not unnamed, unnamed)


def name_file(window, title, path):
    """In the field of the chooser. What is typed there it completes, sometimes amid the typing."""
    def find_field():
        return next((field for chooser in window.select(title)
                     if chooser.parent.role == 'application'
                     for field in window.select(role={'text', 'entry'}, inside=chooser)), None)

    window.wait(find_field, 'a field for the path').fill_in(str(path))
    time.sleep(0.5)  # it looks up what is there
    window.display.key('Return')


def choose_file(window, title, path):
    """In the chooser of GTK, where a slash begins a path."""
    chooser = window.wait(lambda: window.display.find_windows(title), title)[0]
    window.display.focus(chooser)
    time.sleep(0.5)  # it reads the folder that it shows first
    window.display.key('slash')
    name_file(window, title, path)
    window.wait(lambda: not window.display.find_windows(title), f'{title} is closed')


def open_preferences(window, page):
    window.activate('preferences')
    window.press(page, {'tab', 'radio button', 'toggle button', 'button'})


def first_run_is_checked(stage):
    """What is typed at the first run is checked, and said at the field."""
    window = stage.add_person('alice').start()
    window.find('Start', 'button')
    check_names(stage, window, 'the-first-run')
    window.press('Start')
    window.find(has='Type the name')
    window.shoot('welcome-no-name')
    fill_in(window, NAME, 'alice')
    window.wait_gone(has='Type the name')
    turn(window, 'Use a Server')
    window.press('Start')
    window.find(has='Type the server')
    fill_in(window, SERVER, 'not an address')
    window.press('Start')
    window.find(has='This is not an address')
    window.shoot('welcome-no-address')
    check_names(stage, window, 'the-server')
    stage.people[0].quit()


def is_alone(stage):
    """Whoever hosts asks the router for a port: never the real one."""
    if not stage.has_network:
        stage.skip('all', 'no network of its own')
    return stage.has_network


def hosting(stage):
    """From the first run to a server of one's own, that is used, and stopped again."""
    if not is_alone(stage):
        return
    alice = stage.add_person('alice')
    window = alice.start()
    window.press('Host a Server Here…')
    window.find('Start the Server', 'button')
    window.shoot('host-stopped')
    window.press('Start the Server')
    window.find('Stop the Server', 'button')
    window.find(has='Not reachable from outside')
    window.shoot('host-running')
    check_names(stage, window, 'hosting')
    window.press('Use This Server')
    window.wait(lambda: read(window, SERVER) == '127.0.0.1:8848',
                'the page of the first run has the server')
    window.press('Stop the Server')
    window.find('Start the Server', 'button')
    window.find(has='Not running')
    alice.quit()


def unlocking(stage):
    """A profile with a passphrase: the wrong one is said, the right one opens the chats."""
    alice = stage.add_person('alice')
    secret = alice.folder / 'secret'
    secret.write_text(PASSPHRASE + '\n')
    alice.run_cli('--name', 'alice', 'passphrase', 'set', '--new-passphrase-file', secret)
    window = alice.start()
    window.find('Unlock', 'button')
    window.wait(window.display.find_windows, 'it is on the screen')
    window.shoot('unlock')
    check_names(stage, window, 'the-locked-profile')
    fill_in(window, 'Passphrase', 'not it')
    window.press('Unlock')
    window.find(has='This is not the passphrase')
    window.shoot('unlock-wrong')
    fill_in(window, 'Passphrase', PASSPHRASE)
    window.press('Unlock')
    window.wait_gone('Unlock', 'button')
    window.shoot('unlocked')
    alice.quit()


def preferences(stage):
    """Every page can be read; what is set is kept."""
    stage.start_server()
    alice = stage.add_person('alice')
    window = alice.start()
    log_in(window, 'alice')
    for page in ('Profile', 'Server', 'Privacy', 'General', 'Data'):
        open_preferences(window, page)
        window.shoot(f'preferences-{page.lower()}')
        check_names(stage, window, f'preferences-{page.lower()}')
    open_preferences(window, 'Privacy')
    turn(window, 'Read Receipts')
    window.wait(lambda: not is_on(window, 'Read Receipts'), 'it is off')
    stage.check('search-is-on-at-first', is_on(window, 'Search for Open Doors'), [])
    turn(window, 'Search for Open Doors')
    window.wait(lambda: not is_on(window, 'Search for Open Doors'), 'it is off')
    alice.quit()
    _, told = alice.run_cli('set')
    for name in ('read-receipts', 'port-search'):
        line = told.partition(name)[2].partition('\n')[0]
        stage.check(f'{name}-is-kept', 'off' in line, [told])


def passphrase(stage):
    """A passphrase is set, changed and removed while the program runs, and a slip costs nothing."""
    stage.start_server()
    alice = stage.add_person('alice')
    window = alice.start()
    log_in(window, 'alice', stage.server_address)
    window.find(has='Online')
    for button, done, old, new, word in (
        ('Set a Passphrase', 'Set', None, 'one', 'The new passphrase is set'),
        ('Change the Passphrase', 'Change', 'zero', 'two', 'That was not your passphrase'),
        ('Change the Passphrase', 'Change', 'one', 'two', 'The new passphrase is set'),
        ('Remove the Passphrase', 'Remove', 'two', None, 'The passphrase is removed'),
    ):
        open_preferences(window, 'Data')
        window.press(button, 'button')
        if old:
            fill_in(window, 'Passphrase until Now', old)
        if new:
            fill_in(window, 'New Passphrase', new)
            fill_in(window, 'The Same Again', new)
        window.shoot(f'passphrase-{done.lower()}')
        check_names(stage, window, f'the-passphrase-{done.lower()}')
        window.press(done, 'button')
        window.find(has=word)
        for dialog in window.select('The Passphrase Was Not Changed', 'dialog'):
            window.select('Close', 'button', inside=dialog)[0].press()
        window.find(has='Online')
    alice.quit()


def own_server(stage):
    """A server is hosted, used by its owner, and given to a friend as an address."""
    if not is_alone(stage):
        return
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    window = alice.start()
    window.press('Host a Server Here…')
    window.press('Start the Server')
    window.find('Stop the Server', 'button')
    window.press('Use This Server')
    log_in(window, 'alice')
    window.find(has='Online')
    other = bob.start()
    log_in(other, 'bob', f'{alice.computer.ip}:8848')
    other.find(has='Online')
    window.shoot('own-server')
    window.activate('host')
    window.find('Your Link')
    window.shoot('own-server-link')
    window.press('Stop the Server')
    window.find('Start the Server', 'button')
    bob.quit()
    alice.quit()


def restore(stage):
    """A backup, made with a passphrase, brings somebody back on a new computer."""
    stage.start_server()
    alice = stage.add_person('alice')
    secret = alice.folder / 'secret'
    secret.write_text(PASSPHRASE + '\n')
    backup = alice.folder / 'alice.backup'
    alice.run_cli('--name', 'alice', 'send', 'alice', 'to myself')
    status, said = alice.run_cli('backup', backup, '--new-passphrase-file', secret)
    stage.check('backup-is-there', status == 0 and backup.exists(), [said])
    again = stage.add_person('again')
    again.more_environment = NO_LEAKS
    window = again.start()
    window.press('Restore a Backup…')
    window.press('Choose a Backup File')
    choose_file(window, 'Choose a Backup', backup)
    fill_in(window, 'Passphrase of the Backup', 'not it')
    window.shoot('restore')
    check_names(stage, window, 'restoring')
    window.press('Restore', 'button')
    window.find(has='This is not the passphrase of the backup')
    fill_in(window, 'Passphrase of the Backup', PASSPHRASE)
    window.press('Restore', 'button')
    window.find(has='People')
    window.shoot('restored')
    open_preferences(window, 'Data')
    window.press('Restore a Backup', {'button'})
    window.press('Choose a Backup File')
    choose_file(window, 'Choose a Backup', backup)
    window.find(has='What is here now is not deleted')
    window.shoot('restore-from-preferences')
    fill_in(window, 'Passphrase of the Backup', PASSPHRASE)
    window.press('Restore', 'button')
    stage.check('what-was-here-is-kept', window.wait(
        lambda: list(again.profile.parent.glob(f'{again.profile.name}.before-*')), 'it is aside'))
    window.find(has='People')
    again.quit()
    clicked = stage.add_person('clicked')
    clicked.more_environment = NO_LEAKS
    window = clicked.start(backup)
    stage.check('a-backup-that-is-opened-is-asked-about',
                window.find('Passphrase of the Backup', 'text'))
    fill_in(window, 'Passphrase of the Backup', PASSPHRASE)
    window.press('Restore', 'button')
    window.find(has='People')
    clicked.quit()
    other = alice.folder / 'letter.txt'
    other.write_text('Dear Alice')
    wrong = stage.add_person('wrong')
    wrong.more_environment = NO_LEAKS
    window = wrong.start(other)
    stage.check('what-is-no-backup-is-said', window.find(has='is no backup of udpnat'))
    wrong.quit()


def damaged_history(stage):
    """A history that cannot be read is set aside, and that is said."""
    stage.start_server()
    alice = stage.add_person('alice')
    alice.run_cli('--name', 'alice', 'note', 'to myself')
    database = alice.profile / 'udpnat.db'
    size = database.stat().st_size
    for path in alice.profile.glob('udpnat.db-*'):
        path.unlink()
    database.write_bytes(b'not SQLite any more ' * (size // 20))
    window = alice.start()
    window.wait(lambda: window.select('Your History Was Damaged', 'dialog'), 'it is said')
    window.shoot('damaged-history')
    [kept] = [path for path in alice.profile.glob('udpnat.db.damaged-*') if 'damaged' in path.name
              and not path.name.endswith(('-wal', '-shm'))]
    stage.check('and-where-it-is-kept', window.select(has=kept.name))
    alice.quit()


def oneself(stage):
    """Picture and status are set, and who was blocked is heard again."""
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    alice.more_environment = NO_LEAKS
    picture = alice.folder / 'me.png'
    subprocess.run(['convert', '-size', '900x600', 'gradient:teal-orange', picture], check=True)
    bob.run_cli('--name', 'bob', 'list')
    alice.run_cli('--name', 'alice', 'list')
    _, link = bob.run_cli('link')
    alice.run_cli('add', link.splitlines()[0])
    alice.run_cli('block', 'bob')
    window = alice.start('--server', stage.server_address)
    window.find(has='Online')
    open_preferences(window, 'Profile')
    window.press('Choose a Picture…')
    choose_file(window, 'Choose a Picture', picture)
    window.find('Remove Your Picture', 'button')
    window.click(take(window, 'Status', ENTRIES))
    window.display.type('in the garden')
    window.display.key('Return')
    window.shoot('preferences-picture')
    open_preferences(window, 'Privacy')
    window.find('Read Receipts')  # the page is there: what is below what can be seen works, too
    take(window, 'Unblock bob', {'button'}).press()
    window.wait(lambda: window.select(has='Nobody is blocked'), 'bob is not blocked')
    alice.quit()
    status, said = alice.run_cli('status')
    stage.check('status-is-kept', 'in the garden' in said, [status, said])
    _, contacts = alice.run_cli('--json', 'contacts')
    stage.check('unblocked', '"blocked"' not in contacts, [contacts])


def away(stage):
    """Whoever says in the menu that they are away is seen so, until they say otherwise."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    steps.open_row(his, 'alice')
    hers.choose('Main Menu', 'Away')
    stage.check('it-is-seen', his.find(has='Away'))
    stage.check('and-known-to-oneself', hers.find(has='Away as alice'))
    hers.shoot('away-1-hers')
    his.shoot('away-2-his')
    hers.choose('Main Menu', 'Away')
    his.wait_gone(has='Away')
    stage.check('and-that-it-is-over', his.find(has='Online'))
    alice.quit()
    bob.quit()


def general(stage):
    """What the page General has: at once in the looks of the window, and kept by the desktop."""
    alice = stage.add_person('alice')
    window = alice.start()
    log_in(window, 'alice')
    stage.check('it-is-light-at-first', measure_light(window, 'general-1-light') > 0.5)
    open_preferences(window, 'General')
    window.click(window.find('Light or Dark', 'label'))
    window.display.key('Down', 'Down', 'Return')
    stage.check('dark-is-kept', window.wait(
        lambda: "color-scheme='dark'" in read_settings(alice), 'it is kept'))
    stage.check('and-seen-at-once', measure_light(window, 'general-2-dark') < 0.5)
    for name, line in (('Show What Was Written', 'notification-content=false'),
                       ('Tell of New Messages', 'notifications=false'),
                       ('Enter Sends', 'enter-sends=false'),
                       ('Go On in the Background', 'run-in-background=false'),
                       ('Start with the Session', 'autostart=true')):
        turn(window, name)
        stage.check(f'{line.partition("=")[0]}-is-kept', window.wait(
            lambda: line in read_settings(alice), line))
    window.shoot('general-3-changed')
    alice.quit()


def read_settings(person):
    path = person.folder / 'config/glib-2.0/settings/keyfile'
    return path.read_text() if path.exists() else ''


def measure_light(window, name):
    """Of the window, from 0 to 1."""
    done = subprocess.run(['convert', window.shoot(name), '-colorspace', 'Gray', '-format',
                           '%[fx:mean]', 'info:'], capture_output=True, text=True, check=True)
    return float(done.stdout)


ALL = [
    general, first_run_is_checked, hosting, unlocking, preferences, passphrase, own_server, restore,
    oneself, damaged_history, away,
]
