"""Two people who talk without a pause, and a hand that kills.

What is left to chance comes from the seed, in two streams: one for the talk and one for the kills,
so that the kills of a seed stay what they are while the talk is being changed. The machine's pace
is not drawn from anything: a seed is a plan, and what it meets differs from run to run."""

import random
import time

from .judge import count_rows
from .person import SIGNS, Person

NAMES = ('alice', 'bob', 'server')
PEOPLE = ('alice', 'bob')
SETTLE_SECONDS = 180
TRIGGER_SECONDS = 1.5
# So many lines may be without an answer of the own disk: the pipe is no store.
UNSAID_MAX = 60

# When the kill comes. All but "any" are followed by a short random delay, or none.
TRIGGERS = ('any', 'asked', 'waiting', 'sent', 'message', 'delivered', 'stored', 'start')
TRIGGER_WEIGHTS = (30, 14, 14, 8, 16, 6, 4, 8)

SHORT = 'größer 你好 '


class Plan:
    """One kill: of whom, when, and how long they stay away."""

    def __init__(self, chance, away_seconds):
        self.victim = chance.choices(NAMES, (35, 35, 30))[0]
        self.trigger = chance.choices(TRIGGERS, TRIGGER_WEIGHTS)[0]
        self.delay = 0 if chance.random() < 0.3 else chance.uniform(0, 0.006)
        if self.trigger == 'any':
            self.delay = chance.uniform(0, 0.4)
        kind = chance.random()
        if kind < 0.55:
            self.pause = chance.uniform(0, 0.3)
        elif kind < 0.85:
            self.pause = chance.uniform(0.3, 1.5)
        else:
            self.pause = chance.uniform(1.5, away_seconds)
        # A server that has forgotten who was there takes letters at once for those who are away.
        self.is_server_next = self.pause > 1.5 and self.victim != 'server' and chance.random() < 0.5

    def __str__(self):
        return f'{self.victim} at "{self.trigger}" + {self.delay * 1000:.1f} ms'


class Watcher:
    """Notes whether what a plan waits for has happened."""

    def __init__(self):
        self.wanted = None
        self.is_seen = False

    def want(self, kind):
        self.wanted = kind
        self.is_seen = False

    def take(self, _name, event):
        self.is_seen = self.is_seen or event['event'] == self.wanted

    def end(self, _name):
        pass


class Storm:
    def __init__(self, stage, seed, away_seconds):
        self.stage = stage
        self.away_seconds = away_seconds
        self.talk_chance = random.Random(f'talk {seed}')
        self.kill_chance = random.Random(f'kills {seed}')
        self.people = [Person(stage, 'alice', 'bob'), Person(stage, 'bob', 'alice')]
        self.watcher = Watcher()
        stage.listeners.append(self.watcher)
        self.start_at = {}
        self.speak_at = {name: 0.0 for name in PEOPLE}
        self.n_kills = {name: 0 for name in NAMES}
        self.kills = []

    # ---- The conversation ----

    def begin(self):
        """Everybody meets, so that nobody's name has to be asked for later."""
        self.stage.start('server')
        for person in self.people:
            self.stage.start(person.name)
            self.expect(lambda person=person: person.is_registered, f'{person.name} registered')
        for person, other in (self.people, reversed(self.people)):
            person.say('is the first')
            self.expect(lambda person=person: person.delivered, f'{person.name} was heard')
            self.expect(lambda other=other: other.heard, f'{other.name} has heard')

    def expect(self, is_true, what, seconds=30):
        if not self.stage.pump(seconds, is_true):
            raise RuntimeError(f'not within {seconds} s: {what}')

    def speak(self, person):
        """One thing to say or do, seldom many at once."""
        chance = self.talk_chance
        kind = chance.random()
        lines = person.changeable()
        if kind < 0.10 and lines:
            person.edit(chance.choice(lines))
        elif kind < 0.12 and lines:
            person.delete(chance.choice(lines))
        elif kind < 0.20 and person.heard:
            person.react(chance.choice(list(person.heard)[-10:]), chance.choice(SIGNS))
        elif kind < 0.23:
            for _ in range(chance.randrange(5, 20)):
                person.say(self.make_filler())
        else:
            person.say(self.make_filler())

    def make_filler(self):
        kind = self.talk_chance.random()
        if kind < 0.85:
            return SHORT * self.talk_chance.randrange(1, 8) + '.'
        if kind < 0.98:
            return SHORT * self.talk_chance.randrange(20, 200) + '.'
        return SHORT * self.talk_chance.randrange(1000, 3000) + '.'

    def talk(self):
        """Whoever is there and whose moment has come says something."""
        now = time.monotonic()
        for person in self.people:
            if (self.stage.is_running(person.name) and now >= self.speak_at[person.name] and
                    len(person.unsaid) < UNSAID_MAX):
                self.speak(person)
                self.speak_at[person.name] = now + self.talk_chance.expovariate(8)

    def resurrect(self):
        for name, moment in list(self.start_at.items()):
            if time.monotonic() >= moment:
                del self.start_at[name]
                self.stage.start(name)

    def live(self, seconds, is_enough=lambda: False):
        """The conversation goes on for so long, or until is_enough, seen at once."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.resurrect()
            self.talk()
            if self.stage.pump(min(0.01, max(0.0, end - time.monotonic())), is_enough):
                return True
        return False

    # ---- The kills ----

    def kill_one(self, plan):
        if not self.live(self.away_seconds + 5, lambda: self.stage.is_running(plan.victim)):
            raise RuntimeError(f'{plan.victim} was never started again')
        self.wait_for(plan)
        self.kill(plan.victim, plan.pause, str(plan))
        if plan.is_server_next and self.stage.is_running('server'):
            self.live(self.kill_chance.uniform(0, 0.3))
            self.kill('server', self.kill_chance.uniform(0, 0.3), 'server, since they are away')

    def wait_for(self, plan):
        if plan.trigger == 'start':
            # Once more, right after it has come back.
            self.kill(plan.victim, 0, f'{plan.victim}, to be killed at its start')
            self.resurrect()
        elif plan.trigger == 'asked':
            self.ask_something(plan.victim)
        elif plan.trigger != 'any':
            self.watcher.want(plan.trigger)
            self.live(TRIGGER_SECONDS, lambda: self.watcher.is_seen)
        end = time.monotonic() + plan.delay
        if plan.trigger == 'any':
            self.live(plan.delay)
        # Without a look at what comes meanwhile: the least that can be between two points
        while time.monotonic() < end:
            pass

    def ask_something(self, victim):
        """So that the kill meets the victim's own words on their way, or the other's to them."""
        name = victim if victim in PEOPLE and self.kill_chance.random() < 0.5 else None
        name = name or self.kill_chance.choice(PEOPLE)
        count = self.kill_chance.choice((1, 2, 5, 30))
        if self.stage.is_running(name):
            for _ in range(count):
                self.people[PEOPLE.index(name)].say(self.make_filler())

    def kill(self, name, pause, why):
        if not self.stage.is_running(name):
            return
        self.kills.append(f'{time.monotonic() - self.stage.began:.4f} s: {why}, for {pause:.2f} s')
        self.stage.note(f'kill {len(self.kills)}: {why}')
        self.n_kills[name] += 1
        self.stage.kill(name)
        self.start_at[name] = time.monotonic() + pause

    def run(self, n_kills):
        self.begin()
        while len(self.kills) < n_kills:
            self.kill_one(Plan(self.kill_chance, self.away_seconds))

    # ---- The end ----

    def count_outbox(self, person):
        """Of a profile that is encrypted only what it has told."""
        if '--passphrase-file' in self.stage.more_words.get(person.name, []):
            return len({line.id for line in person.lines if line.is_said} - person.delivered)
        return count_rows(self.stage.profile(person.name) / 'udpnat.db', 'outbox')

    def find_waiting(self):
        """Everything that is not where it belongs yet; empty when all is quiet."""
        waiting = []
        for person in self.people:
            if person.unsaid:
                waiting.append(f'{person.name} has not put {len(person.unsaid)} on disk')
            if (count := self.count_outbox(person)) != 0:
                waiting.append(f'{count} in the outbox of {person.name}')
        count = count_rows(self.stage.folder / 'state/mail.db', 'letters')
        if count != 0:
            waiting.append(f'{count} letters at the server')
        return waiting

    def settle(self, seconds=SETTLE_SECONDS):
        """Nobody is killed any more, nobody says anything new: until everything has arrived."""
        self.stage.note('nothing new is said any more')
        end = time.monotonic() + seconds
        while self.start_at:
            self.stage.pump(0.02)
            self.resurrect()
        while (waiting := self.find_waiting()) and time.monotonic() < end:
            self.stage.pump(0.5)
        return waiting
