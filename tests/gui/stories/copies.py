"""What is kept, and copies of it: the passphrase in the keyring, backups, exports."""

import contextlib
import subprocess
import time

from . import steps
from .servers import close_window
from .settings import (
    NO_LEAKS, PASSPHRASE, check_names, choose_file, fill_in, is_on, name_file,
    open_preferences, take, turn
)

REMEMBER = 'Remember in the Keyring'


# ---- The keyring ----

def set_passphrase(window, passphrase):
    open_preferences(window, 'Data')
    window.press('Set a Passphrase', 'button')
    fill_in(window, 'New Passphrase', passphrase)
    fill_in(window, 'The Same Again', passphrase)
    window.press('Set', 'button')
    window.find(has='The new passphrase is set')


def unlock(window, passphrase, remember):
    window.find('Unlock', 'button')
    if is_on(window, REMEMBER) != remember:
        turn(window, REMEMBER)
        window.wait(lambda: is_on(window, REMEMBER) == remember, 'the box')
    fill_in(window, 'Passphrase', passphrase)
    window.press('Unlock')


def keyring(stage):
    """With a real keyring: what it remembers is not asked for, what it does not is, and one that
    is wrong by now does no harm."""
    stage.start_server()
    alice = stage.add_person('alice')
    alice.start_keyring()
    window = steps.begin(alice, '--server', stage.server_address)
    set_passphrase(window, PASSPHRASE)
    window.find(has='Online as alice')
    alice.quit()

    window = alice.start()
    unlock(window, PASSPHRASE, remember=False)
    window.find(has='Online as alice')
    alice.quit()
    window = alice.start()
    stage.check('without-the-box-it-is-asked-for', window.find('Unlock', 'button'))
    window.shoot('keyring-1-asked')
    check_names(stage, window, 'the-question')
    unlock(window, 'not it', remember=True)
    stage.check('a-wrong-one-is-said', window.find(has='This is not the passphrase'))
    window.shoot('keyring-2-wrong')
    unlock(window, PASSPHRASE, remember=True)
    window.find(has='Online as alice')
    alice.quit()

    window = alice.start()
    stage.check('with-the-box-there-is-no-question', window.find(has='Online as alice'))
    window.shoot('keyring-3-not-asked')
    stage.check('and-nothing-to-unlock', window.peek('Unlock', 'button') is None)
    open_preferences(window, 'Data')
    window.press('Change the Passphrase', 'button')
    fill_in(window, 'Passphrase until Now', PASSPHRASE)
    fill_in(window, 'New Passphrase', 'another one')
    fill_in(window, 'The Same Again', 'another one')
    window.press('Change', 'button')
    window.find(has='The new passphrase is set')
    alice.quit()
    window = alice.start()
    stage.check('the-old-one-is-forgotten', window.find('Unlock', 'button'))
    stage.check('without-a-word-of-blame', window.peek(has='This is not the passphrase') is None)
    unlock(window, 'another one', remember=True)
    window.find(has='Online as alice')
    alice.quit()
    window = alice.start()
    stage.check('the-new-one-is-remembered', window.find(has='Online as alice'))
    remember_at_once(stage, alice, window)
    alice.quit()


def remember_at_once(stage, alice, window):
    """Where a passphrase is set or changed the keyring is offered, too; a removed one is gone."""
    open_preferences(window, 'Data')
    window.press('Change the Passphrase', 'button')
    fill_in(window, 'Passphrase until Now', 'another one')
    fill_in(window, 'New Passphrase', 'the third one')
    fill_in(window, 'The Same Again', 'the third one')
    turn(window, REMEMBER)
    window.shoot('keyring-4-changed')
    window.press('Change', 'button')
    window.find(has='The new passphrase is set')
    alice.quit()
    window = alice.start()
    stage.check('a-changed-one-is-remembered-at-once', window.find(has='Online as alice'))
    open_preferences(window, 'Data')
    window.press('Remove the Passphrase', 'button')
    stage.check('there-is-nothing-to-remember-then', not window.peek(REMEMBER))
    fill_in(window, 'Passphrase until Now', 'the third one')
    window.press('Remove', 'button')
    window.find(has='The passphrase is removed')
    window.find(has='Online as alice')
    open_preferences(window, 'Data')
    window.press('Set a Passphrase', 'button')
    fill_in(window, 'New Passphrase', PASSPHRASE)
    fill_in(window, 'The Same Again', PASSPHRASE)
    turn(window, REMEMBER)
    window.press('Set', 'button')
    window.find(has='The new passphrase is set')
    alice.quit()
    window = alice.start()
    stage.check('and-so-is-one-that-is-set', window.find(has='Online as alice'))


# ---- Backups ----

def save_as(window, title, path, replace=False):
    """In the chooser of GTK, for a file that is to be written."""
    chooser = window.wait(lambda: window.display.find_windows(title), title)[0]
    window.display.focus(chooser)
    time.sleep(0.5)  # it fills in the name that is proposed
    name_file(window, title, path)
    if replace:
        window.press('Replace', 'button')
    window.wait(lambda: not window.display.find_windows(title), f'{title} is closed')


def write_backup(window, path, passphrase, replace=False):
    open_preferences(window, 'Data')
    window.press('Write a Backup', 'button')
    if passphrase:
        fill_in(window, 'New Passphrase', passphrase)
        fill_in(window, 'The Same Again', passphrase)
    window.press('Back Up', 'button')
    save_as(window, 'Write a Backup', path, replace)


def choose_backup(window, path):
    window.press('Choose a Backup File')
    choose_file(window, 'Choose a Backup', path)


def talk_first(stage):
    """Two who have talked; he is away now."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    alice.more_environment = NO_LEAKS
    steps.become_friends(hers, his)
    steps.open_row(his, 'alice')
    steps.say(his, 'Bob was here')
    hers.find_row('bob', 'Bob was here')
    bob.quit()
    alice.quit()
    return alice, steps.begin(alice)


def backup(stage):
    """Written with a passphrase by the window, restored by another window at its first page."""
    alice, window = talk_first(stage)
    path = alice.folder / 'alice.backup'
    write_backup(window, path, PASSPHRASE)
    window.find(has='Backup written')
    window.shoot('backup-1-written')
    stage.check('it-is-there', path.stat().st_size > 0)
    stage.check('only-for-oneself', path.stat().st_mode & 0o077 == 0, [oct(path.stat().st_mode)])
    before = path.read_bytes()
    write_backup(window, path, PASSPHRASE, replace=True)
    stage.check('it-is-replaced-when-that-is-said',
                window.wait(lambda: path.read_bytes() != before, 'another backup'))
    alice.quit()

    again = stage.add_person('again')
    again.more_environment = NO_LEAKS
    window = again.start()
    window.press('Restore a Backup…')
    choose_backup(window, path)
    fill_in(window, 'Passphrase of the Backup', PASSPHRASE)
    window.press('Restore', 'button')
    stage.check('the-name-and-the-server-are-back', window.find(has='Online as alice'))
    steps.open_row(window, 'bob')
    stage.check('and-the-people-and-what-they-said', window.find_row('bob', 'Bob was here'))
    stage.check('and-what-was-said-to-them', window.find_row('You', 'Hello bob'))
    window.shoot('backup-2-restored')
    again.quit()


@contextlib.contextmanager
def small_disk(path, *options):
    """Root may write everywhere, but not on a disk that is full, or cannot be written."""
    path.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', ','.join(('size=64k',) + options), 'small', path],
                   check=True)
    try:
        yield path
    finally:
        subprocess.run(['umount', path], check=True)


def close_trouble(window, heading):
    """It has been read."""
    [dialog] = window.wait(lambda: window.select(heading, 'dialog'), heading)
    next(iter(window.select('Close', 'button', inside=dialog))).press()
    window.wait(lambda: not window.select(heading, 'dialog'), f'{heading} is closed')


def backup_fails(stage):
    """What goes wrong with a backup is said, with what to do about it; what was there stays."""
    if not stage.has_network:
        stage.skip('all', 'no namespaces, so no disks of our own')
        return
    alice, window = talk_first(stage)
    with small_disk(alice.folder / 'locked', 'ro') as locked:
        write_backup(window, locked / 'alice.backup', None)
        stage.check('a-folder-that-cannot-be-written', window.find(
            has='Read-only file system. Choose another place.'))
        window.shoot('backup-fails-1-read-only')
        close_trouble(window, 'No Backup Was Written')
    with small_disk(alice.folder / 'full') as full:
        old = full / 'kept.backup'
        old.write_bytes(b'x' * 4096)
        write_backup(window, old, None, replace=True)
        stage.check('a-full-disk', window.find(
            has='No space left on device. Choose another place.'))
        window.shoot('backup-fails-2-full')
        close_trouble(window, 'No Backup Was Written')
        stage.check('what-was-there-is-there', old.read_bytes() == b'x' * 4096)
        stage.check('and-no-half-of-it', [path.name for path in full.iterdir()] == [old.name],
                    list(full.iterdir()))
    path = alice.folder / 'alice.backup'
    write_backup(window, path, PASSPHRASE)
    window.find(has='Backup written')
    alice.quit()

    half, other = alice.folder / 'half.backup', alice.folder / 'other.backup'
    half.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    other.write_text('Dear diary')
    again = stage.add_person('again')
    again.more_environment = NO_LEAKS
    window = again.start()
    window.press('Restore a Backup…')
    choose_backup(window, other)
    stage.check('a-file-that-is-none', window.find(has='is no backup of udpnat'))
    window.shoot('backup-fails-3-other')
    choose_backup(window, half)
    fill_in(window, 'Passphrase of the Backup', PASSPHRASE)
    window.press('Restore', 'button')
    stage.check('half-a-backup', window.find(has='damaged'))
    window.shoot('backup-fails-4-half')
    choose_backup(window, path)
    fill_in(window, 'Passphrase of the Backup', 'not it')
    window.press('Restore', 'button')
    stage.check('a-wrong-passphrase', window.find(has='This is not the passphrase of the backup'))
    fill_in(window, 'Passphrase of the Backup', PASSPHRASE)
    window.press('Restore', 'button')
    stage.check('and-then-the-right-one', window.find(has='Online as alice'))
    again.quit()


# ---- Exports ----

def export(stage):
    """All conversations as files; where that cannot be, it is said."""
    alice, window = talk_first(stage)
    folder = alice.folder / 'export'
    folder.mkdir()
    open_preferences(window, 'Data')
    window.press('Export All Conversations', 'button')
    choose_file(window, 'Export to a Folder', folder)
    window.find(has='1 conversation written')
    window.shoot('export-1-written')
    [file] = folder.iterdir()
    text = file.read_text()
    stage.check('it-has-the-messages', all(
        words in text for words in ('Hello bob', 'Bob was here', 'bob')), [file.name, text])
    if stage.has_network:
        with small_disk(alice.folder / 'locked', 'ro') as locked:
            open_preferences(window, 'Data')
            window.press('Export All Conversations', 'button')
            choose_file(window, 'Export to a Folder', locked)
            stage.check('what-cannot-be-written-is-said', window.find(
                has='Read-only file system. Choose another place.'))
            window.shoot('export-2-read-only')
            close_trouble(window, 'Not Everything Was Written')
            alice.quit()
    else:
        alice.quit()


# ---- Files ----

CHOOSE_FOLDER = 'Choose the Folder for Files'
USE_DOWNLOADS = 'Use the Folder for Downloads'


def files(stage):
    """The folder for what is saved from conversations: chosen, kept, used, and left to the desktop
    again."""
    alice, window = talk_first(stage)
    alice.quit()
    downloads, things = alice.folder / 'Incoming', alice.folder / 'things'
    for folder in downloads, things:
        folder.mkdir()
    (alice.folder / 'config/user-dirs.dirs').write_text(
        f'XDG_DOWNLOAD_DIR="$HOME/{downloads.name}"')
    window = steps.begin(alice)
    stage.check('at-first-it-is-that-for-downloads', find_folder(window, f'~/{downloads.name}'))
    take(window, CHOOSE_FOLDER, {'button'}).press()
    choose_file(window, CHOOSE_FOLDER, things)
    stage.check('then-the-one-that-was-chosen', find_folder(window, f'~/{things.name}'))
    check_names(stage, window, 'the-folder-for-files')
    window.shoot('files-1-chosen')
    close_window(window)
    steps.open_row(window, 'bob')
    save_conversation(window)
    saved = window.wait(lambda: list(things.glob('*.txt')), 'the conversation is whole')
    stage.check('what-is-saved-is-there', saved[0].name.startswith('bob') and
                window.wait(lambda: 'Bob was here' in saved[0].read_text(), 'it is whole'), saved)
    stage.check('that-is-said', window.find('Conversation saved'))
    window.shoot('files-2-saved')
    alice.quit()

    window = steps.begin(alice)
    stage.check('it-is-kept', find_folder(window, f'~/{things.name}'))
    take(window, USE_DOWNLOADS, {'button'}).press()
    stage.check('and-left-to-the-desktop-again', find_folder(window, f'~/{downloads.name}'))
    window.wait_gone(USE_DOWNLOADS, 'button')
    alice.quit()


def find_folder(window, words):
    open_preferences(window, 'Data')
    return window.wait(lambda: window.select(words, 'label'), f'the folder is {words}')


def save_conversation(window):
    """Wherever the chooser begins."""
    title = 'Save the Conversation'
    window.choose('Conversation Menu', 'Save as Text…')
    chooser = window.wait(lambda: window.display.find_windows(title), title)[0]
    window.display.focus(chooser)
    time.sleep(0.5)  # it fills in the name that is proposed
    window.display.key('Return')
    window.wait(lambda: not window.display.find_windows(title), f'{title} is closed')


ALL = [keyring, backup, backup_fails, export, files]
