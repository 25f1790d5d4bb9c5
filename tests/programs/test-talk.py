"""What people say to each other, through everything that may be between them: a friend who is away,
a server that restarts, a program that is killed. Prints TAP."""

import contextlib
import signal
import sqlite3
import sys

from home import run


def meet(home, *people):
    """Everybody has been here once, and accepts whoever writes."""
    for who in people:
        home.run_cli(who, '--strangers', 'accept', 'list')


def texts(events):
    return [event['text'] for event in events if event['event'] == 'message']


# ---- Somebody who is away ----


def mailbox(home, check):
    server = home.start_server()
    meet(home, 'alice', 'bob')
    said = ['eins', 'two words', '三个字']
    for text in said:
        status, events = home.run_json('alice', 'send', 'bob', text)
        kinds = [event['event'] for event in events]
        check(f'mailbox/{text.split()[0]}-is-stored-and-exits-0',
              status == 0 and 'waiting' in kinds and 'stored' in kinds, [status, kinds])
    status, out, err = home.run_cli('alice', 'send', 'bob', 'vier')
    check('mailbox/people-are-told-where-it-is',
          status == 0 and 'bob is away' in out and 'mailbox (#4)' in out, [status, out, err])
    status, out, err = home.run_cli('alice', 'waiting')
    check('mailbox/waiting-says-so', status == 0 and out.count('in their mailbox') == 4, [out, err])
    home.stop(server)
    server = home.start_server()

    status, events = home.run_json('bob', '--timeout', '15', 'wait', '--count', '4')
    check('mailbox/all-come-in-order-after-a-restart-of-the-server',
          status == 0 and texts(events) == [*said, 'vier'], [status, texts(events)])
    status, events = home.run_json('bob', '--timeout', '2', 'wait')
    check('mailbox/none-comes-twice', status == 1 and texts(events) == [], [status, events])

    alice = home.start_person('alice')
    came = [alice.wait('delivered', to='bob') for _ in range(4)]
    check('mailbox/receipts-come-when-the-sender-is-back', None not in came, [came])
    check('mailbox/so-does-the-word-that-they-are-read', alice.wait('read', to='bob'))
    check('mailbox/sender-exits-0', alice.leave() == 0, home.stderr[-1:])
    status, out, err = home.run_cli('alice', 'waiting')
    check('mailbox/no-message-waits-then', status == 0 and '#' not in out, [out, err])
    home.stop(server)


def no_mailbox(home, check):
    server = home.start_server('--no-mailbox')
    meet(home, 'alice', 'bob')
    status, out, err = home.run_cli('alice', 'send', 'bob', 'are you there?')
    check('no-mailbox/send-exits-1-and-says-that-it-waits',
          status == 1 and 'keeps no mail' in err and 'waits in the outbox' in err,
          [status, out, err])
    alice = home.start_person('alice')
    alice.wait('registered')
    bob = home.start_person('bob')
    got = bob.wait('message', from_='alice')
    check('no-mailbox/it-comes-when-both-are-there', got and got['text'] == 'are you there?', [got])
    check('no-mailbox/and-is-delivered', alice.wait('delivered', to='bob'))
    alice.leave()
    bob.leave()
    home.stop(server)


def outbox(home, check):
    """Killed before there is a server, and sent in the next life."""
    server = home.start_server()
    meet(home, 'alice', 'bob')
    home.run_cli('alice', 'send', 'bob', 'hello')
    home.run_json('bob', 'wait')
    home.stop(server)

    status, out, err = home.run_cli('alice', '--timeout', '2', 'send', 'bob', 'one')
    check('outbox/no-server-exits-1-and-says-that-it-waits',
          status == 1 and 'does not answer' in err and 'waits in the outbox' in err,
          [status, out, err])
    alice = home.start_person('alice')
    alice.say('send bob two', 'send bob three', 'send bob four')
    waiting = [alice.wait('waiting', to='bob') for _ in range(3)]
    check('outbox/each-is-told-when-it-is-on-disk', None not in waiting, [alice.events])
    alice.kill()
    alice = home.start_person('alice')
    alice.say('withdraw #4')
    failed = alice.wait('failed', to='bob')
    check('outbox/withdrawn-is-told', failed and failed['code'] == 'withdrawn', [alice.events])
    check('outbox/waiting-messages-do-not-hold-up-the-exit', alice.leave(15) == 0)
    status, events = home.run_json('alice', 'waiting')
    check('outbox/what-was-killed-still-waits',
          [event['text'] for event in events] == ['hello', 'one', 'two', 'four'], [events])

    server = home.start_server()
    alice = home.start_person('alice')
    stored = [alice.wait('stored', to='bob') for _ in range(3)]
    check('outbox/sent-when-the-server-is-there', None not in stored, [alice.events])
    alice.leave()
    status, events = home.run_json('bob', 'wait', '--count', '3')
    check('outbox/come-once-in-order-and-without-the-withdrawn-one',
          texts(events) == ['one', 'two', 'four'], [texts(events)])
    home.stop(server)


def killed_while_talking(home, check):
    """Both are killed in the middle, several times: nothing is lost or doubled."""
    server = home.start_server()
    meet(home, 'alice', 'bob')
    said, got = [], []
    for life in range(4):
        bob = home.start_person('bob')
        alice = home.start_person('alice')
        for number in range(12):
            said.append(f'{life}-{number}')
            alice.say(f'send bob {said[-1]}')
            alice.wait('waiting', to='bob')
        bob.wait('message', text=f'{life}-{2 * life}')
        if life == 1:
            server.send_signal(signal.SIGKILL)
            home.finish(server)
            server = home.start_server()
        bob.kill()
        alice.kill()
    alice = home.start_person('alice')
    bob = home.start_person('bob')
    said.append('the end')
    alice.say(f'send bob {said[-1]}')
    bob.wait('message', text=said[-1], seconds=30)
    bob.leave()
    alice.leave()
    status, events = home.run_json('bob', 'history', 'alice', '100')
    got = [event['text'] for event in events]
    check('killed/all-are-there-once-and-in-order', got == said, [len(said), got])
    home.stop(server)


# ---- Both there ----


@contextlib.contextmanager
def full_disk(home, who):
    """The profile's database takes no line meanwhile."""
    database = sqlite3.connect(home.profile(who) / 'udpnat.db', isolation_level=None)
    database.execute(
        "CREATE TRIGGER full BEFORE INSERT ON line BEGIN SELECT RAISE (ABORT, 'full'); END"
    )
    yield
    database.execute('DROP TRIGGER full')
    database.close()


def disk(home, check):
    """What a disk does not take is neither called delivered nor sent."""
    server = home.start_server()
    meet(home, 'alice', 'bob')
    alice, bob = home.start_person('alice'), home.start_person('bob')
    alice.say('send bob hello')
    check('disk/both-are-there', bob.wait('message', from_='alice') and
          alice.wait('delivered', to='bob'), [alice.events, bob.events])
    with full_disk(home, 'bob'):
        alice.say('send bob are you there?')
        check('disk/the-recipient-is-told', bob.wait('error', code='not-saved'), [bob.events])
    delivered = alice.wait('delivered', to='bob')
    got = bob.wait('message', from_='alice')
    check('disk/what-is-delivered-has-been-kept',
          delivered and got and got['text'] == 'are you there?', [alice.events, bob.events])
    with full_disk(home, 'alice'):
        alice.say('send bob never')
        check('disk/the-sender-is-told', alice.wait('error', code='not-saved'), [alice.events])
    alice.say('send bob again')
    got = bob.wait('message', from_='alice')
    check('disk/what-is-not-kept-is-not-sent', got and got['text'] == 'again', [bob.events])
    alice.leave()
    bob.leave()
    home.stop(server)


def lines(home, check):
    """Replies, changes, signs, deletions, and what they look like at the other end."""
    server = home.start_server()
    meet(home, 'alice', 'bob')
    alice, bob = home.start_person('alice'), home.start_person('bob')
    bob.wait('registered')
    alice.say('send bob Grüße  aus\tKöln')
    first = bob.wait('message', from_='alice')
    check('lines/text-comes-as-it-is', first and first['text'] == 'Grüße  aus\tKöln', [bob.events])
    check('lines/a-new-line-has-a-number-and-no-quote',
          first['number'] == 1 and first['reply_to'] == '' and first['shown_us'] > 0, [first])
    check('lines/it-is-read-at-once', alice.wait('read', id=first['id']), [alice.events])

    bob.say('reply #1 und zurück')
    reply = alice.wait('message', from_='bob')
    check('lines/a-reply-says-what-it-answers', reply and reply['reply_to'] == first['id'], [reply])

    alice.say('edit #1 Greetings from Cologne')
    edited = bob.wait('edited', peer='alice')
    check('lines/a-change-arrives', edited and edited['id'] == first['id'] and
          edited['text'] == 'Greetings from Cologne', [bob.events])
    bob.say('react #1 👍')
    put = alice.wait('reaction', peer='bob', own=False)
    check('lines/a-sign-arrives', put and put['text'] == '👍' and put['number'] == 1, [alice.events])
    bob.say('react #1')
    gone = alice.wait('reaction', peer='bob', own=False)
    check('lines/a-sign-is-taken-back', gone and gone['text'] == '', [alice.events])
    alice.say('delete #1')
    deleted = bob.wait('deleted', peer='alice')
    check('lines/a-deletion-arrives', deleted and deleted['id'] == first['id'], [bob.events])

    alice.leave()
    bob.leave()
    status, out, err = home.run_cli('bob', 'history', 'alice')
    check('lines/history-has-the-mark-of-it', '#1' in out and '(deleted)' in out and
          'Cologne' not in out and 'you: ↳ (not here any more) und zurück' in out, [out, err])
    check('lines/history-says-how-far-ours-came', '✓✓ read' in out, [out])
    status, out, err = home.run_cli('bob', 'delete', '--here', '1')
    check('lines/delete-here-exits-0', status == 0, [out, err])
    status, events = home.run_json('bob', 'history', 'alice')
    check('lines/deleted-here-is-gone', [event['number'] for event in events] == [2], [events])
    home.stop(server)


def unread(home, check):
    server = home.start_server()
    meet(home, 'alice', 'bob', 'carol')
    for sender, text in ('alice', 'a1'), ('carol', 'c1'), ('alice', 'a2'):
        home.run_cli(sender, 'send', 'bob', text)
    bob = home.start_cli('bob', 'list')
    home.finish(bob)
    status, events = home.run_json('bob', '--timeout', '10', 'wait', '--count', '1')
    check('unread/wait-begins-with-what-came-first', texts(events) == ['a1'], [texts(events)])
    status, events = home.run_json('bob', 'unread')
    counts = {event['name']: event['count'] for event in events}
    check('unread/only-what-was-printed-is-read', counts.get('carol') == 1 and
          counts.get('alice') == 1, [counts])
    status, out, err = home.run_cli('bob', 'contacts')
    check('unread/contacts-count-them', out.count('1 unread') == 2, [out, err])
    status, out, err = home.run_cli('bob', 'read', 'carol')
    check('unread/read-shows-them', status == 0 and 'c1' in out, [out, err])
    status, out, err = home.run_cli('bob', text='exit\n')
    check('unread/the-prompt-begins-with-them',
          '1 unread from alice' in out and 'alice: a2' in out and 'carol' not in out, [out, err])
    status, out, err = home.run_cli('bob', 'unread')
    check('unread/what-was-shown-is-read', out == 'Everything is read.\n', [out, err])
    home.stop(server)


# ---- On one's own ----


def alone(home, check):
    """Commands that need nothing but the profile."""
    server = home.start_server()
    meet(home, 'alice', 'bob')
    for text in '今天天气很好', 'Das Fahrrad ist blau', 'the bicycle is blue':
        home.run_cli('alice', 'send', 'bob', text)
    home.stop(server)

    for words, number in (['天气'], 1), (['fahr'], 2), (['BLUE', 'bicycle'], 3):
        status, events = home.run_json('alice', 'search', *words)
        check(f'alone/search-{words[0]}-finds-its-line',
              status == 0 and [event['number'] for event in events] == [number], [events])
    for words in ['zebra'], ['"', '*', 'AND'], ['in', 'bob', 'zebra']:
        status, out, err = home.run_cli('alice', 'search', *words)
        check(f'alone/search-{"-".join(words)}-finds-nothing', out == 'Nothing found.\n',
              [out, err])
    status, events = home.run_json('alice', 'search', 'in', 'bob', 'blau')
    check('alone/search-in-a-conversation', [event['peer'] for event in events] == ['bob'],
          [events])

    status, events = home.run_json('alice', 'history', 'bob', '2')
    check('alone/history-counts', [event['number'] for event in events] == [2, 3], [events])
    status, events = home.run_json('alice', 'history', 'bob', 'before', '3')
    check('alone/history-before', [event['number'] for event in events] == [1, 2], [events])

    status, out, err = home.run_cli('alice', 'note', 'buy', 'milk')
    check('alone/note', status == 0 and 'Noted (#4)' in out, [out, err])
    status, events = home.run_json('alice', 'history', 'me')
    check('alone/notes-are-ones-own-history', [event['text'] for event in events] == ['buy milk'],
          [events])
    for words in ['reply', '#4', 'and', 'bread'], ['edit', '#4', 'buy oats'], ['react', '#4', '👍']:
        status, out, err = home.run_cli('alice', *words)
        check(f'alone/{words[0]}-exits-0', status == 0, [out, err])
    status, events = home.run_json('alice', 'history', 'me')
    check('alone/what-was-said-about-a-line-is-there',
          [(event['text'], event['my_reaction']) for event in events]
          == [('buy oats', '👍'), ('and bread', '')], [events])
    status, out, err = home.run_cli('alice', 'draft', 'bob', 'half a')
    status, out, err = home.run_cli('alice', 'draft', 'bob')
    check('alone/draft-is-kept', out == 'half a\n', [out, err])
    home.run_cli('alice', 'draft', 'bob', '--none')
    status, out, err = home.run_cli('alice', 'draft', 'bob')
    check('alone/draft-is-dropped', out == 'No draft.\n', [out, err])

    path = home.folder / 'bob.txt'
    status, out, err = home.run_cli('alice', 'export', 'bob', path)
    check('alone/export-as-text', status == 0 and '今天天气很好' in path.read_text(), [out, err])
    status, out, err = home.run_cli('alice', 'export', '--json-lines', 'bob', path)
    check('alone/export-does-not-overwrite', status == 1 and '今' in path.read_text(), [status, err])
    status, out, err = home.run_cli('alice', 'export', '--json-lines', '--replace', 'bob', path)
    check('alone/export-as-json', status == 0 and path.read_text().startswith('{'), [status, err])


def mistakes(home, check):
    server = home.start_server()
    meet(home, 'alice', 'bob')
    home.run_cli('alice', 'send', 'bob', 'hello')
    bob = home.start_person('bob')
    bob.wait('message')
    wrong = {
        'reply #999 hi': 'unknown-line', 'reply one hi': 'usage', 'reply #1': 'usage',
        'edit #1 mine now': 'not-sent', 'delete #1': 'not-sent', 'react #1 ' + 'x' * 65: 'not-sent',
        'withdraw #1': 'not-sent', 'history nobody': 'unknown-peer', 'history alice often': 'usage',
        'search': 'usage', 'send alice ' + 'x' * 65537: 'not-sent', 'draft nobody': 'unknown-peer',
        'send bob to myself': 'self', 'send nobody hi': 'unknown-peer', 'note': 'usage',
        'export alice': 'usage', 'export alice /no/such/folder/x': 'not-written',
        'read nobody': 'unknown-peer', 'backup /tmp/x': 'usage', 'set strangers maybe': 'invalid',
        'set nothing': 'invalid', 'avatar /dev/null': 'invalid', 'avatar /no/file': 'not-read',
        'add udpnat:x@': 'bad-link', 'add nobody': 'unknown-peer', 'trust alice yes': 'no-new-key',
        'verify alice 12345': 'not-equal', 'nick alice ' + 'x' * 65: 'name-not-allowed',
        'decline alice': 'no-request', 'unblock alice': 'not-blocked', 'forget alice': 'usage',
        'login': 'usage', 'status ' + 'x' * 513: 'invalid', 'help nothing': 'usage',
    }
    for line, code in wrong.items():
        bob.say(line)
        error = bob.wait('error', code=code, seconds=5)
        check(f'mistakes/{line[:24].replace(" ", "-").replace("#", "")}', error and
              len(error['message']) < 400, bob.events[-2:])
    check('mistakes/none-of-them-ends-the-program', bob.leave() == 0, home.stderr[-1:])
    for words in ['delete', '1'], ['history', 'nobody'], ['reply', '99', 'x']:
        status, out, err = home.run_cli('bob', *words)
        check(f'mistakes/{"-".join(words)}-on-the-command-line-fails', status in (1, 2) and err,
              [status, out, err])
    home.stop(server)


if __name__ == '__main__':
    sys.exit(run(__doc__, [mailbox, no_mailbox, outbox, killed_while_talking, disk, lines, unread,
                           alone, mistakes]))
