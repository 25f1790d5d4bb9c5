"""Files from one window to another: sent, accepted, declined, paused, and gone before they were
sent."""

import math
import struct
import subprocess
import wave

from gi.repository import GLib

from desk import desktop
from desk.display import wait_until

from . import lines, steps
from .attach import Offer
from .manners import end, introduce, start_quietly, write_settings

# Long enough that it can be paused on the way
LARGE_BYTES = 400 << 20
SEND_SECONDS = 90
# To be read for minutes; there is nothing in it
FILM_BYTES = 60 << 30
SOUND_SECONDS = 9


def meet_with_folders(stage):
    """Both look at the conversation; what comes to them goes to folders that they have chosen."""
    stage.start_server()
    people = [stage.add_person(name) for name in ('alice', 'bob')]
    for person in people:
        chosen = person.folder / 'Incoming'
        chosen.mkdir()
        write_settings(person, files_folder=f"'{chosen}'")
    hers, his = [steps.begin(person, '--server', stage.server_address) for person in people]
    steps.become_friends(hers, his)
    steps.open_row(his, 'alice')
    return people, (hers, his)


def attach(window, *paths):
    with Offer(window.person, 'files', *paths):
        window.click(window.find('Message', 'text'))
        window.display.key('ctrl+v')
        for path in paths:
            window.find(f'Remove {path.name}', 'button')


def send(window, *paths):
    attach(window, *paths)
    window.press('Send')
    for path in paths:
        window.wait_gone(f'Remove {path.name}', 'button', seconds=SEND_SECONDS)


def find_line(window, *parts, seconds=SEND_SECONDS):
    return window.find_row(*parts, within='Messages', seconds=seconds)


def find_button(window, name, *parts):
    """A button in the line with these parts."""
    return next((node for row in window.select_rows(*parts, within='Messages')
                 for node in row.walk() if node.role == 'button' and node.name == name
                 and node.is_on_screen()), None)


def press_in(window, name, *parts, seconds=SEND_SECONDS):
    button = window.wait(lambda: find_button(window, name, *parts), f'{name} of {parts}', seconds)
    try:
        button.press()
    except GLib.Error:
        window.click(button)


def is_same(one, other):
    return other.is_file() and one.read_bytes() == other.read_bytes()


# ---- Sent and accepted ----

def send_files(stage):
    """A picture and a folder, with words before them: both sides see them done, and they are the
    same there."""
    picture, folder = stage.folder / 'sunset.png', stage.folder / 'letters'
    subprocess.run(['convert', '-size', '600x400', 'plasma:red-orange', picture], check=True)
    (folder / 'old').mkdir(parents=True)
    (folder / 'new.txt').write_text('Dear Bob')
    (folder / 'old/long.txt').write_text('word ' * 50000)
    (alice, bob), (hers, his) = meet_with_folders(stage)
    incoming = bob.folder / 'Incoming'
    attach(hers, picture, folder)
    hers.shoot('send-files-1-attached')
    hers.display.type('Look at these')
    hers.display.key('Return')
    stage.check('the-words-go-first', steps.find_arrived(hers, 'Look at these'))
    for name in picture.name, folder.name:
        hers.wait_gone(f'Remove {name}', 'button', seconds=SEND_SECONDS)
    stage.check('she-sees-that-it-waits', find_line(hers, 'You: File sunset.png',
                                                    'waiting for bob to accept'))
    hers.shoot('send-files-2-offered')
    find_line(his, 'alice: Folder letters, 2 files', 'offered by alice')
    his.shoot('send-files-3-offered')
    names = [row.name for row in his.select_rows('alice: ', within='Messages')]
    stage.check('they-come-in-their-order', [
        next(i for i, name in enumerate(names) if what in name)
        for what in ('Look at these', 'sunset.png', 'letters')
    ] == sorted(range(len(names)))[-3:], names)
    stage.check('it-is-the-newest-in-the-chats', his.has_row('alice', 'Folder: letters',
                                                             within='Chats'))
    for window in hers, his:
        unnamed = window.find_unnamed()
        stage.check(f'every-control-of-{window.person.name}-is-named', not unnamed, unnamed)
    press_in(his, 'Accept', 'sunset.png')
    press_in(his, 'Accept', 'letters')
    for name in 'sunset.png', 'letters':
        his.wait(lambda: find_button(his, 'Open', name), f'{name} is here', SEND_SECONDS)
        hers.wait(lambda: find_button(hers, 'Open', name), f'{name} is there', SEND_SECONDS)
    stage.check('the-picture-is-the-same', is_same(picture, incoming / 'sunset.png'))
    stage.check('the-folder-is-the-same', all(
        is_same(folder / path, incoming / 'letters' / path) for path in ('new.txt',
                                                                         'old/long.txt')))
    stage.check('both-have-a-button-to-show-it', find_button(his, 'Show in Folder', 'letters') and
                find_button(hers, 'Show in Folder', 'letters'))
    his.shoot('send-files-4-done')
    hers.shoot('send-files-5-done')
    send_pasted(stage, hers, his, picture)
    (incoming / 'sunset.png').unlink()
    press_in(his, 'Open', 'sunset.png')
    stage.check('what-is-gone-is-said', his.find(has='It is not there any more'))
    alice.quit()
    bob.quit()


def send_pasted(stage, hers, his, picture):
    """What is in no file gets one, which is nobody else's to read."""
    with Offer(hers.person, 'picture', picture):
        hers.click(hers.find('Message', 'text'))
        hers.display.key('ctrl+v')
        hers.find('Remove Picture', 'button')
    hers.press('Send')
    hers.wait_gone('Remove Picture', 'button', seconds=SEND_SECONDS)
    stage.check('a-pasted-picture-is-sent', find_line(his, 'alice: File Picture 2'))
    kept = list((hers.person.folder / 'cache/udpnat/sent').iterdir())
    stage.check('its-file-is-only-hers', len(kept) == 1 and
                kept[0].stat().st_mode & 0o777 == 0o600 and
                kept[0].parent.stat().st_mode & 0o777 == 0o700, kept)


# ---- Not wanted ----

def decline_file(stage):
    """He does not want it: she is told, and nothing of it comes."""
    letter = stage.folder / 'letter.txt'
    letter.write_text('Dear Bob')
    (alice, bob), (hers, his) = meet_with_folders(stage)
    send(hers, letter)
    lines.focus_line(his, 'letter.txt')
    his.display.key('Tab', 'Tab', 'Tab')
    stage.check('the-keyboard-reaches-its-buttons', his.wait(
        lambda: 'focused' in find_button(his, 'Decline', 'letter.txt').states, 'it is focused'))
    his.display.key('space')
    stage.check('he-sees-it', find_line(his, 'alice: File letter.txt', 'declined'))
    stage.check('she-sees-it', find_line(hers, 'You: File letter.txt', 'declined by bob'))
    stage.check('there-is-nothing-to-accept', find_button(his, 'Accept', 'letter.txt') is None)
    stage.check('nothing-came', not list((bob.folder / 'Incoming').iterdir()))
    his.shoot('decline-file')
    alice.quit()
    bob.quit()


# ---- On the way ----

def pause_file(stage):
    """Paused by him, which she sees; it stays so over the end of his program, and goes on when he
    says so."""
    large = stage.folder / 'large.bin'
    subprocess.run(['dd', 'if=/dev/urandom', f'of={large}', 'bs=1M', f'count={LARGE_BYTES >> 20}'],
                   check=True, capture_output=True)
    (alice, bob), (hers, his) = meet_with_folders(stage)
    send(hers, large)
    press_in(his, 'Accept', 'large.bin')
    press_in(his, 'Pause', 'large.bin')
    stage.check('he-sees-it', find_button_soon(his, 'Resume', 'large.bin'))
    stage.check('she-sees-it', hers.wait(lambda: hers.select(has='Paused by bob'), 'it is paused',
                                         SEND_SECONDS))
    his.shoot('pause-file-1-paused')
    bob.quit()
    his = steps.begin(bob, '--server', stage.server_address)
    steps.open_row(his, 'alice')
    stage.check('it-is-paused-after-a-restart', find_button_soon(his, 'Resume', 'large.bin'))
    press_in(his, 'Resume', 'large.bin')
    find_button_soon(his, 'Pause', 'large.bin')
    his.shoot('pause-file-2-resumed')
    stage.check('it-comes', find_button_soon(his, 'Open', 'large.bin'))
    stage.check('and-is-the-same', is_same(large, bob.folder / 'Incoming/large.bin'))
    alice.quit()
    bob.quit()


def find_button_soon(window, name, *parts):
    return window.wait(lambda: find_button(window, name, *parts), f'{name} of {parts}',
                       SEND_SECONDS)


# ---- Gone ----

def file_gone(stage):
    """A file that goes between being attached and being sent stays where it was attached, and one
    is told why."""
    letter, other = stage.folder / 'letter.txt', stage.folder / 'other.txt'
    for path in letter, other:
        path.write_text('Dear Bob')
    (alice, bob), (hers, his) = meet_with_folders(stage)
    attach(hers, letter, other)
    letter.unlink()
    hers.press('Send')
    stage.check('it-is-said-why', hers.find(has='There is no '))
    stage.check('it-is-still-there', hers.find('Remove letter.txt', 'button'))
    stage.check('the-other-is-sent', find_line(his, 'alice: File other.txt'))
    hers.shoot('file-gone')
    stage.check('nothing-of-it-is-there', not his.has_row('letter.txt', within='Messages'))
    letter.write_text('Dear Bob')
    hers.press('Send')
    stage.check('it-can-be-tried-again', find_line(his, 'alice: File letter.txt'))
    hers.wait_gone('Remove letter.txt', 'button')
    alice.quit()
    bob.quit()


# ---- Not sent yet ----

def unsent_file(stage):
    """A file that is still being read can be taken away, and nobody quits before it is sent without
    knowing."""
    film, letter = stage.folder / 'film.mkv', stage.folder / 'letter.txt'
    with film.open('wb') as empty:
        empty.truncate(FILM_BYTES)
    letter.write_text('Dear Bob')
    (alice, bob), (hers, his) = meet_with_folders(stage)
    attach(hers, film, letter)
    hers.press('Send')
    hers.wait(lambda: hers.select(has='Reading', role='label'), 'it is being read')
    hers.activate('quit')
    stage.check('it-is-asked', hers.find(has='2 files are still being read'))
    hers.shoot('unsent-file-1-asked')
    hers.press('Keep Running')
    hers.wait_gone('Keep Running', 'button')
    hers.press('Remove film.mkv', 'button')
    hers.wait_gone('Remove film.mkv', 'button')
    stage.check('the-next-one-is-sent', find_line(his, 'alice: File letter.txt'))
    hers.wait_gone('Remove letter.txt', 'button')
    stage.check('what-was-taken-away-is-not',
                not hers.has_row('film.mkv', within='Messages'))

    attach(hers, film)
    hers.press('Send')
    hers.wait(lambda: hers.select(has='Reading', role='label'), 'it is being read again')
    hers.activate('quit')
    hers.find(has='1 file is still being read')
    hers.press('Quit', 'button')
    status = wait_until(lambda: hers.process.poll() is not None, 20) and hers.process.returncode
    alice.window = None
    stage.check('it-ends-when-she-says-so', status == 0, [status])
    bob.quit()


# ---- Heard ----

def hear_sound(stage):
    """A sound is heard where it stands."""
    note = stage.folder / 'note.wav'
    with wave.open(str(note), 'wb') as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b''.join(struct.pack('<h', int(8000 * math.sin(i / 3)))
                                   for i in range(8000 * SOUND_SECONDS)))
    (alice, bob), (hers, his) = meet_with_folders(stage)
    send(hers, note)
    find_line(his, 'alice: File note.wav', 'offered by alice')
    play = [node for row in his.select_rows('note.wav', within='Messages') for node in row.walk()
            if node.role == 'button' and node.name == 'Play']
    stage.check('not-before-it-is-here', len(play) == 1 and 'sensitive' not in play[0].states,
                [node.states for node in play])
    his.shoot('hear-sound-1-offered')
    press_in(his, 'Accept', 'note.wav')
    his.wait(lambda: find_button(his, 'Open', 'note.wav'), 'it is here', SEND_SECONDS)
    press_in(his, 'Play', 'note.wav')
    stage.check('it-plays', find_button_soon(his, 'Pause', 'note.wav'))
    stage.check('it-goes-on', his.wait(lambda: his.select(has='0:02 / 0:09', role='label'),
                                       'it is at 2 s', 20))
    his.shoot('hear-sound-2-plays')
    press_in(his, 'Pause', 'note.wav')
    stage.check('it-is-paused', find_button_soon(his, 'Play', 'note.wav'))
    unnamed = his.find_unnamed()
    stage.check('every-control-is-named', not unnamed, unnamed)
    press_in(hers, 'Play', 'note.wav')
    stage.check('whoever-sent-it-hears-it-too', find_button_soon(hers, 'Pause', 'note.wav'))
    (bob.folder / 'Incoming/note.wav').write_bytes(b'nothing that sounds')
    bob.quit()
    his = steps.begin(bob, '--server', stage.server_address)
    steps.open_row(his, 'alice')
    press_in(his, 'Play', 'note.wav')
    stage.check('what-is-no-sound-is-said', his.wait(
        lambda: his.select(has='It cannot be played here', role='label'), 'why not', 20))
    his.shoot('hear-sound-3-broken')
    alice.quit()
    bob.quit()


# ---- Told when nobody looks ----

def file_told(stage):
    """What is taken without asking is told when it is offered, and when it is here."""
    letter = stage.folder / 'letter.txt'
    letter.write_text('Dear Alice')
    alice, bob = introduce(stage, 'alice', 'bob')
    alice.run_cli('set', 'accept-files', 'accept')
    incoming = alice.folder / 'Incoming'
    incoming.mkdir()
    (alice.folder / 'config/user-dirs.dirs').write_text('XDG_DOWNLOAD_DIR="$HOME/Incoming"')
    desk = desktop.Desktop(alice.session_bus.address)
    process = start_quietly(alice, '--background')
    try:
        status, out = bob.run_cli('send', 'alice', '--file', letter)
        stage.check('he-can-send-it', status == 0, [status, out])
        told = wait_until(lambda: len(find_bodies(desk)) == 2, 20) and find_bodies(desk)
        stage.check('it-is-told-twice', told == ['Offers letter.txt, 10 bytes',
                                                 'letter.txt is here'], [told, desk.calls])
        stage.check('it-is-here', is_same(letter, incoming / 'letter.txt'))
        end(stage, alice, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        desk.close()


def find_bodies(desk):
    """What is told in either way, in its order."""
    return [words[1]['body'] if len(words) == 2 else words[4]
            for words in desk.find('AddNotification', 'Notify')]


ALL = (send_files, decline_file, pause_file, file_gone, unsent_file, hear_sound, file_told)
