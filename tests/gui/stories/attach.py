"""What another program gives: a picture from the clipboard, files that are pasted or dropped."""

import subprocess
import time

from . import steps
from .settings import NO_LEAKS, choose_file

NOTICE = 'A file cannot be sent to yourself: it is here already.'


class Offer:
    """Another program, beside the window of this person."""

    def __init__(self, person, *words):
        self.display = person.display
        environment = person.environment() | {'ASAN_OPTIONS': 'detect_leaks=0'}
        self.process = subprocess.Popen(
            [str(word) for word in (person.stage.build / 'tests/gui/offer', *words)],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def __enter__(self):
        from desk.display import wait_until
        windows = wait_until(lambda: self.display.find_windows('Offer'), 20)
        self.window = windows[0]
        self.display.move(self.window, 1000, 600)
        # X gives the clipboard to a window that has been seen.
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def attach(stage):
    """They wait above the box, where the keyboard can take them away; text is text."""
    picture, letter = stage.folder / 'sunset.png', stage.folder / 'letter.txt'
    subprocess.run(['convert', '-size', '300x200', 'gradient:red-orange', picture], check=True)
    letter.write_text('Dear Alice')
    alice = stage.add_person('alice')
    window = steps.begin(alice)
    steps.show_chats(window)
    window.press('Write a Note to Yourself', 'button')
    paste_picture(stage, window, picture)
    paste_files(stage, window, picture, letter)
    drop_file(stage, window, letter)
    paste_text(stage, window)
    alice.quit()


def paste_picture(stage, window, picture):
    with Offer(window.person, 'picture', picture):
        window.click(window.find('Message', 'text'))
        window.display.key('ctrl+v')
        remove = window.wait(lambda: window.select(has='Remove ', role='button'), 'the picture')[0]
    window.shoot('attach-1-picture')
    window.display.type('with words')
    window.display.key('Return')
    window.wait(lambda: window.read_entry('Message') == '', 'the words are sent')
    stage.check('words-go-without-it', window.find_row('with words', within='Messages'))
    stage.check('it-is-said-that-it-cannot-be-sent', window.find(NOTICE))
    stage.check('and-it-is-still-there', window.peek(remove.name, 'button'))
    stage.check('the-button-has-the-keyboard', tab_to(window, remove.name))
    window.display.key('space')
    window.wait_gone(remove.name, 'button')


def tab_to(window, name):
    for _ in range(20):
        window.display.key('shift+Tab')
        if 'focused' in window.find(name, 'button').states:
            return True
    return False


def paste_files(stage, window, *paths):
    with Offer(window.person, 'files', *paths):
        window.click(window.find('Message', 'text'))
        window.display.key('ctrl+v')
        for path in paths:
            stage.check(f'{path.name}-is-pasted', window.find(f'Remove {path.name}', 'button'))
    stage.check('its-name-is-not-pasted-as-text', window.read_entry('Message') == '')
    window.shoot('attach-2-files')
    for path in paths:
        window.press(f'Remove {path.name}', 'button')
        window.wait_gone(f'Remove {path.name}', 'button')


def drop_file(stage, window, path):
    with Offer(window.person, 'files', path) as offer:
        window.display.drag(offer.window, window.find_x_window(), 600, 300)
        stage.check('what-is-dropped-is-there', window.find(f'Remove {path.name}', 'button'))
    window.shoot('attach-3-dropped')
    window.focus()
    window.display.type('with it')
    stage.check('the-box-has-the-keyboard',
                window.wait(lambda: window.read_entry('Message') == 'with it', 'what is typed'))
    window.fill_in('Message', '')


def paste_text(stage, window):
    with Offer(window.person, 'text', 'only words'):
        window.click(window.find('Message', 'text'))
        window.display.key('ctrl+v')
        stage.check('text-is-pasted-as-text', window.wait(
            lambda: window.read_entry('Message') == 'only words', 'the words'))


def attach_folder(stage):
    """Chosen by the menu of the conversation."""
    folder = stage.folder / 'letters'
    folder.mkdir()
    alice = stage.add_person('alice')
    alice.more_environment = NO_LEAKS
    window = steps.begin(alice)
    steps.show_chats(window)
    window.press('Write a Note to Yourself', 'button')
    window.choose('Conversation Menu', 'Attach a Folder…')
    choose_file(window, 'Attach a Folder', folder)
    stage.check('it-is-there', window.find('Remove letters', 'button'))
    stage.check('and-said-to-be-a-folder', window.find('Folder', 'label'))
    window.shoot('attach-folder')
    window.press('Remove letters', 'button')
    window.wait_gone('Remove letters', 'button')
    alice.quit()


ALL = [attach, attach_folder]
