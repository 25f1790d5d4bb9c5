"""People: who may write, who is who, and how one is sure of it. Prints TAP."""

import json
import shutil
import sys

from home import run


def kinds(events):
    return [event['event'] for event in events]


def registered(home, *people):
    for who in people:
        home.run_cli(who, 'list')


# ---- Strangers ----


def requests(home, check):
    server = home.start_server()
    registered(home, 'alice', 'mallory', 'carol')
    bob = home.start_person('bob')
    bob.wait('registered')
    status, events = home.run_json('alice', 'send', 'bob', 'may I?')
    check('requests/a-stranger-can-write', status == 0, [events])
    request = bob.wait('request', from_='alice')
    check('requests/it-is-told-as-a-request', request and request['text'] == 'may I?', [bob.events])
    check('requests/not-as-a-message', not bob.select('message'), [bob.events])
    for who in 'mallory', 'carol':
        home.run_cli(who, 'send', 'bob', f'this is {who}')
        bob.wait('request', from_=who)
    bob.leave()

    status, out, err = home.run_cli('bob', 'requests')
    check('requests/list-has-all-with-their-words',
          all(text in out for text in ('may I?', 'this is mallory', 'this is carol')), [out, err])
    check('requests/list-says-what-to-do',
          'accept alice, decline alice or block alice' in out and 'no address' in out, [out])
    status, out, err = home.run_cli('bob', text='exit\n')
    check('requests/the-prompt-tells-them-again', 'Somebody new writes to you: alice' in out, [out])

    status, out, err = home.run_cli('bob', 'accept', 'alice')
    check('requests/accept-exits-0', status == 0 and 'alice is a contact' in out, [out, err])
    status, out, err = home.run_cli('bob', 'decline', 'carol')
    check('requests/decline-exits-0', status == 0, [out, err])
    status, events = home.run_json('bob', 'block', 'mallory')
    check('requests/block-is-told', ['blocked'] == [event['relation'] for event in events
                                                    if event['event'] == 'contact'], [events])
    status, out, err = home.run_cli('bob', 'requests')
    check('requests/none-is-left', out == 'Nobody waits for an answer.\n', [out, err])
    status, out, err = home.run_cli('bob', 'search', 'carol')
    check('requests/what-a-declined-one-wrote-is-gone', out == 'Nothing found.\n', [out, err])

    alice = home.start_person('alice')
    bob = home.start_person('bob')
    bob.wait('registered')
    contact = alice.wait('contact', name='bob', mutual=True)
    check('requests/the-accepted-one-is-told', contact, [alice.events])
    alice.say('send bob thank you')
    check('requests/and-writes-as-a-contact', bob.wait('message', from_='alice'), [bob.events])
    alice.leave()
    for who in 'mallory', 'carol':
        home.run_cli(who, '--timeout', '3', 'send', 'bob', f'again {who}', seconds=20)
    check('requests/nothing-comes-from-the-others',
          not bob.select('request', from_='mallory') and
          not bob.select('request', from_='carol') and
          not bob.select('message', from_='mallory'), [bob.events])
    bob.say('unblock mallory')
    check('requests/unblocked-is-told', bob.wait('contact', name='mallory', relation='none'))
    bob.leave()
    home.stop(server)


def unblocked(home, check):
    server = home.start_server()
    for who in 'alice', 'bob':
        registered(home, who)
    bob = home.start_person('bob')
    bob.wait('registered')
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say('send bob hello')
    request = bob.wait('request', from_='alice')
    bob.say(f'reply #{request["number"]} hello yourself')
    alice.wait('message', from_='bob')
    alice.leave()
    bob.say('send alice until later')
    stored = bob.wait('stored', to='alice')
    bob.say('block alice')
    bob.wait('contact', name='alice', relation='blocked')
    bob.say('unblock alice')
    check('unblocked/is-a-contact-again', bob.wait('contact', name='alice', relation='accepted'),
          [bob.events])
    alice = home.start_person('alice')
    alice.wait('registered')
    check('unblocked/what-waited-still-comes', bob.wait('delivered', id=stored['id']),
          [bob.events])
    alice.say('send bob and back')
    check('unblocked/writes-as-a-contact', bob.wait('message', text='and back'), [bob.events])
    alice.leave()
    bob.leave()
    home.stop(server)


def answering_accepts(home, check):
    server = home.start_server()
    registered(home, 'alice')
    bob = home.start_person('bob')
    bob.wait('registered')
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say('send bob hello')
    request = bob.wait('request', from_='alice')
    bob.say(f'reply #{request["number"]} hello yourself')
    check('answering/makes-a-contact', bob.wait('contact', name='alice', relation='accepted'))
    got = alice.wait('message', from_='bob')
    check('answering/arrives', got and got['text'] == 'hello yourself', [alice.events])
    check('answering/and-both-know-it', alice.select('contact', name='bob', mutual=True),
          [alice.events])
    alice.leave()
    bob.leave()
    home.stop(server)


def refusing(home, check):
    server = home.start_server()
    registered(home, 'alice')
    bob = home.start_person('bob', '--strangers', 'refuse')
    bob.wait('registered')
    home.run_cli('alice', '--timeout', '3', 'send', 'bob', 'hello?')
    bob.say('set strangers')
    setting = bob.wait('setting')
    check('refusing/is-remembered', setting and setting['value'] == 'refuse', [bob.events])
    check('refusing/hears-nothing-of-strangers',
          not bob.select('request') and not bob.select('message'), [bob.events])
    bob.leave()
    home.stop(server)


# ---- Contacts ----


def contacts(home, check):
    server = home.start_server()
    registered(home, 'bob', 'carol', 'Ann Lee')
    for who in 'bob', 'carol', 'Ann Lee':
        home.run_cli('alice', 'send', who, f'hello {who}')

    def names():
        return [event['name'] for event in home.run_json('alice', 'contacts')[1]]

    check('contacts/newest-conversation-first', names() == ['Ann Lee', 'carol', 'bob'], [names()])
    home.run_cli('alice', 'pin', 'bob')
    check('contacts/pinned-first', names() == ['bob', 'Ann Lee', 'carol'], [names()])
    home.run_cli('alice', 'unpin', 'bob')
    check('contacts/unpinned', names() == ['Ann Lee', 'carol', 'bob'], [names()])

    status, out, err = home.run_cli('alice', 'nick', 'Ann Lee', 'Auntie Ann')
    check('contacts/nick-exits-0', status == 0, [out, err])
    status, out, err = home.run_cli('alice', 'whois', 'auntie ann')
    check('contacts/found-by-nickname-in-any-case',
          status == 0 and 'Auntie Ann (Ann Lee)' in out and 'your contact' in out, [out, err])
    status, events = home.run_json('alice', 'history', 'Auntie Ann')
    check('contacts/json-goes-on-with-the-name', events[0]['peer'] == 'Ann Lee', [events])
    key = home.run_json('alice', 'whois', 'carol')[1][0]['key']
    status, events = home.run_json('alice', 'whois', key.upper())
    check('contacts/found-by-key', events[0]['name'] == 'carol', [events])
    home.run_cli('alice', 'nick', 'Auntie Ann')
    status, out, err = home.run_cli('alice', 'whois', 'Ann Lee')
    check('contacts/nickname-is-dropped', 'Auntie' not in out, [out, err])

    home.run_cli('alice', 'mute', 'carol')
    muted = home.run_json('alice', 'whois', 'carol')[1][0]['muted']
    home.run_cli('alice', 'unmute', 'carol')
    unmuted = home.run_json('alice', 'whois', 'carol')[1][0]['muted']
    check('contacts/mute-and-unmute', muted is True and unmuted is False, [muted, unmuted])

    status, out, err = home.run_cli('alice', 'forget', 'carol')
    check('contacts/forget-asks-first', status == 2 and 'forget carol yes' in err, [out, err])
    status, out, err = home.run_cli('alice', 'forget', 'carol', 'yes')
    check('contacts/forget-exits-0', status == 0, [out, err])
    check('contacts/forgotten', names() == ['Ann Lee', 'bob'], [names()])
    status, out, err = home.run_cli('alice', 'search', 'carol')
    check('contacts/with-what-was-said', out == 'Nothing found.\n', [out, err])
    home.stop(server)


def presence(home, check):
    server = home.start_server()
    alice = home.start_person('alice')
    alice.wait('registered')
    bob = home.start_person('bob')
    check('presence/comes', alice.wait('peer', name='bob', presence='online'), [alice.events])
    bob.say('away')
    check('presence/away', alice.wait('peer', name='bob', presence='away'), [alice.events])
    bob.say('back')
    check('presence/back', alice.wait('peer', name='bob', presence='online'), [alice.events])
    bob.say('getuser')
    check('presence/getuser', bob.wait('peer', name='alice', online=True), [bob.events])
    bob.leave()
    check('presence/goes', alice.wait('peer', name='bob', presence='offline'), [alice.events])
    alice.leave()
    home.stop(server)


def profile_of_others(home, check):
    """Status lines and pictures reach contacts who have accepted each other."""
    server = home.start_server()
    for who in 'alice', 'bob':
        home.run_cli(who, '--strangers', 'accept', 'list')
    picture = home.folder / 'me.png'
    picture.write_bytes(b'\x89PNG\r\n\x1a\n' + bytes(1000))
    status, out, err = home.run_cli('alice', 'avatar', picture)
    check('others/avatar-exits-0', status == 0, [out, err])
    alice, bob = home.start_person('alice'), home.start_person('bob')
    bob.wait('registered')
    alice.say('send bob hi')
    alice.wait('delivered')
    alice.say('status in Köln \x1b[31mtoday')
    told = bob.wait('contact', name='alice', status='in Köln \x1b[31mtoday')
    check('others/status-arrives', told, [bob.events])
    alice.leave()
    bob.leave()
    status, out, err = home.run_cli('bob', 'whois', 'alice')
    check('others/status-is-clean-at-a-terminal',
          'in Köln' in out and '\x1b' not in out and 'picture    1008 bytes' in out, [out, err])
    home.stop(server)


# ---- Keys ----


def verify(home, check):
    server = home.start_server()
    registered(home, 'bob')
    home.run_cli('alice', 'send', 'bob', 'hi')
    home.run_cli('bob', '--strangers', 'accept', 'wait')
    numbers = [home.run_json(who, 'verify', other)[1][0]['number']
               for who, other in (('alice', 'bob'), ('bob', 'alice'))]
    check('verify/both-see-the-same-60-digits',
          numbers[0] == numbers[1] and len(numbers[0].replace(' ', '')) == 60, numbers)
    status, out, err = home.run_cli('alice', 'verify', 'bob')
    check('verify/says-how-to-compare', 'not in this chat' in out and '█' in out, [out, err])
    wrong = numbers[0][:-1] + str((int(numbers[0][-1]) + 1) % 10)
    status, out, err = home.run_cli('alice', 'verify', 'bob', wrong)
    check('verify/other-digits-are-refused', status == 1 and 'somebody is in between' in err, [err])
    status, out, err = home.run_cli('alice', 'verify', 'bob', numbers[1])
    check('verify/the-right-digits-verify', status == 0, [out, err])
    status, out, err = home.run_cli('alice', 'whois', 'bob')
    check('verify/is-remembered', 'verified   yes' in out, [out, err])
    home.run_cli('alice', 'verify', 'bob', 'no')
    status, out, err = home.run_cli('alice', 'whois', 'bob')
    check('verify/is-taken-back', 'verified   no' in out, [out, err])
    home.stop(server)


def links(home, check):
    server = home.start_server()
    registered(home, 'bob')
    status, events = home.run_json('bob', 'link')
    link = events[0]['link']
    check('links/own-link', link.startswith(f'udpnat:bob@127.0.0.1:{home.port}?key='), [link])
    status, out, err = home.run_cli('alice', 'add', link)
    check('links/add-exits-0', status == 0 and 'bob is a contact' in out, [out, err])
    status, out, err = home.run_cli('bob', 'add', link)
    check('links/own-link-is-refused', status == 1 and 'your own' in err, [out, err])
    for bad in 'udpnat:', 'http://x', link[:-1], link.replace('key=', 'key=%zz'):
        status, out, err = home.run_cli('carol', 'add', bad)
        check(f'links/bad-{bad[:9]}-{len(bad) - len(link)}', status == 1 and err, [bad, out, err])
    status, out, err = home.run_cli('carol', 'add', 'bob')
    check('links/a-bare-name-needs-the-server', status == 1 and 'server' in err, [out, err])
    status, out, err = home.run_cli('alice', 'send', 'bob', 'found by link')
    check('links/then-send-works', status == 0, [out, err])
    dave = home.start_person('dave')
    dave.wait('registered')
    dave.say('add bob')
    check('links/at-the-prompt-the-server-is-asked',
          dave.wait('contact', name='bob', relation='accepted'), [dave.events])
    dave.leave()
    home.stop(server)


def reports(home, check):
    """How two are connected, and one of them behind the server by choice."""
    server = home.start_server()
    alice = home.start_person('alice')
    bob = home.start_person('bob')
    alice.wait('registered')
    bob.wait('registered')
    alice.say('paths bob', 'send bob hello')
    # Nobody is known until the directory has come, so the first question may have no answer.
    bob.wait('request', from_='alice')
    bob.say('accept alice')
    alice.wait('contact', name='bob', mutual=True)
    alice.say('paths bob')
    # Nobody is told a loopback address.
    report = alice.wait('path_report', peer='bob', phase='relayed')
    check('reports/path-has-reason-and-clock', report and report['kind'] == 'relay' and
          report['reason'] == 'no-candidates' and report['elapsed_us'] > 0 and
          report['remaining_us'] == -1 and report['own'] == [], [alice.events])
    alice.say('paths bob --report')
    text = alice.wait('report')['text']
    check('reports/text-says-the-same', 'phase: relayed\n' in text and
          'reason: no-candidates\n' in text, [text])
    n_before = sum(event['event'] == 'path_report' for event in alice.events)
    alice.say('paths --explain', 'network')
    network = alice.wait('network')
    check('reports/network-is-told', network and network['udp'] == 'works' and
          network['meaning'] == 'server-inside' and '127.0.0.1' in network['observed'], [network])
    explained = [event for event in alice.events if event['event'] == 'path_report'][n_before:]
    check('reports/explain-tells-of-each', [event['peer'] for event in explained] == ['bob'] and
          explained[0]['reason'] == 'no-candidates', [explained])
    alice.say('network --masked')
    text = alice.wait('report')['text']
    check('reports/masked-text-has-no-address', 'loopback-ipv4-1:' in text and
          '127.0.0.1' not in text, [text])

    alice.say('relay bob on')
    check('reports/relay-only-is-told', alice.wait('contact', name='bob', relay_only=True),
          [alice.events])
    check('reports/path-goes-through-the-server',
          alice.wait('path', kind='relay', reason='relay-only-local'), [alice.events])
    check('reports/and-they-are-told-why',
          bob.wait('path', kind='relay', reason='relay-only-remote'), [bob.events])
    alice.say('send bob through the server')
    check('reports/messages-go-on', bob.wait('message', text='through the server'), [bob.events])
    alice.leave()
    alice = home.start_person('alice')
    alice.wait('registered')
    alice.say('send bob still there', 'relay bob')
    check('reports/relay-only-is-remembered',
          alice.wait('contact', name='bob', relay_only=True), [alice.events])
    check('reports/also-in-the-next-run', bob.wait('message', text='still there') and
          alice.wait('path', kind='relay', reason='relay-only-local'), [alice.events])
    alice.leave()
    bob.leave()
    status, out, err = home.run_cli('alice', 'relay', 'bob', 'off')
    check('reports/off-from-the-command-line', status == 0 and 'directly' in out, [out, err])
    home.stop(server)


def path_of_one(home, check):
    """How one person is reached, from the command line: nothing is said to them."""
    server = home.start_server()
    for who in ('alice', 'bob'):
        home.run_cli(who, '--strangers', 'accept', 'list')
    bob = home.start_person('bob')
    bob.wait('registered')
    home.run_cli('alice', 'send', 'bob', 'hello')
    bob.say('send alice welcome')
    bob.wait('stored', to='alice')
    home.run_cli('alice', 'wait')
    n_messages = sum(event['event'] == 'message' for event in bob.events)

    status, out, err = home.run_cli('alice', 'paths', 'bob', '--explain')
    check('path-of-one/says-state-and-reason', status == 0 and '⇄ bob' in out and
          'because' in out and 'they  ' in out, [status, out, err])
    status, events = home.run_json('alice', 'paths', 'bob')
    reports = [event for event in events if event['event'] == 'path_report']
    check('path-of-one/json-has-one-report', status == 0 and len(reports) == 1 and
          reports[0]['phase'] == 'relayed' and reports[0]['reason'] == 'no-candidates',
          [status, events])
    bob.say('whois alice')
    bob.wait('contact', name='alice')
    check('path-of-one/nothing-is-said-to-them',
          sum(event['event'] == 'message' for event in bob.events) == n_messages, [bob.events])
    status, _, err = home.run_cli('alice', 'paths', 'nobody')
    check('path-of-one/who-is-no-contact', status == 1 and 'none of your contacts' in err,
          [status, err])
    bob.leave()
    status, _, err = home.run_cli('alice', 'paths', 'bob')
    check('path-of-one/who-is-away', status == 1 and 'not there' in err, [status, err])
    home.stop(server)
    status, _, err = home.run_cli('alice', '--timeout', '2', 'paths', 'bob')
    check('path-of-one/no-server', status == 1 and 'does not answer' in err, [status, err])


def new_key(home, check):
    """The server gives somebody's name to another key: loud, and nothing goes there by itself."""
    server = home.start_server('--state-dir', home.folder / 'one')
    for who in 'alice', 'bob':
        home.run_cli(who, '--strangers', 'accept', 'list')
    home.run_cli('alice', 'send', 'bob', 'first')
    home.run_json('bob', 'wait')
    old = home.run_json('alice', 'whois', 'bob')[1][0]['key']
    home.stop(server)

    # The same server, which has lost its list of names.
    (home.folder / 'two').mkdir(mode=0o700)
    shutil.copy(home.folder / 'one/server.key', home.folder / 'two/server.key')
    server = home.start_server('--state-dir', home.folder / 'two')
    thief = home.start(
        [home.cli_path, '--server', f'127.0.0.1:{home.port}', '--cip', '127.0.0.1', '--profile',
         home.profile('thief'), '--name', 'bob', '--json', '--strangers', 'accept', 'wait'])
    thief.stdout.readline()
    alice = home.start_person('alice')
    changed = alice.wait('key_changed', name='bob')
    check('new-key/is-told', changed and changed['key'] != old, [alice.events])
    alice.say('send bob still you?')
    check('new-key/is-told-again-at-each-message', alice.wait('error', code='key-changed') and
          alice.wait('error', code='key-changed'), [alice.events])
    alice.say('trust bob')
    check('new-key/trust-explains-first', alice.wait('error', code='usage'), [alice.events])
    alice.say('whois bob')
    about = alice.wait('contact', name='bob', new_key=changed['key'])
    check('new-key/until-then-it-is-the-old-one', about and about['key'] == old, [alice.events])
    check('new-key/exits-0', alice.leave() == 0)

    status, out, err = home.run_cli('alice', text='send bob and now?\nexit\n')
    check('new-key/people-see-a-loud-warning', out.count('!!!') >= 5 and old in out, [out, err])
    alice = home.start_person('alice')
    alice.wait('key_changed', name='bob')
    alice.say('trust bob yes', 'send bob to the new one')
    status, out, err = home.finish(thief)
    got = [event for event in map(json.loads, out.splitlines()) if event['event'] == 'message']
    check('new-key/only-what-was-said-after-it-goes-there',
          [event['text'] for event in got] == ['to the new one'], [out, err, alice.events])
    alice.say('contacts')
    alice.wait('contact', name='bob', verified=False, key=changed['key'])
    alice.leave()
    home.stop(server)


if __name__ == '__main__':
    sys.exit(run(__doc__, [requests, unblocked, answering_accepts, refusing, contacts, presence,
                           profile_of_others, verify, links, reports, path_of_one,
                           new_key]))
