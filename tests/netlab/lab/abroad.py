"""People at different servers: each reaches the other as name@server, a guest there, and the path
becomes as direct as between people at one server."""

import time

from .programs import Server
from .stage import DELIVER_SECONDS, REGISTER_SECONDS, SETTLE_SECONDS
from .stay import forget, has_conntrack
from .topology import SERVER

OTHER_PORT = 9848
THERE = f'{SERVER}:{OTHER_PORT}'
TEST_SECONDS = 6.0  # in which both test their own routers
SEARCH_SECONDS = 15.0


def start(stage, kinds):
    stage.start_server()
    folder = stage.folder / 'there'
    folder.mkdir()
    stage.programs.append(Server(stage.build, stage.lab.public, folder, port=OTHER_PORT))
    if not stage.programs[-1].wait_until_listening():
        raise RuntimeError('the second udpnat-server does not open its port')
    sites = [stage.lab.add_site(name, kind, number)
             for number, (name, kind) in enumerate(zip('ab', kinds), 1)]
    people = (stage.start_client(sites[0], 'alice'),
              stage.start_client(sites[1], 'bob', server=THERE))
    for person in people:
        if not person.wait_registered(REGISTER_SECONDS):
            raise RuntimeError(f'{person.name} is not registered')
    return people


def get_direct(person):
    return [path for path in person.select('path') if path['kind'] == 'direct']


def say(stage, sender, to, receiver, text):
    sender.send(to, text)
    receiver.wait_for(lambda: receiver.select('message', text=text), DELIVER_SECONDS)
    came = receiver.select('message', text=text)
    stage.check(f'{sender.name}-is-heard-once', len(came) == 1, [text])
    sender.wait_for(lambda: sender.select('delivered', to=to), DELIVER_SECONDS)
    stage.check(f'{sender.name}-is-told', sender.select('delivered', to=to), [text])
    return (came[0]['at'] - sender.send_times[text]) * 1000 if came else None


def run_direct(stage, kind_a, kind_b):
    alice, bob = start(stage, (kind_a, kind_b))
    time.sleep(TEST_SECONDS if 'symmetric' in (kind_a, kind_b) else 1.0)
    begun = time.monotonic()
    first = say(stage, alice, f'bob@{THERE}', bob, 'hello over there')
    seconds = SEARCH_SECONDS if 'symmetric' in (kind_a, kind_b) else SETTLE_SECONDS
    for person in (alice, bob):
        person.wait_for(lambda p=person: get_direct(p), seconds)
    found = [get_direct(person) for person in (alice, bob)]
    stage.check('path-is-direct', all(found), [alice.select('path'), bob.select('path')])
    back = say(stage, bob, f'alice@{SERVER}', alice, 'and back')
    stage.check('nobody-is-thrown-out', all(len(person.select('registered')) == 1
                                            for person in (alice, bob)))
    if all(found):
        direct = (max(paths[0]['at'] for paths in found) - begun) * 1000
        stage.figures['abroad'] = (f'first message {first:.0f} ms, direct {direct:.0f} ms, '
                                   f'answer {back:.0f} ms')


def run_server_gone(stage):
    """The server where both met is gone: what is said takes the direct path, and when a router has
    forgotten that, the way by the other's own server."""
    alice, bob = start(stage, ('portrestricted', 'portrestricted'))
    say(stage, alice, f'bob@{THERE}', bob, 'hello')
    for person in (alice, bob):
        person.wait_for(lambda p=person: get_direct(p), SETTLE_SECONDS)
    stage.programs[1].signal(9)
    say(stage, bob, f'alice@{SERVER}', alice, 'still there')
    if has_conntrack(stage, 'after-her-router-forgot'):
        forget(stage.lab.get_router('ra'))
        say(stage, bob, f'alice@{SERVER}', alice, 'by her own server')


ALL = {
    'abroad/direct': (run_direct, ('portrestricted', 'portrestricted')),
    'abroad/search': (run_direct, ('symmetric', 'portrestricted')),
    'abroad/server-gone': (run_server_gone, ()),
}
QUICK = ['abroad/direct', 'abroad/server-gone']
