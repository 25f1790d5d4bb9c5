"""People at other servers: name@server, in both directions, with the real programs. Prints TAP."""

import shutil
import sys

from home import free_port, run


class Abroad:
    """A second server, and the words by which somebody is at home there."""

    def __init__(self, home):
        self.home = home
        self.port = free_port()
        self.folder = home.folder / f'abroad-{self.port}'
        self.folder.mkdir(mode=0o700)
        self.place = f'127.0.0.1:{self.port}'
        self.words = ['--server', self.place, '--cport', '0', '--strangers', 'accept']
        self.server = None
        self.start()

    def start(self):
        self.server = self.home.start_server('--port', self.port, '--state-dir', self.folder)

    def stop(self):
        self.home.stop(self.server)


def both_ways(home, check):
    here, there = home.start_server(), Abroad(home)
    bob = home.start_person('bob', *there.words)
    alice = home.start_person('alice', '--cport', '0')
    alice_there = f'alice@127.0.0.1:{home.port}'
    bob.wait('registered')
    alice.wait('registered')
    alice.say(f'send bob@{there.place} hello over there')
    got = bob.wait('message', text='hello over there')
    check('both-ways/arrives', got, [alice.events, bob.events])
    check('both-ways/is-delivered', alice.wait('delivered', to=f'bob@{there.place}'),
          [alice.events])
    check('both-ways/is-named-by-their-server',
          bob.select('peer', name=alice_there) or bob.wait('peer', name=alice_there),
          [bob.events])
    bob.say(f'send {alice_there} and back')
    check('both-ways/the-answer-arrives',
          alice.wait('message', text='and back', from_=f'bob@{there.place}'), [alice.events])
    check('both-ways/once-registered-each',
          [len(who.select('registered')) for who in (alice, bob)] == [1, 1],
          [alice.events, bob.events])
    alice.leave()

    # Alice has gone: her own server keeps what bob says, though he is not registered there.
    bob.say(f'send {alice_there} for later')
    check('both-ways/a-letter-goes-to-her-server',
          bob.wait('stored', to=alice_there), [bob.events])
    bob.leave()
    there.stop()
    status, events = home.run_json('alice', '--cport', '0', 'wait')
    check('both-ways/and-comes-when-both-bob-and-his-server-are-gone',
          status == 0 and 'for later' in [event.get('text') for event in events], [events])
    home.stop(here)


def one_shot(home, check):
    here, there = home.start_server(), Abroad(home)
    home.run_cli('bob', *there.words, 'list')
    status, out, err = home.run_cli('alice', '--cport', '0', 'send', f'bob@{there.place}', 'one')
    check('one-shot/a-letter-is-left', status == 0, [out, err])
    status, events = home.run_json('bob', *there.words, 'wait')
    check('one-shot/it-comes', 'one' in [event.get('text') for event in events], [events])

    bob = home.start_person('bob', *there.words)
    bob.wait('registered')
    status, out, err = home.run_cli('alice', '--cport', '0', 'send', f'BOB@{there.place}', 'two')
    check('one-shot/is-delivered', status == 0 and bob.wait('message', text='two'), [out, err])
    bob.leave()
    home.stop(here)
    there.stop()


def nobody(home, check):
    here, there = home.start_server(), Abroad(home)
    status, events = home.run_json('alice', '--cport', '0', 'send', f'eve@{there.place}', 'x')
    errors = [event['message'] for event in events if event['event'] == 'error']
    check('nobody/no-such-name', status != 0 and there.place in errors[0], [events])
    status, out, err = home.run_cli('alice', '--cport', '0', 'send', f'eve@127.0.0.1:{free_port()}',
                                    'x')
    check('nobody/no-server-there', status != 0 and 'does not answer' in err, [out, err])
    status, out, err = home.run_cli('alice', '--cport', '0', 'send', 'eve@nowhere.invalid', 'x')
    check('nobody/no-such-server', status != 0 and 'nowhere.invalid' in err, [out, err])
    for bad in ('eve@', '@here', 'a b@ c d'):
        status, out, err = home.run_cli('alice', '--cport', '0', 'send', bad, 'x')
        check(f'nobody/{bad!r}-is-no-name', status != 0 and err, [out, err])
    status, out, err = home.run_cli('a@b', 'list')
    check('nobody/no-name-has-an-at', status != 0 and err, [out, err])
    home.stop(here)
    there.stop()


def own_server(home, check):
    """The own server by another name: nobody is thrown out."""
    here = home.start_server('--ip', '0.0.0.0')
    bob = home.start_person('bob', '--cport', '0', '--strangers', 'accept')
    alice = home.start_person('alice', '--cport', '0')
    bob.wait('registered')
    alice.wait('registered')
    alice.say(f'send bob@localhost:{home.port} hello')
    check('own-server/arrives', bob.wait('message', text='hello'), [alice.events, bob.events])
    check('own-server/once-registered-each',
          [len(who.select('registered')) for who in (alice, bob)] == [1, 1],
          [alice.events, bob.events])
    check('own-server/never-replaced', not alice.select('error'), [alice.events])
    alice.leave()
    bob.leave()
    home.stop(here)


def links(home, check):
    here, there = home.start_server(), Abroad(home)
    bob = home.start_person('bob', *there.words)
    bob.wait('registered')
    bob.say('link')
    link = bob.wait('link')['link']
    status, out, err = home.run_cli('alice', '--cport', '0', 'add', link)
    check('links/of-another-server', status == 0 and f'bob@{there.place}' in out, [link, out, err])
    status, out, err = home.run_cli('alice', '--cport', '0', 'send', f'bob@{there.place}',
                                    'by link')
    check('links/lead-there', status == 0 and bob.wait('message', text='by link'), [out, err])
    bob.leave()
    home.stop(here)
    there.stop()


def new_server_key(home, check):
    here, there = home.start_server(), Abroad(home)
    bob = home.start_person('bob', *there.words)
    bob.wait('registered')
    home.run_cli('alice', '--cport', '0', 'send', f'bob@{there.place}', 'first')
    bob.wait('message', text='first')
    bob.kill()
    there.stop()
    shutil.rmtree(there.folder)
    there.folder.mkdir(mode=0o700)
    there.start()
    alice = home.start_person('alice', '--cport', '0')
    alice.wait('registered')
    alice.say(f'send carol@{there.place} hello')
    told = alice.wait('error', code='unknown-peer')
    check('new-server-key/is-told', told and 'another key' in told['message'], [alice.events])
    alice.say(f'send bob@{there.place} second')
    check('new-server-key/what-waits-says-why',
          alice.select('error', code='other-server-changed') or
          alice.wait('error', code='other-server-changed'), [alice.events])
    alice.say(f'trust @{there.place}')
    check('new-server-key/trust-explains-first', alice.wait('error', code='usage'), [alice.events])
    alice.say(f'trust @{there.place} yes', f'send carol@{there.place} hello')
    told = alice.wait('error', code='unknown-peer')
    check('new-server-key/then-it-is-asked', told and 'Nobody is called' in told['message'],
          [alice.events])
    dave = home.start_person('dave', *there.words)
    dave.wait('registered')
    alice.say(f'send dave@{there.place} hello')
    check('new-server-key/and-carries-what-is-said', dave.wait('message', text='hello'),
          [alice.events])
    dave.leave()
    alice.leave()
    home.stop(here)
    there.stop()


def request(home, check):
    """Who asks from elsewhere can be answered, also by a program that was killed in between."""
    here, there = home.start_server(), Abroad(home)
    ask = [*there.words[:-1], 'ask']
    bob = home.start_person('bob', *ask)
    bob.wait('registered')
    alice = home.start_person('alice', '--cport', '0')
    alice.wait('registered')
    alice.say(f'send bob@{there.place} may I?')
    asked = bob.wait('request', text='may I?')
    bob.kill()
    alice.leave()
    status, out, err = home.run_cli('bob', *ask, 'requests')
    check('request/is-named-after-a-kill', asked and asked['from'] in out and
          asked['from'].endswith(f'@127.0.0.1:{home.port}'), [bob.events, out, err])
    status, events = home.run_json('bob', *ask, 'accept', asked['from'])
    check('request/accepted-after-it', status == 0, [events])
    status, events = home.run_json('bob', *ask, 'send', asked['from'], 'you may')
    check('request/the-answer-is-left-there', status == 0, [events])
    status, events = home.run_json('alice', '--cport', '0', 'wait')
    check('request/and-is-got', 'you may' in [event.get('text') for event in events], [events])
    home.stop(here)
    there.stop()


if __name__ == '__main__':
    sys.exit(run(__doc__, [both_ways, one_shot, nobody, own_server, links, new_server_key,
                           request]))
