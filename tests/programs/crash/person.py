"""What a person has said, and what they were told of it: what must be there in the end."""

from collections import deque

# What an interrupted life may bring with it. Anything else is a surprise: above all "recovered",
# since a process that dies damages no database.
EXPECTED_ERRORS = {
    'no-server', 'server-lost', 'offline', 'replaced', 'try-later', 'mailbox-refused',
    'mailbox-full', 'mailbox-later',
}
SIGNS = ['👍', '🎉', 'ok', '你好', '']


class Line:
    """Something said: said for sure when the program has told that it is on disk."""

    def __init__(self, author, count, filler):
        self.author = author
        self.count = count
        self.filler = filler
        self.id = None
        self.number = 0
        self.revision = 0
        self.sure_revision = 0
        self.is_deleted = False
        self.is_surely_deleted = False

    @property
    def is_said(self):
        return self.id is not None

    def text(self, revision):
        return f'{self.author} {self.count:05d} r{revision} {self.filler}'

    def texts(self):
        """All that it may say in the end."""
        return [self.text(i) for i in range(self.sure_revision, self.revision + 1)]


def parse(text):
    """Author, count and revision."""
    author, count, revision, _ = text.split(' ', 3)
    return author, int(count), int(revision[1:])


class Person:
    """A listener of the stage, who notes what one program is asked and tells."""

    def __init__(self, stage, name, peer):
        self.stage = stage
        self.name = name
        self.peer = peer
        self.lines = []
        self.by_id = {}
        self.unsaid = deque()  # asked of this life, not yet told that they are on disk
        self.heard = {}  # id -> number here; of this life
        self.last_heard = -1
        self.delivered = set()
        self.signs = {}  # id -> the last of ours that is on disk, and those asked for since
        self.counts = {}
        self.errors = []  # code and sentence
        self.expected = EXPECTED_ERRORS
        self.is_registered = False
        stage.listeners.append(self)

    # ---- Doing ----

    def write(self, line):
        self.stage.note(f'ask {self.name}: {line[:60]}')
        self.stage.programs[self.name].write(line)

    def say(self, filler):
        line = Line(self.name, len(self.lines), filler)
        self.lines.append(line)
        self.unsaid.append(line)
        self.write(f'send {self.peer} {line.text(0)}')
        return line

    def edit(self, line):
        line.revision += 1
        self.write(f'edit #{line.number} {line.text(line.revision)}')

    def delete(self, line):
        line.is_deleted = True
        self.write(f'delete #{line.number}')

    def react(self, message_id, sign):
        self.signs.setdefault(message_id, ['']).append(sign)
        self.write(f'react #{self.heard[message_id]} {sign}')

    def changeable(self):
        """Lines of ours that may be edited or deleted: their number is known, they are there."""
        return [line for line in self.lines[-20:] if line.is_said and not line.is_deleted]

    # ---- Being told ----

    def take(self, name, event):
        if name != self.name:
            return
        kind = event['event']
        self.counts[kind] = self.counts.get(kind, 0) + 1
        handler = getattr(self, f'take_{kind}', None)
        if handler is not None:
            handler(event)

    def end(self, name):
        """A life has ended: what it has not told us of may be on disk, or not."""
        if name == self.name:
            self.unsaid.clear()
            self.heard.clear()
            self.last_heard = -1
            self.is_registered = False

    def take_registered(self, _event):
        self.is_registered = True

    def take_waiting(self, event):
        if not self.unsaid:
            self.stage.surprise(f'{self.name}: "waiting" for nothing: {event["id"]}')
            return
        line = self.unsaid.popleft()
        line.id = event['id']
        line.number = event['number']
        self.by_id[line.id] = line

    def take_delivered(self, event):
        self.delivered.add(event['id'])

    def take_message(self, event):
        author, count, _ = parse(event['text']) if event['text'] else (self.peer, None, None)
        if event['id'] in self.heard:
            self.stage.surprise(f'{self.name} was shown {event["id"]} twice in one life')
        self.heard[event['id']] = event['number']
        if author != self.peer or event['from'] != self.peer:
            self.stage.surprise(f'{self.name} was shown something of {event["from"]}: {author}')
        if count is None:
            return
        if count <= self.last_heard:
            self.stage.surprise(f'{self.name} was shown {count} after {self.last_heard}')
        self.last_heard = count

    def take_edited(self, event):
        line = self.by_id.get(event['id'])
        if event['outgoing'] and line is not None:
            line.sure_revision = max(line.sure_revision, parse(event['text'])[2])

    def take_deleted(self, event):
        line = self.by_id.get(event['id'])
        if event['outgoing'] and line is not None:
            line.is_surely_deleted = True

    def take_reaction(self, event):
        asked = self.signs.get(event['id'])
        if event['own'] and asked is not None and event['text'] in asked:
            del asked[:asked.index(event['text'])]

    def take_request(self, event):
        self.stage.surprise(f'{self.name} was asked to accept {event["from"]}')

    def take_failed(self, event):
        self.stage.surprise(f'{self.name}: {event["id"]} has failed: {event["code"]}')

    def take_error(self, event):
        is_late = event['code'] == 'not-sent' and 'deleted' in event['message']
        self.errors.append((event['code'], event['message']))
        if event['code'] not in self.expected and not is_late:
            self.stage.surprise(f'{self.name}: {event["code"]}: {event["message"]}')
