"""The terminal client in the language of its user: people read it, programs do not. Prints TAP."""

import gettext
import subprocess
import sys
from pathlib import Path

from home import run

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / 'gui'))
from desk import words  # noqa: E402

LANGUAGE = 'zh_CN'
LOCALE = 'zh_CN.UTF-8'
# What the terminal client has in common with the window
OPTIONS = ('Own IP address to use (all)', 'Your name',
           'Folder of your identity, contacts and history')
# Commands on what is on disk, whose every byte is a contract with programs
COMMANDS = (('contacts',), ('requests',), ('waiting',), ('unread',), ('set',), ('status',),
            ('link',), ('whois', 'bob'), ('verify', 'bob'), ('draft', 'bob'), ('history', 'bob'),
            ('history', 'me'), ('search', 'milk'))
# Commands that fail -> the code that says so
FAILURES = {('whois', 'eve'): 'unknown-peer', ('set', 'nothing'): 'invalid',
            ('edit', '#999', 'text'): 'unknown-line', ('forget', 'bob'): 'usage'}


def has_locale(folder):
    """Whether a program finds it. Without it, gettext translates nothing."""
    try:
        done = words.compile_locale(folder, LOCALE) and subprocess.run(
            ['locale', 'charmap'], env={'LC_ALL': LOCALE, 'LOCPATH': str(folder)},
            capture_output=True, text=True)
    except FileNotFoundError:  # the tools of glibc are not installed
        return False
    return bool(done) and done.stdout.strip() == 'UTF-8' and not done.stderr


def why_not(home, catalogue):
    if not catalogue.exists():
        return 'no catalogue was built'
    return None if has_locale(home.folder / 'locales') else f'{LOCALE} cannot be made here'


def speak(home, language):
    """From now on; None: English."""
    home.more_environment = {
        'LC_ALL': LOCALE, 'LANGUAGE': language, 'LOCPATH': str(home.folder / 'locales'),
        # glibc loses a list of folders where LOCPATH is set.
        'LSAN_OPTIONS': f'suppressions={TESTS}/gui/lsan.supp:print_suppressions=0',
    } if language else {}


def furnish(home):
    """A profile with somebody in it, and with what was said."""
    server = home.start_server()
    bob = home.start_person('bob')
    bob.wait('registered')
    bob.say('link')
    link = bob.wait('link')['link']
    alice = home.start_person('alice', '--cport', '0')
    alice.wait('registered')
    alice.say(f'add {link}', 'send bob have we any milk?', 'note buy milk', 'pin bob',
              'draft bob what I mean', 'status at home')
    bob.wait('request')
    bob.say('accept alice', 'send alice none')
    alice.wait('message', text='none')
    alice.leave()
    bob.leave()
    home.stop(server)


def language(home, check):
    catalogue = home.cli_path.parents[2] / 'po' / LANGUAGE / 'LC_MESSAGES' / f'{words.DOMAIN}.mo'
    reason = why_not(home, catalogue)
    if reason:
        home.skip('language/help-is-translated', reason)
        home.skip('language/json-is-the-same', reason)
        home.skip('language/codes-are-the-same', reason)
        return
    with open(catalogue, 'rb') as file:
        translations = gettext.GNUTranslations(file)
    known = {text: translations.gettext(text) for text in OPTIONS}
    check('language/catalogue-has-the-options',
          all(text != target for text, target in known.items()), [known])

    english = home.run_cli('alice', '--help')[1]
    speak(home, LANGUAGE)
    status, chinese, err = home.run_cli('alice', '--help')
    check('language/help-is-translated',
          status == 0 and all(target in chinese for target in known.values()), [chinese, err])
    check('language/help-is-english-otherwise', all(text in english for text in known), [english])
    check('language/options-are-typed-as-they-are',
          all(option in chinese for option in ('--json', '--profile', '--strangers')), [chinese])

    speak(home, None)
    furnish(home)
    for command in COMMANDS:
        speak(home, None)
        first = home.run_cli('alice', '--json', *command)
        speak(home, LANGUAGE)
        second = home.run_cli('alice', '--json', *command)
        check(f'language/json-is-the-same/{"-".join(command)}',
              first == second and first[0] == 0, [*first, *second])
    for command, code in FAILURES.items():
        told = []
        for each in (None, LANGUAGE):
            speak(home, each)
            status, events = home.run_json('alice', *command)
            told.append([status] + [event.get('code') for event in events])
        check(f'language/codes-are-the-same/{code}',
              told[0] == told[1] and code in told[0], [told])


if __name__ == '__main__':
    sys.exit(run(__doc__, [language]))
