#!/usr/bin/python3
"""What Orca says of the window: somebody who sees nothing starts the program, meets Bob and talks
to him, by keyboard alone.

    orca.py --build DIR [--heard FILE]     prints TAP; FILE: everything that was said

It needs orca and openbox, takes a minute or two, and hangs on the versions of Orca and GTK, so it
is not among the quick tests.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402

from desk import surroundings  # noqa: E402

# What GTK calls something that nobody has named
TYPE_NAME = re.compile(r'\b(Gtk|Adw|Udpnat)[A-Z]\w+')
N_PREFERENCES = 14


class Listener:
    """Presses keys, and hears what comes of it."""

    def __init__(self, stage, person):
        from desk.ears import Ears
        self.stage, self.person = stage, person
        self.ears = Ears(person)

    def key(self, *keys, wanted=None, seconds=8):
        return self.after(lambda: self.person.display.key(*keys), wanted, seconds)

    def type(self, text):
        return self.after(lambda: self.person.display.type(text), None, 4)

    def after(self, act, wanted=None, seconds=8):
        """What is said after act(): as one text."""
        self.ears.forget()
        act()
        return ' '.join(self.ears.listen(wanted, seconds))

    def check(self, name, wanted, heard):
        self.stage.check(name, wanted in heard, [f'heard: {heard}'])


def start(orca, window):
    window.wait(lambda: window.peek('Your Name', 'text'), 'the first page')
    orca.key('Tab')
    orca.check('the-name-is-a-text', 'Your Name text', orca.key('shift+Tab'))
    orca.check('a-missing-name-is-told', 'Type the name', orca.key('Return', wanted='Type the'))
    orca.type('alice')
    orca.key('Tab')
    orca.check('the-switch-tells-what-it-is', 'Use a Server check box not checked', orca.key('Tab'))
    orca.check('switched-on-the-address-is-next', 'Address of the Server text',
               orca.key('space', wanted='Address'))
    orca.check('a-missing-address-is-told', 'server’s address',
               orca.key('Return', wanted='server’s address'))
    orca.type(orca.stage.server_address)
    orca.check('the-first-button-has-one-name', 'New Conversation push button',
               orca.key('Return', wanted='New Conversation'))
    window.find('Online as alice')
    for name in 'Search push button', 'Main Menu push button':
        orca.check(f'{name.split()[0].lower()}-is-told', name, orca.key('Tab', wanted=name))


def talk(orca, window, bob):
    from stories import steps
    steps.show_people(window)
    window.find_row('bob', within='People')
    orca.check('the-box-is-told', 'Message text', orca.after(
        lambda: steps.open_row(window, 'bob', within='People'), 'Message text'))
    orca.type('Hello Bob')
    orca.key('Return')
    steps.find_arrived(window, 'Hello Bob')
    bob.say('accept alice')
    heard = orca.after(lambda: bob.say('send alice Good morning, Alice'), 'Good morning')
    orca.check('what-comes-is-read-at-once', 'bob: Good morning, Alice', heard)
    orca.stage.check('once', heard.count('Good morning') == 1, [heard])
    orca.stage.check('and-no-title-is', 'Udpnat' not in heard, [heard])
    orca.key('shift+Tab')
    orca.check('a-line-tells-who-and-when', 'bob: Good morning, Alice, ', orca.key('shift+Tab'))
    orca.check('and-how-far-it-has-come', 'You: Hello Bob, ', orca.key('Up'))
    orca.check('its-menu-begins-with-words', 'React with', orca.key('Menu', wanted='React'))
    orca.check('and-goes-on', 'Reply', orca.key('Down'))
    orca.key('Escape')


def look_around(orca):
    orca.check('how-one-is-connected', 'Connection to bob', orca.key('ctrl+i', wanted='Connection'))
    orca.key('Escape')
    orca.check('preferences', 'Preferences', orca.key('ctrl+comma', wanted='Preferences'))
    heard = ' '.join(orca.key('Tab', seconds=4) for _ in range(N_PREFERENCES))
    for name in ('Your Name text', 'Status text', 'Copy Your Link push button', 'Server page tab'):
        orca.check(f'preferences-have-{name.lower().replace(" ", "-")}', name, heard)
    orca.key('Escape')


def search(orca):
    """Each begins with a box: where the keyboard is must be heard."""
    for keys, wanted in (('ctrl+n', 'New Conversation With Whom? list. Name or Link text'),
                         ('ctrl+f', 'Search in this conversation text'),
                         ('ctrl+k', 'Go to Conversation Name entry Name text'),
                         ('ctrl+shift+f', 'Search People and Messages text')):
        orca.check(f'{keys}-is-heard', wanted, orca.key(keys, wanted=wanted))
        orca.key('Escape')


def read_keys(orca):
    orca.key('ctrl+question', wanted='Keyboard Shortcuts')
    orca.check('keys-are-read-with-what-they-do', 'Ctrl+K',
               orca.key('Down', wanted='Ctrl'))
    orca.key('Escape')


def lose_server(orca):
    heard = orca.after(orca.stage.stop_server, 'the server', 90)
    orca.check('that-the-server-is-lost-is-heard', '10.77.0.1', heard)


class Terminal:
    """Bob, who is somewhere else."""

    def __init__(self, person):
        import subprocess
        self.process = subprocess.Popen(
            [str(word) for word in person.cli_words('--json', '--name', person.name)],
            env=person.environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def say(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


def play(stage):
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    orca, terminal = Listener(stage, alice), None
    try:
        window = alice.start()
        start(orca, window)
        terminal = Terminal(bob)
        talk(orca, window, terminal)
        look_around(orca)
        search(orca)
        read_keys(orca)
        lose_server(orca)
        nameless = [words for words in orca.ears.read() if TYPE_NAME.search(words)]
        stage.check('nothing-is-called-by-its-class', not nameless, nameless)
        alice.quit()
    except Exception as error:  # noqa: BLE001: a failure, with its reason
        stage.check('runs-to-its-end', False, [f'{type(error).__name__}: {error}'])
    finally:
        if terminal is not None:
            terminal.close()
        orca.ears.close()
    return orca.ears.read()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--heard', type=Path)
    options = parser.parse_args()
    surroundings.find_python()
    from desk import ears, place
    missing = surroundings.find_missing() or ears.find_missing()
    if missing:
        return tap_module.skip_all(f'not installed: {missing}')
    from desk.stage import Stage

    why_no_network = place.enter()
    tap = tap_module.Tap()
    with tempfile.TemporaryDirectory(prefix='udpnat-orca-') as folder:
        stage = Stage('orca', tap, options.build.resolve(), folder, Path(folder) / 'shots',
                      why_no_network is None)
        heard = play(stage)
        stage.close()
    if options.heard:
        options.heard.write_text('\n'.join(heard) + '\n')
    return tap.finish()


if __name__ == '__main__':
    os.environ.setdefault('PYTHONDONTWRITEBYTECODE', '1')
    sys.exit(main())
