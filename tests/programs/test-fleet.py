"""Several servers that share a directory in Redis, with the real programs: udpnat-server,
udpnat-cli and redis-server. Prints TAP, and on stderr how long things took."""

import sys
import time

from fleet import Fleet, note
from home import free_port, run, soon


def chat(fleet, check):
    a, b, _ = fleet.nodes
    alice, bob = fleet.person('alice', a), fleet.person('bob', b)
    check('chat/a-name-is-one-person-everywhere', fleet.is_refused('ALICE', b))
    began = time.monotonic()
    alice.say('send bob hello from another node')
    check('chat/arrives', bob.wait('message', text='hello from another node', from_='alice'),
          [alice.events, bob.events])
    check('chat/is-delivered', alice.wait('delivered', to='bob'), [alice.events])
    note('first message to another node', began)
    bob.say('send alice and back')
    check('chat/the-answer-arrives', alice.wait('message', text='and back', from_='bob'),
          [alice.events, bob.events])
    alice.say('send nobody hello')
    check('chat/nobody-is-nobody', alice.wait('error', code='unknown-peer'), [alice.events])
    bob.leave()
    alice.say('send bob for later')
    check('chat/a-letter-is-kept', alice.wait('stored', to='bob'), [alice.events])
    bob = fleet.person('bob', fleet.nodes[2])
    check('chat/and-comes-at-a-third-node', bob.wait('message', text='for later', from_='alice'),
          [bob.events])
    alice.leave()
    bob.leave()
    check('chat/no-command-was-refused', not fleet.redis.refusals(), fleet.redis.refusals())


def whole(home, check):
    fleet = Fleet(home)
    chat(fleet, check)
    fleet.stop()


def killed_node(home, check):
    fleet = Fleet(home)
    a, b, c = fleet.nodes
    alice, bob = fleet.person('alice', a), fleet.person('bob', b)
    dora = fleet.person('dora', b)  # talks with nobody
    alice.say('send bob before')
    bob.wait('message', text='before')
    began = time.monotonic()
    b.kill()
    alice.say('send bob while his node is dead')
    check('killed-node/they-register-elsewhere', bob.wait('registered', seconds=10), [bob.events])
    note('registered elsewhere after kill -9', began)
    check('killed-node/the-idle-as-well',
          dora.wait('registered', seconds=10 - (time.monotonic() - began)), [dora.events])
    note('registered elsewhere after kill -9, idle', began)
    check('killed-node/nothing-is-lost',
          bob.wait('message', text='while his node is dead', from_='alice'),
          [alice.events, bob.events])
    note('message that was under way', began)
    bob.say('send alice and back')
    check('killed-node/both-ways', alice.wait('message', text='and back'), [alice.events])
    carol = fleet.person('carol', c)
    carol.say('send bob found again')
    check('killed-node/others-find-them', bob.wait('message', text='found again'),
          [carol.events, bob.events])
    b.start()
    for who in (alice, bob, carol, dora):
        who.leave()
    fleet.stop()


def letters(home, check):
    """Of somebody who is gone, at a server that is gone: they come when that is back."""
    fleet = Fleet(home)
    a, b, _ = fleet.nodes
    fleet.person('bob', b).leave()
    alice = fleet.person('alice', a)
    alice.say('send bob kept at the dead node')
    check('letters/kept', alice.wait('stored', to='bob'), [alice.events])
    alice.kill()
    a.kill()
    bob = fleet.person('bob', b)
    check('letters/wait-for-their-server', not bob.wait('message', seconds=10), [bob.events])
    began = time.monotonic()
    a.start()
    check('letters/and-come-when-it-is-back',
          bob.wait('message', text='kept at the dead node', seconds=50), [bob.events])
    note('letter, since its server is back', began)
    bob.leave()
    fleet.stop()


def redis_down(home, check):
    fleet = Fleet(home)
    a, b, _ = fleet.nodes
    alice, bob = fleet.person('alice', a), fleet.person('bob', b)
    alice.say('send bob before')
    bob.wait('message', text='before')
    fleet.redis.kill()
    time.sleep(1)
    alice.say('send bob without a directory')
    check('redis-down/chats-go-on', bob.wait('message', text='without a directory'),
          [alice.events, bob.events])
    carol = home.start_person('carol', '--server', a.place, '--cport', '0')
    check('redis-down/new-names-wait', carol.wait('error', code='try-later'), [carol.events])
    alice.say('send somebody hello')
    told = alice.wait('error', code='unknown-peer')
    check('redis-down/nobody-is-called-unknown', told and 'cannot say now' in told['message'],
          [alice.events])
    began = time.monotonic()
    fleet.redis.start()
    check('redis-down/and-come-when-it-is-back', carol.wait('registered', seconds=20),
          [carol.events])
    note('name that waited, since Redis is back', began)
    carol.say('send bob healed')
    check('redis-down/everybody-is-found-again', bob.wait('message', text='healed'),
          [carol.events, bob.events])
    for who in (alice, bob, carol):
        who.leave()
    fleet.stop()


def redis_hangs(home, check):
    fleet = Fleet(home, 2)
    alice = fleet.person('alice', fleet.nodes[0])
    fleet.redis.pause(True)
    bob = home.start_person('bob', '--server', fleet.nodes[1].place, '--cport', '0',
                            '--strangers', 'accept')
    check('redis-hangs/is-not-waited-for', bob.wait('error', code='try-later', seconds=10),
          [bob.events])
    fleet.redis.pause(False)
    check('redis-hangs/heals', bob.wait('registered', seconds=20), [bob.events])
    alice.say('send bob hello')
    check('redis-hangs/and-works', bob.wait('message', text='hello'), [alice.events, bob.events])
    alice.leave()
    bob.leave()
    fleet.stop()


def redis_emptied(home, check):
    """All that Redis knew is lost: the servers say it again."""
    fleet = Fleet(home, 2)
    alice, bob = fleet.person('alice', fleet.nodes[0]), fleet.person('bob', fleet.nodes[1])
    home.run_cli('dave', '--server', fleet.nodes[1].place, '--cport', '0', 'list')
    before = fleet.redis.ask('dbsize')
    fleet.redis.ask('flushall')
    fleet.redis.kill()
    fleet.redis.start()
    check('redis-emptied/all-is-said-again', soon(
        lambda: fleet.redis.ask('dbsize') == before, seconds=40), [fleet.redis.ask('keys', '*')])
    check('redis-emptied/names-stay-whose-they-were', fleet.is_refused('dave', fleet.nodes[0]))
    alice.say('send bob hello')
    check('redis-emptied/people-are-found', bob.wait('message', text='hello'),
          [alice.events, bob.events])
    alice.leave()
    bob.leave()
    fleet.stop()


def drain(home, check):
    fleet = Fleet(home)
    a, b, _ = fleet.nodes
    alice, bob = fleet.person('alice', a), fleet.person('bob', b)
    alice.say('send bob before')
    bob.wait('message', text='before')
    began = time.monotonic()
    status, out, err = b.drain()
    check('drain/is-told', status == 0, [out, err])
    check('drain/they-register-elsewhere', bob.wait('registered', seconds=10), [bob.events])
    note('registered elsewhere by drain', began)
    check('drain/without-losing-the-server', not bob.select('server-lost'), [bob.events])
    status, out, err = home.finish(b.process)
    check('drain/it-ends-by-itself', status == 0 and 'draining' in out, [status, out, err])
    note('drained and ended', began)
    alice.say('send bob after')
    check('drain/chats-go-on', bob.wait('message', text='after'), [alice.events, bob.events])
    alice.leave()
    bob.leave()
    fleet.stop()


def named_servers(home, check):
    """--server A,B: the second one counts when the first does not answer."""
    home_server = home.start_server()
    began = time.monotonic()
    status, out, err = home.run_cli('alice', '--server',
                                    f'127.0.0.1:{free_port()},127.0.0.1:{home.port}',
                                    '--cport', '0', 'list')
    check('named-servers/the-next-is-gone-to', status == 0, [out, err])
    note('first of two servers does not answer', began)
    status, out, err = home.run_cli('alice', '--server', '127.0.0.1:1,x:99999', 'list')
    check('named-servers/each-must-be-one', status != 0 and 'HOST' in err, [out, err])
    home.stop(home_server)


if __name__ == '__main__':
    sys.exit(run(__doc__, [whole, killed_node, letters, redis_down, redis_hangs, redis_emptied,
                           drain, named_servers]))
