"""The profile: what is set, who may read it, and how it survives. Prints TAP."""

import os
import sys

from home import Terminal, run

SECRET = 'correct horse battery'


def settings(home, check):
    status, events = home.run_json('alice', 'set')
    names = {event['name']: event['value'] for event in events}
    check('settings/all-are-listed', status == 0 and names.get('strangers') == 'ask' and
          {'read-receipts', 'typing', 'presence', 'last-seen', 'relay-only',
           'port-search'} <= names.keys(),
          [names])
    status, out, err = home.run_cli('alice', 'set', 'typing', 'off')
    status, events = home.run_json('alice', 'set', 'typing')
    check('settings/a-value-is-remembered', [event['value'] for event in events] == ['off'],
          [events])
    for words in ['set', 'typing', 'perhaps'], ['set', 'colour', 'red'], ['set', 'colour']:
        status, out, err = home.run_cli('alice', *words)
        check(f'settings/{"-".join(words)}-is-refused', status == 1 and err, [out, err])
    status, out, err = home.run_cli('alice', 'status', 'on', 'holiday')
    check('settings/status', status == 0 and 'on holiday' in out, [out, err])
    status, out, err = home.run_cli('alice', 'status', '--none')
    check('settings/no-status', status == 0 and 'No status' in out, [out, err])
    status, out, err = home.run_cli('alice', 'avatar', 'none')
    check('settings/no-avatar', status == 0 and 'no picture' in out, [out, err])


def in_use(home, check):
    server = home.start_server()
    alice = home.start_person('alice')
    alice.wait('registered')
    for words in ['contacts'], ['note', 'x'], ['passphrase', 'remove'], ['backup', '/dev/null/x']:
        status, out, err = home.run_cli('alice', *words)
        check(f'in-use/{words[0]}-says-who-has-it',
              status == 1 and str(alice.process.pid) in err, [status, out, err])
    alice.leave()
    home.stop(server)


def passphrase_file(home, check):
    """Encrypted and read again by scripts."""
    first, second = home.folder / 'first', home.folder / 'second'
    first.write_text(SECRET + '\n')
    second.write_text('another one\nand a second line that does not count\n')
    home.run_cli('alice', 'note', 'wolframite')
    database = home.profile('alice') / 'udpnat.db'

    def holds_text():
        files = [database, database.with_name('udpnat.db-wal')]
        return any(b'wolframite' in path.read_bytes() for path in files if path.exists())

    check('passphrase/without-one-the-text-is-on-disk', holds_text())
    status, out, err = home.run_cli('alice', '--new-passphrase-file', first, 'passphrase', 'set')
    check('passphrase/set-exits-0', status == 0 and 'encrypted' in out, [out, err])
    check('passphrase/with-one-it-is-not', not holds_text())
    status, out, err = home.run_cli('alice', 'history', 'me')
    check('passphrase/needed', status == 1 and '--passphrase-file' in err, [status, out, err])
    status, out, err = home.run_cli('alice', '--passphrase-file', first, 'history', 'me')
    check('passphrase/from-a-file', status == 0 and 'wolframite' in out, [out, err])
    status, out, err = home.run_cli('alice', '--passphrase-file', '-', 'history', 'me',
                                    text=SECRET + '\n')
    check('passphrase/from-stdin', status == 0 and 'wolframite' in out, [out, err])
    status, out, err = home.run_cli('alice', '--passphrase-file', second, 'history', 'me')
    check('passphrase/wrong-one', status == 1 and err, [status, out, err])
    missing = home.folder / 'none'
    status, out, err = home.run_cli('alice', '--passphrase-file', missing, 'history', 'me')
    check('passphrase/no-such-file', status == 1 and 'none' in err, [status, out, err])
    status, out, err = home.run_cli('alice', '--passphrase-file', first, '--new-passphrase-file',
                                    second, 'passphrase', 'set')
    check('passphrase/set-twice-is-refused', status == 1 and 'change' in err, [status, out, err])
    status, out, err = home.run_cli('alice', '--passphrase-file', first, '--new-passphrase-file',
                                    second, 'passphrase', 'change')
    check('passphrase/change-exits-0', status == 0, [out, err])
    status, out, err = home.run_cli('alice', '--passphrase-file', second, 'passphrase', 'remove')
    check('passphrase/remove-exits-0', status == 0, [out, err])
    status, out, err = home.run_cli('alice', 'history', 'me')
    check('passphrase/nothing-is-lost-by-it', status == 0 and 'wolframite' in out, [out, err])
    status, out, err = home.run_cli('alice', 'passphrase', 'remove')
    check('passphrase/removed-twice-is-refused', status == 1 and 'passphrase set' in err, [err])


def passphrase_terminal(home, check):
    """Asked for, not shown, and not in the file of typed lines."""
    words = home.cli_words('alice')
    home.run_cli('alice', 'note', 'wolframite')
    first = Terminal(home, [*words, 'passphrase', 'set'])
    seen = first.read_until('New passphrase: ')
    check('terminal/asks-for-a-new-one', 'New passphrase: ' in seen, [seen])
    check('terminal/does-not-echo', not first.is_echoing())
    first.type(SECRET + '\n')
    seen = first.read_until('again: ')
    check('terminal/shows-nothing-of-it', 'again: ' in seen and 'horse' not in seen, [seen])
    first.type(SECRET + '\n')
    seen = first.read_until('encrypted')
    status, err = first.finish()
    check('terminal/set-exits-0', status == 0 and 'encrypted' in seen, [seen, err])

    again = Terminal(home, [*words, 'history', 'me'])
    again.read_until('Passphrase: ')
    again.type('wrong\n')
    seen = again.read_until('Passphrase: ')
    check('terminal/a-wrong-one-may-be-typed-again', 'Passphrase: ' in seen, [seen])
    again.type(SECRET + '\n')
    seen = again.read_until('wolframite')
    status, err = again.finish()
    check('terminal/the-right-one-opens', status == 0 and 'wolframite' in seen, [seen, err])

    third = Terminal(home, [*words, 'history', 'me'])
    for _ in range(3):
        third.read_until('Passphrase: ')
        third.type('wrong\n')
    status, err = third.finish()
    check('terminal/after-three-wrong-ones-exits-1', status == 1, [status, err])

    stopped = Terminal(home, [*words, 'history', 'me'])
    stopped.read_until('Passphrase: ')
    hidden = not stopped.is_echoing()
    stopped.type('\x03')
    stopped.process.wait(timeout=15)
    check('terminal/interrupted-it-shows-again', hidden and stopped.is_echoing(), [hidden])
    status, err = stopped.finish()
    check('terminal/interrupted-does-not-exit-0', status != 0, [status, err])

    server = home.start_server()
    chat = Terminal(home, words)
    chat.read_until('Passphrase: ')
    chat.type(SECRET + '\n')
    chat.read_until('You are alice')
    chat.type('paths\nexit\n')
    status, err = chat.finish()
    check('terminal/the-prompt-opens', status == 0, [status, err])
    check('terminal/a-locked-profile-keeps-no-typed-lines',
          not (home.profile('alice') / 'history').exists(), os.listdir(home.profile('alice')))
    home.stop(server)


def backup(home, check):
    server = home.start_server()
    home.run_cli('bob', '--strangers', 'accept', 'list')
    home.run_cli('alice', 'send', 'bob', 'before the flood')
    home.run_cli('alice', 'note', 'mine')
    secret = home.folder / 'secret'
    secret.write_text(SECRET)
    plain, sealed = home.folder / 'plain.backup', home.folder / 'sealed.backup'

    status, out, err = home.run_cli('alice', 'backup', plain)
    check('backup/says-how-to-protect-it', status == 2 and '--unencrypted' in err, [out, err])
    status, out, err = home.run_cli('alice', '--unencrypted', 'backup', plain)
    check('backup/unencrypted-exits-0', status == 0 and plain.exists(), [out, err])
    check('backup/is-for-the-owner-only', plain.stat().st_mode & 0o777 == 0o600)
    status, out, err = home.run_cli('alice', '--unencrypted', 'backup', plain)
    check('backup/does-not-overwrite', status == 1, [status, out, err])
    status, out, err = home.run_cli('alice', '--unencrypted', '--replace', 'backup', plain)
    check('backup/unless-told', status == 0, [out, err])
    status, out, err = home.run_cli('alice', '--new-passphrase-file', secret, 'backup', sealed)
    check('backup/encrypted-exits-0', status == 0 and b'flood' not in sealed.read_bytes(),
          [out, err])

    before = home.run_json('alice', 'history', 'bob')[1]
    own = home.run_json('alice', 'link')[1]
    status, out, err = home.run_cli('alice', 'restore', plain)
    check('backup/a-profile-is-not-overwritten', status == 1, [status, out, err])
    protected = ['--passphrase-file', secret]
    for who, file, options in ('second', plain, []), ('third', sealed, protected):
        words = [word if word != who else 'alice' for word in home.cli_words(who)]
        status, out, err = home.run([*words, *options, 'restore', file])
        check(f'backup/restore-{who}-exits-0', status == 0, [status, out, err])
        status, out, err = home.run([*words, *options, '--json', 'history', 'bob'])
        check(f'backup/{who}-has-the-history', out.count('\n') == len(before) and
              'before the flood' in out, [out, err])
        status, out, err = home.run([*words, *options, '--json', 'link'])
        check(f'backup/{who}-is-the-same-person', own and own[0]['link'] in out, [out, err])
    sealed.write_bytes(sealed.read_bytes()[:-5])
    status, out, err = home.run_cli('fourth', '--passphrase-file', secret, 'restore', sealed)
    check('backup/a-damaged-one-says-so', status == 1 and 'damaged' in err, [status, out, err])
    check('backup/and-leaves-no-profile', not (home.profile('fourth') / 'identity.key').exists())
    home.stop(server)


if __name__ == '__main__':
    sys.exit(run(__doc__, [settings, in_use, passphrase_file, passphrase_terminal, backup]))
