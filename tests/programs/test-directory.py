"""Who else is there, at servers that tell of everybody, in pages, or nobody. Prints TAP."""

import sys

from home import run


def whole(home, check):
    server = home.start_server()
    bob = home.start_person('bob')
    carol = home.start_person('Carla')
    bob.wait('registered')
    carol.wait('registered')
    status, out, err = home.run_cli('alice', 'list')
    check('whole/list-has-all', status == 0 and 'bob' in out and 'Carla' in out, [out, err])
    status, out, err = home.run_cli('alice', 'list', 'CAR')
    check('whole/list-by-prefix', status == 0 and 'Carla' in out and 'bob' not in out, [out, err])
    status, out, err = home.run_cli('alice', 'list', 'a', 'b')
    check('whole/one-prefix', status == 2, [out, err])
    bob.leave()
    carol.leave()
    home.stop(server)


def paged(home, check):
    server = home.start_server('--directory-mode', 'pages')
    bob = home.start_person('bob')
    carol = home.start_person('Carla')
    bob.wait('registered')
    carol.wait('registered')
    status, out, err = home.run_cli('alice', 'list')
    check('pages/list-has-all', status == 0 and 'bob' in out and 'Carla' in out, [out, err])
    status, out, err = home.run_cli('alice', 'list', 'car')
    check('pages/list-by-prefix', status == 0 and 'Carla' in out and 'bob' not in out, [out, err])
    status, events = home.run_json('alice', 'list', 'car')
    check('pages/list-as-json',
          [event['name'] for event in events if event['event'] == 'peer'] == ['Carla'], [events])
    status, out, err = home.run_cli('alice', 'list', 'zz')
    check('pages/nobody-like-that', status == 0 and 'Nobody called like that' in out, [out, err])

    # A contact is told of, and who is none only to those who look.
    status, out, err = home.run_cli('alice', 'send', 'bob', 'hello')
    check('pages/send-by-name', status == 0, [out, err])
    alice = home.start_person('alice')
    check('pages/contact-is-told', alice.wait('peer', name='bob', presence='online'),
          [alice.events])
    bob.leave()
    check('pages/and-when-they-go', alice.wait('peer', name='bob', presence='offline'),
          [alice.events])
    check('pages/others-are-not', not alice.select('peer', name='Carla'), [alice.events])
    alice.say('peers c')
    check('pages/unless-looked-for', alice.wait('peer', name='Carla', presence='online'),
          [alice.events])
    alice.leave()
    carol.leave()
    home.stop(server)


def private(home, check):
    server = home.start_server('--directory-mode', 'private')
    bob = home.start_person('bob')
    bob.wait('registered')
    status, out, err = home.run_cli('alice', 'list')
    check('private/list-has-nobody', status == 0 and 'bob' not in out, [out, err])
    check('private/and-says-why', 'tells nobody who else is there' in out, [out, err])
    status, out, err = home.run_cli('alice', 'send', 'bob', 'hello')
    check('private/exact-names-work', status == 0, [out, err])
    check('private/the-message-comes', bob.wait('message') or bob.wait('request'), [bob.events])
    alice = home.start_person('alice')
    check('private/contact-is-told', alice.wait('peer', name='bob', presence='online'),
          [alice.events])
    alice.leave()
    bob.leave()
    home.stop(server)


if __name__ == '__main__':
    sys.exit(run(__doc__, [whole, paged, private]))
