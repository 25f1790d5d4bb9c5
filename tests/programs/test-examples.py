"""The bots of examples/, as they stand there. Prints TAP."""

import sys
from pathlib import Path

from home import run, soon

EXAMPLES = Path(__file__).resolve().parent.parent.parent / 'examples'


def start_bot(home, name, *words):
    """With udpnat-cli where the shell finds it, as where it is installed."""
    path = f'PATH={home.cli_path.parent}:{home.environment()["PATH"]}'
    options = home.cli_words(name, '--strangers', 'accept')[1:]
    bot = home.start(['env', path, sys.executable, EXAMPLES / f'{name}-bot.py', *words, *options])
    return bot, bot.stdout.readline().decode()


def echo(home, check):
    server = home.start_server()
    bot, said = start_bot(home, 'echo')
    check('echo/says-who-it-is', said == 'here as echo\n', [said])
    alice = home.start_person('alice')
    alice.wait('registered')
    for number, text in enumerate(('Hello', 'one "two"  three', '#4 $x \\ `y`', '你好 🌍')):
        alice.say(f'send echo {text}')
        told = alice.wait('message')
        check(f'echo/says-it-back-{number}',
              told and told['text'].split() == text.split(), [told, text])
    check('echo/alice-leaves', alice.leave() == 0)
    status, _, err = home.stop(bot)
    check('echo/says-nothing-wrong', not err, [status, err])
    home.stop(server)


def file_drop(home, check):
    server = home.start_server()
    dropped = home.folder / 'drop box'
    dropped.mkdir()
    bot, said = start_bot(home, 'file-drop', dropped)
    check('file-drop/says-who-it-is', said == 'here as file-drop\n', [said])
    letter = home.folder / 'letter.txt'
    letter.write_text('Dear Bob')
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say(f'sendfile file-drop {letter}')
    told = alice.wait('message')
    check('file-drop/thanks', told and told['text'] == 'Thank you for letter.txt.', [told])
    soon((dropped / 'letter.txt').exists)
    check('file-drop/has-it', (dropped / 'letter.txt').read_text() == 'Dear Bob')
    check('file-drop/alice-leaves', alice.leave() == 0)
    status, _, err = home.stop(bot)
    check('file-drop/says-nothing-wrong', not err, [status, err])
    home.stop(server)


def short(home, check):
    for path in sorted(EXAMPLES.glob('*.py')):
        lines = path.read_text().splitlines()
        check(f'short/{path.stem}-has-20-lines', len(lines) <= 20, [len(lines)])


SCENARIOS = [echo, file_drop, short]

if __name__ == '__main__':
    sys.exit(run(__doc__, SCENARIOS))
