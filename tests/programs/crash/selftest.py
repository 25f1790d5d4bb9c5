"""Can the judge fail? A conversation in which nothing is wrong passes; with each thing that must
not happen, done to it by hand, the fact that is for it fails. No program runs."""

from .judge import judge
from .person import Person

COUNT = 8


class NoStage:
    def __init__(self):
        self.listeners = []


class Verdict:
    """Takes the judge's facts; keeps those that are not so."""

    def __init__(self):
        self.wrong = set()
        self.count = 0

    def __call__(self, name, good, _details=()):
        self.count += 1
        if not good:
            self.wrong.add(name)


class Talk:
    """Two people who have each said something and were told so, and what both have of it."""

    def __init__(self):
        stage = NoStage()
        self.alice, self.bob = Person(stage, 'alice', 'bob'), Person(stage, 'bob', 'alice')
        self.people = [self.alice, self.bob]
        for person in self.people:
            person.write = lambda _line: None
        self.histories = {'alice': [], 'bob': []}
        for count in range(COUNT):
            for person in self.people:
                self.say(person, f'{person.name}-{count}', 2 * count + 1)

    def say(self, person, message_id, number):
        line = person.say('hello')
        person.take_waiting({'id': message_id, 'number': number})
        person.take_delivered({'id': message_id})
        for name, history in self.histories.items():
            history.append({
                'id': message_id, 'number': number, 'outgoing': name == person.name,
                'state': 'delivered' if name == person.name else 'received', 'deleted': False,
                'text': line.text(0), 'my_reaction': '', 'their_reaction': '',
            })

    def find(self, name, message_id):
        return next(line for line in self.histories[name] if line['id'] == message_id)

    def judge(self):
        verdict = Verdict()
        judge(verdict, self.people, self.histories)
        return verdict


# ---- What must not happen ----


def lose_at_receiver(talk):
    talk.histories['bob'].remove(talk.find('bob', 'alice-3'))


def lose_at_sender(talk):
    talk.histories['alice'].remove(talk.find('alice', 'alice-3'))


def lose_the_last(talk):
    talk.histories['bob'].remove(talk.find('bob', f'alice-{COUNT - 1}'))


def lose_at_both(talk):
    lose_at_receiver(talk)
    lose_at_sender(talk)


def double(talk):
    line = talk.find('bob', 'alice-3')
    talk.histories['bob'].insert(talk.histories['bob'].index(line), dict(line))


def double_as_another(talk):
    line = talk.find('bob', 'alice-3')
    talk.histories['bob'].insert(talk.histories['bob'].index(line), line | {'id': 'other'})


def swap(talk):
    history = talk.histories['bob']
    i, j = (history.index(talk.find('bob', f'alice-{count}')) for count in (3, 4))
    history[i], history[j] = history[j], history[i]


def change_text(talk):
    for name in talk.histories:
        talk.find(name, 'alice-3')['text'] = 'alice 00003 r0 something else'


def keep_old_text(talk):
    line = talk.alice.by_id['alice-3']
    talk.alice.edit(line)
    line.sure_revision = 1


def keep_deleted(talk):
    line = talk.alice.by_id['alice-3']
    talk.alice.delete(line)
    line.is_surely_deleted = True


def invent(talk):
    for name in talk.histories:
        talk.histories[name].append(talk.find(name, 'alice-3') | {
            'id': 'invented', 'text': f'alice {COUNT:05d} r0 never said'})


def leave_undelivered(talk):
    talk.find('alice', 'alice-3')['state'] = 'sent'


def confirm_what_is_lost(talk):
    """It may be lost: it was not said for sure. But it was confirmed."""
    lose_at_both(talk)
    talk.alice.by_id['alice-3'].id = None


def lose_sign(talk):
    talk.find('bob', 'alice-3')['my_reaction'] = '👍'
    talk.find('alice', 'alice-3')['their_reaction'] = ''
    talk.bob.signs['alice-3'] = ['👍']


def keep_old_sign(talk):
    talk.bob.signs['alice-3'] = ['ok']


CRIMES = {
    lose_at_receiver: 'from-alice/nothing-lost',
    lose_at_sender: 'from-alice/nothing-lost',
    lose_the_last: 'from-alice/nothing-lost',
    lose_at_both: 'from-alice/nothing-lost',
    double: 'from-alice/nothing-doubled',
    double_as_another: 'from-alice/nothing-doubled',
    swap: 'from-alice/nothing-reordered',
    change_text: 'from-alice/texts-as-last-said',
    keep_old_text: 'from-alice/texts-as-last-said',
    keep_deleted: 'from-alice/texts-as-last-said',
    invent: 'from-alice/texts-as-last-said',
    leave_undelivered: 'from-alice/all-delivered',
    confirm_what_is_lost: 'from-alice/no-receipt-without-the-message',
    lose_sign: 'from-alice/both-agree',
    keep_old_sign: 'from-bob/signs-as-last-put',
}


def run(tap):
    verdict = Talk().judge()
    tap.check('judge/lets-what-is-right-pass', verdict.count > 0 and not verdict.wrong,
              verdict.wrong)
    for crime, fact in CRIMES.items():
        talk = Talk()
        crime(talk)
        wrong = talk.judge().wrong
        # Nothing that bob said has anything to do with what happened to what alice said.
        side = fact.split('/')[0]
        tap.check(f'judge/sees/{crime.__name__.replace("_", "-")}',
                  fact in wrong and all(name.startswith(side) for name in wrong), sorted(wrong))
