#!/usr/bin/python3
"""The gallery: every screen of the window, light and dark, in plain and in high contrast, wide and
narrow, in three languages or others, for a person to look through. A critical of GTK is fatal in
all of them.

    gallery.py --build DIR [--folder DIR] [--only PART…]    writes PNGs and index-*.png

PART is a look, a width or a language: --only dark zh_CN. The people in it are profiles that
seed-profile writes; some of them are there, in real programs, at a real server.
"""

import argparse
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from desk import surroundings  # noqa: E402
from tap import Tap  # noqa: E402

JOBS = 2
# No name may end as another one with a hyphen before it does: pictures are found by their ends.
LOOKS = {
    'light': {},
    'dark': {'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark'},
    'contrast': {'ADW_DEBUG_HIGH_CONTRAST': '1'},
    'darkcontrast': {'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark', 'ADW_DEBUG_HIGH_CONTRAST': '1'},
}
WIDTHS = {'wide': (960, 680), 'narrow': (360, 680)}
LANGUAGES = {
    'en': None, 'zh_CN': 'zh_CN.UTF-8', 'ar': 'ar_EG.UTF-8', 'de': 'de_DE.UTF-8',
    'es': 'es_ES.UTF-8', 'fr': 'fr_FR.UTF-8', 'ja': 'ja_JP.UTF-8', 'pt_BR': 'pt_BR.UTF-8',
    'ru': 'ru_RU.UTF-8', 'zh_TW': 'zh_TW.UTF-8',
}
# When none is asked for: the two that look most unlike English
LANGUAGES_SHOWN = ('en', 'zh_CN', 'ar')
# As GNOME has it
FONT = 'Cantarell 11'
# Nothing mixes colours on this screen, so what is half transparent around a menu would be black.
GTK_CSS = 'popover > contents { box-shadow: none; margin: 0; border-radius: 0; }\n'
# Who is there while alice's window is looked at
PRESENT = ('bob', 'chen', 'farah')
# Of the server where one of them is who is not at alice's
OTHER_PORT = 8858
SECONDS = 8
WHEEL_DOWN = 5
WHEEL_CLICKS = 8
TABS = {'tab', 'radio button', 'toggle button'}
# The pictures in the documents: from which screen in which way each is.
DOCUMENTS = {
    'first-run': ('01-welcome', ('light', 'wide', 'en')),
    'people': ('11-people', ('light', 'wide', 'en')),
    'conversation': ('20-talk-bob', ('light', 'wide', 'en')),
    'connection': ('41-connection', ('light', 'wide', 'en')),
    'dark': ('21-talk-21', ('dark', 'wide', 'en')),
    'narrow-chinese': ('10-chats', ('light', 'narrow', 'zh_CN')),
}
# Of all the pictures of one way
WAY_SECONDS = 400


class Shooter:
    """One window in one look, width and language, and the way through its screens."""

    def __init__(self, stage, look, width, language, folder):
        self.stage = stage
        self.width = width
        self.name = f'{look}-{width}-{language}'
        self.folder = folder
        self.friends = []
        self.misses = []
        self.n_shots = 0
        self.alice = stage.add_person('alice')
        self.alice.more_environment = dict(LOOKS[look])
        if LANGUAGES[language] and not self.alice.speak(language, LANGUAGES[language]):
            self.misses.append(f'the locale {language}: the pictures are as in English')
        self.alice.write_gtk_settings(gtk_font_name=FONT)
        (self.alice.folder / 'config/gtk-4.0/gtk.css').write_text(GTK_CSS)

    # ---- Pictures ----

    def shoot(self, screen):
        """The window, with a small one over it; or the one that has come, if it is large."""
        time.sleep(0.5)
        display = self.window.display
        windows = display.find_windows()
        top, main = windows[-1], windows[0]
        if top != main:
            if self.width == 'narrow' and display.geometry(top)[2] > WIDTHS['narrow'][0]:
                display.resize(top, *WIDTHS['narrow'])
                time.sleep(0.4)
            _, _, width, height = display.geometry(top)
            _, _, main_width, main_height = display.geometry(main)
            if width < main_width and height < main_height:
                display.move(top, (main_width - width) // 2, (main_height - height) // 2)
                time.sleep(0.2)
                top = main
        display.shoot(self.folder / f'{screen}-{self.name}.png', top)
        self.n_shots += 1

    def close_others(self):
        """What has been opened over the window. Closing takes a moment, and keys that come too
        late would close the window below."""
        from desk.display import wait_until
        display = self.window.display
        for key in ('Escape', 'ctrl+w', 'Escape', 'ctrl+w'):
            windows = display.find_windows()
            if len(windows) < 2:
                return
            display.focus(windows[-1])
            display.key(key)
            wait_until(lambda: display.find_windows() != windows, 2)

    def keys(self, *keys):
        self.window.focus()
        self.window.display.key(*keys)
        time.sleep(0.4)

    def back(self):
        if self.width == 'narrow' and self.window.peek('Back', 'button'):
            self.window.press('Back', 'button', seconds=SECONDS)
            time.sleep(0.4)

    def open(self, title):
        self.back()
        self.show('Chats')
        self.window.click(self.window.find_row(title, within='Chats', seconds=SECONDS))
        time.sleep(0.5)

    def show(self, page):
        """In the newest window that has such a page: in Chinese, People and Person are the same."""
        from gi.repository import GLib
        tabs = self.window.wait(
            lambda: [node for node in self.window.select(page, TABS) if node.is_on_screen()],
            page, SECONDS)
        try:
            tabs[-1].press()
        except GLib.Error:
            self.window.click(tabs[-1])

    # ---- Screens ----

    def files(self):
        """In every state; from a program of their own, since no profile can have them all."""
        from desk.display import wait_until
        program = self.stage.build / 'tests/unit/gui/show-file-rows'
        process = subprocess.Popen([program, self.width], env=self.alice.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        display = self.alice.display
        try:
            wait_until(display.find_windows, SECONDS)
            time.sleep(1)
            window = display.find_windows()[0]  # a tooltip may be over it
            for screen in ('27-files', '28-files-below')[:1 if self.width == 'wide' else 2]:
                display.shoot(self.folder / f'{screen}-{self.name}.png', window)
                self.n_shots += 1
                for _ in range(WHEEL_CLICKS):
                    display.click(window, WIDTHS['narrow'][0] // 2, 200, WHEEL_DOWN)
                time.sleep(0.5)
        finally:
            process.terminate()
            _, complaints = process.communicate()
            self.stage.complain('show-file-rows', complaints)

    def welcome(self):
        self.shoot('01-welcome')
        self.window.press('Use a Server', {'check box', 'switch'}, seconds=SECONDS)
        self.shoot('02-welcome-server')

    def chats(self):
        self.show('Chats')
        self.shoot('10-chats')

    def people(self):
        self.show('People')
        self.shoot('11-people')

    def conversations(self):
        for number, title in enumerate(('Bob', '陈晓', 'ليلى', 'Dave', 'mallory', 'grace'), 20):
            self.open(title)
            self.shoot(f'{number}-talk-{title if title.isascii() else number}'.lower())

    def other_server(self):
        self.open('hana')
        self.window.find('Trust…', 'button', seconds=20)
        self.shoot('26-talk-hana')

    def reply(self):
        self.open('Bob')
        row = self.window.select_rows('Found it')[-1]
        self.window.click(row, 3)
        self.shoot('30-message-menu')
        self.keys('Escape')

    def search_here(self):
        self.open('Bob')
        self.keys('ctrl+f')
        self.window.display.type('table')
        time.sleep(0.8)
        self.shoot('31-search-here')
        self.keys('Escape')

    def search(self):
        self.back()
        self.keys('ctrl+shift+f')
        self.window.display.type('the')
        time.sleep(0.8)
        self.shoot('32-search')
        self.keys('Escape', 'Escape')

    def menu(self):
        self.back()
        self.window.press('Main Menu', seconds=SECONDS)
        self.shoot('33-menu')
        self.keys('Escape')

    def block(self):
        self.open('Bob')
        self.window.choose('Conversation Menu', 'Block…')
        self.shoot('34-block')

    def switcher(self):
        self.keys('ctrl+k')
        self.shoot('35-switcher')
        self.keys('Escape')

    def new_conversation(self):
        self.window.activate('new-conversation')
        self.shoot('40-new-conversation')

    def details(self):
        self.open('Bob')
        self.keys('ctrl+i')
        for number, page in enumerate(('Connection', 'Safety', 'Person'), 41):
            self.show(page)
            self.shoot(f'{number}-{page.lower()}')

    def network(self):
        self.window.activate('network')
        time.sleep(1)
        self.shoot('45-network')

    def preferences(self):
        self.window.activate('preferences')
        for number, page in enumerate(('Profile', 'Server', 'Privacy', 'General', 'Data'), 50):
            self.show(page)
            self.shoot(f'{number}-preferences-{page.lower()}')

    def host(self):
        self.window.activate('host')
        self.shoot('60-host')

    def shortcuts(self):
        self.keys('ctrl+question')
        self.shoot('61-shortcuts')

    def about(self):
        self.window.activate('about')
        self.shoot('62-about')

    def server_down(self):
        self.back()
        self.show('Chats')
        self.stage.stop_server()
        self.window.find('Retry Now', 'button', seconds=90)
        self.shoot('70-server-down')

    # ---- The way ----

    def miss(self, what, error):
        self.misses.append(f'{self.name}: {what}: {str(error).splitlines()[0]}')

    def play(self, *scenes):
        for scene in scenes:
            try:
                scene()
            except Exception as error:  # noqa: BLE001: a picture less, with its reason
                self.miss(scene.__name__, error)
            try:
                self.close_others()
            except Exception as error:  # noqa: BLE001: the next scene will tell
                self.miss(f'closing {scene.__name__}', error)

    def start(self):
        self.window = self.alice.start()
        self.window.wait(self.window.display.find_windows, 'its window')
        time.sleep(1)
        self.window.resize(*WIDTHS[self.width])
        time.sleep(0.5)

    def start_friends(self):
        from desk.place import Computer
        for name in PRESENT:
            words = [*Computer().words(), self.stage.build / 'src/cli/udpnat-cli', '--json',
                     '--server', self.stage.server_address, '--profile',
                     self.stage.folder / 'demo' / name]
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                       env=self.alice.environment())
            self.friends.append(process)
            while json.loads(process.stdout.readline() or '{"event":"registered"}')['event'] \
                    != 'registered':
                pass

    def run(self):
        self.start()
        self.play(self.welcome)
        self.alice.quit()
        self.play(self.files)
        other = self.stage.start_server(port=OTHER_PORT)
        self.stage.start_server()  # the last, so that it is the one to be stopped
        subprocess.run([self.stage.build / 'tests/gui/seed-profile', 'demo',
                        self.stage.folder / 'demo', self.stage.server_address, other], check=True)
        self.alice.profile = self.stage.folder / 'demo/alice'
        self.start_friends()
        self.start()
        self.play(self.chats, self.people, self.conversations, self.other_server, self.reply,
                  self.search_here, self.search, self.menu, self.block, self.switcher,
                  self.new_conversation, self.details, self.network, self.preferences, self.host,
                  self.shortcuts, self.about, self.server_down)

    def close(self):
        for friend in self.friends:
            friend.kill()
            friend.communicate()


def shoot_way(way, options):
    """All pictures of one look, width and language, in a network of its own."""
    from desk import place
    from desk.stage import Stage
    why = place.enter()
    if why:
        print(f'missing: everything: {why}')
        return
    with tempfile.TemporaryDirectory(prefix='udpnat-gui-') as folder:
        stage = Stage('-'.join(way), Tap(quiet=True), options.build.resolve(), folder,
                      options.folder, True)
        shooter = Shooter(stage, *way, options.folder)
        try:
            shooter.run()
        except Exception as error:  # noqa: BLE001: the others go on
            shooter.miss('everything else', error)
        finally:
            shooter.close()
            stage.close()
        for miss in shooter.misses:
            print(f'missing: {miss}')
        print(f'{shooter.name}: {shooter.n_shots} pictures', flush=True)


def start_way(way, options):
    """In a process of its own: people of two networks must not meet. What was missing."""
    done = subprocess.run(
        [sys.executable, __file__, '--build', options.build, '--folder', options.folder, '--one',
         *way], capture_output=True, text=True, timeout=WAY_SECONDS)
    print(done.stdout + done.stderr, end='', flush=True)
    return [line for line in done.stdout.splitlines() if line.startswith(('missing', 'failed'))]


def write_index(folder, look, width):
    """A sheet of all pictures of this look and width: a row a screen, a column a language."""
    ways = [f'{look}-{width}-{language}' for language in LANGUAGES]
    ways = [way for way in ways if list(folder.glob(f'[0-9]*-{way}.png'))]
    screens = sorted({path.name[:-len(f'-{way}.png')] for way in ways
                      for path in folder.glob(f'[0-9]*-{way}.png')})
    if not screens:
        return
    size = '384x280' if width == 'wide' else '200x380'
    pictures = []
    for screen, way in itertools.product(screens, ways):
        path = folder / f'{screen}-{way}.png'
        pictures.append(f'{path}[{size}]' if path.exists() else 'null:')
    font = subprocess.run(['fc-match', '-f', '%{file}', 'sans'], capture_output=True, text=True)
    subprocess.run(
        ['montage', '-font', font.stdout, '-label', '%t', *pictures, '-tile', f'{len(ways)}x',
         '-geometry', f'{size}+4+4', str(folder / f'index-{look}-{width}.png')],
        check=False, timeout=300)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--folder', type=Path)
    parser.add_argument('--only', nargs='*', default=[])
    parser.add_argument('--documents', type=Path, help='where the pictures of the documents go')
    parser.add_argument('--one', nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder = (options.folder or options.build / 'gallery').resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    surroundings.find_python()
    why = surroundings.find_missing()
    if why:
        print(f'no pictures: {why}', file=sys.stderr)
        return 1
    if options.one:
        shoot_way(options.one, options)
        return 0
    asked = [language for language in LANGUAGES if language in options.only]
    ways = [way for way in itertools.product(LOOKS, WIDTHS, asked or LANGUAGES_SHOWN)
            if all(part in way for part in options.only if part not in asked)]
    if options.documents:
        ways = sorted({way for _, way in DOCUMENTS.values()})
    with ThreadPoolExecutor(JOBS) as pool:
        runs = [pool.submit(start_way, way, options) for way in ways]
        misses = [miss for run in runs for miss in run.result()]
    if options.documents and not misses:
        for name, (screen, way) in DOCUMENTS.items():
            shutil.copy(options.folder / f'{screen}-{"-".join(way)}.png',
                        options.documents / f'{name}.png')
    for look, width in itertools.product(LOOKS, WIDTHS):
        write_index(options.folder, look, width)
    print(f'{options.folder}: {len(list(options.folder.glob("[0-9]*.png")))} pictures, '
          f'{len(misses)} missing')
    return 1 if misses else 0


if __name__ == '__main__':
    sys.exit(main())
