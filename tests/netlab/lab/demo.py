"""Alice and bob, behind two different NATs, talk before your eyes; for each message, the path that
it took."""

import time

from . import nat
from .stage import PASSING_REASONS, Stage
from .topology import SERVER

TITLES = {
    'public': 'no NAT',
    'fullcone': 'full cone NAT',
    'restricted': 'restricted NAT',
    'portrestricted': 'port-restricted NAT',
    'symmetric': 'symmetric NAT',
}
DIALOGUE = (
    ('alice', 'Hello bob! We have never met; the server has only just told me your key.'),
    ('bob', 'Hello alice. That was quick: it came as soon as you had sent it.'),
    ('alice', 'Our routers should know of each other by now.'),
    ('bob', 'So from here on nobody carries our packets but the network itself?'),
    ('alice', 'Look at the path of this message.'),
    ('bob', 'Nice. Bye!'),
)


class Silent:
    """Takes the stage's claims; a demo says only what went wrong."""

    def __init__(self):
        self.failed = 0

    def check(self, name, good, details=()):
        if not good:
            self.failed += 1
            print(f'{name}: no', *details, sep='\n  ')
        return good


def describe_path(path):
    if path is None:
        return 'the server (relay)'
    if path['kind'] == 'relay':
        why = path.get('reason')
        return 'the server (relay' + (
            f': {why})' if why not in PASSING_REASONS else ', while the direct path is made)'
        )
    return f"{'their LAN' if path['kind'] == 'lan' else 'a direct path'} to {path.get('remote')}"


def say(start, text):
    print(f'{time.monotonic() - start:6.2f} s  {text}', flush=True)


def speak(start, sender, receiver, text):
    sent = len(sender.texts.get(receiver.name, []))
    path = sender.get_path(receiver.name)
    sender.send(receiver.name, text)
    came = receiver.wait_for(
        lambda: [
            event
            for event in receiver.events
            if event['event'] == 'message' and event.get('text') == text
        ],
        8.0,
    )
    if not came:
        say(start, f'{sender.name} to {receiver.name}: "{text}" did not arrive')
        return False
    delay = (came[0]['at'] - sender.send_times[text]) * 1000
    say(start, f'{sender.name} → {receiver.name}: {text}')
    print(f'{"":11}{delay:.1f} ms, over {describe_path(path)}', flush=True)
    sender.wait_for(
        lambda: sum(event['event'] == 'delivered' for event in sender.events) > sent, 3.0
    )
    return True


def show(stage, kinds):
    sites = [
        stage.lab.add_site(name, kind, number) for name, kind, number in zip('ab', kinds, (1, 2))
    ]
    print(f'server  {SERVER}:8848')
    for name, site in zip(('alice', 'bob'), sites):
        behind = '' if site.kind == 'public' else f', seen from outside as {site.public}'
        print(f'{name:<8}{site.address}, {TITLES[site.kind]}{behind}')
    print()
    start = time.monotonic()
    people = dict(zip(('alice', 'bob'), stage.start_people(*sites)))
    for name, person in people.items():
        observed = person.select('registered')[0].get('observed')
        say(start, f'{name} is registered; the server sees {observed}')
    others = {'alice': 'bob', 'bob': 'alice'}
    for number, (name, text) in enumerate(DIALOGUE):
        if not speak(start, people[name], people[others[name]], text):
            stage.good = False
        if number == 1:
            show_upgrade(start, people, 'direct' if nat.expect_direct(*kinds) else 'relay')
        time.sleep(0.4)
    print()


def show_upgrade(start, people, wanted):
    """Waits until both know how they will go on, and says so."""

    def is_final(path):
        return path and (
            path['kind'] != 'relay'
            if wanted != 'relay'
            else path.get('reason') not in PASSING_REASONS
        )

    for name, other in (('alice', 'bob'), ('bob', 'alice')):
        person = people[name]
        person.wait_for(
            lambda: is_final(
                next(
                    (
                        event
                        for event in reversed(person.events)
                        if event['event'] == 'path' and event.get('peer') == other
                    ),
                    None,
                )
            ),
            8.0,
        )
        say(start, f'{name} now goes over {describe_path(person.get_path(other))}')


def run(build, kinds):
    tap = Silent()
    with Stage('demo', build, tap) as stage:
        show(stage, kinds)
    return 0 if stage.good and not tap.failed else 1
