"""Compares what two people have in the end with what they have said and were told."""

import sqlite3

from .person import parse

PAGE_LINES = 1000


def count_rows(path, table):
    """Rows of a table of a program that runs; None when it has been busy for too long."""
    database = sqlite3.connect(f'file:{path}?mode=ro', uri=True, timeout=5)
    try:
        return database.execute(f'SELECT count(*) FROM {table}').fetchone()[0]
    except sqlite3.OperationalError:
        return None
    finally:
        database.close()


def read_history(stage, name, peer):
    """Everything of a conversation, oldest first; the program must not run."""
    lines = []
    before = []
    while True:
        events = stage.run_once(name, 'history', peer, PAGE_LINES, *before)
        page = [event for event in events if event['event'] == 'line']
        lines = page + lines
        if len(page) < PAGE_LINES:
            return lines
        before = ['before', f'#{page[0]["number"]}']


def show(line):
    return (f'#{line["number"]} {line["id"]} {line["state"]}'
            f'{" deleted" if line["deleted"] else ""} {line["text"][:40]!r}')


def find_doubled(values):
    seen = set()
    return [value for value in values if value in seen or seen.add(value)]


def find_disorder(lines):
    """Lines that stand after one that was said later. Deleted ones say nothing any more."""
    last = -1
    wrong = []
    for line in lines:
        if line['deleted']:
            continue
        count = parse(line['text'])[1]
        if count <= last:
            wrong.append(f'after {last}: {show(line)}')
        last = max(last, count)
    return wrong


def essence(line, own, theirs):
    """What both sides must agree on."""
    return (line['id'], line['deleted'], line['text'], line[own], line[theirs])


def compare(left, right):
    wrong = [f'here only: {item}' for item in left if item not in right]
    wrong += [f'there only: {item}' for item in right if item not in left]
    if not wrong and left != right:
        wrong = ['the order differs', *[f'{a} / {b}' for a, b in zip(left, right) if a != b][:5]]
    return [text[:200] for text in wrong]


class Direction:
    """What one person has said to the other, as both have it."""

    def __init__(self, author, own_history, peer_history):
        self.author = author
        self.sent = [line for line in own_history if line['outgoing']]
        self.received = [line for line in peer_history if not line['outgoing']]

    def find_lost(self):
        """A line that was deleted before it had arrived need not arrive any more."""
        here = {line['id']: line for line in self.sent}
        there = {line['id'] for line in self.received}
        wrong = []
        for line in self.author.lines:
            if not line.is_said:
                continue
            if line.id not in here:
                wrong.append(f'not with the sender: {line.text(0)[:40]} {line.id}')
            elif line.id not in there and not here[line.id]['deleted']:
                wrong.append(f'not with the receiver: {line.text(0)[:40]} {line.id}')
        return wrong

    def find_doubled(self):
        wrong = []
        for side, lines in ('sender', self.sent), ('receiver', self.received):
            kept = [line for line in lines if not line['deleted']]
            wrong += [f'{side}: {value}' for value in find_doubled([line['id'] for line in lines])]
            wrong += [f'{side}: {value}'
                      for value in find_doubled([parse(line['text'])[1] for line in kept])]
        return wrong

    def find_disorder(self):
        return find_disorder(self.sent) + find_disorder(self.received)

    def find_wrong_texts(self):
        wrong = []
        for line in self.received:
            mine = self.author.by_id.get(line['id'])
            if mine is None and not line['deleted']:
                # Asked for in a life that ended before it answered.
                author, count, _ = parse(line['text'])
                if author == self.author.name and count < len(self.author.lines):
                    mine = self.author.lines[count]
            if line['deleted']:
                is_right = line['text'] == '' and (mine is None or mine.is_deleted)
            else:
                is_right = (mine is not None and line['text'] in mine.texts() and
                            not mine.is_surely_deleted)
            if not is_right:
                wrong.append(show(line))
        return wrong

    def find_disagreement(self):
        there = {line['id'] for line in self.received}
        return compare([essence(line, 'my_reaction', 'their_reaction') for line in self.sent
                        if line['id'] in there or not line['deleted']],
                       [essence(line, 'their_reaction', 'my_reaction') for line in self.received])

    def find_unfinished(self):
        return [show(line) for line in self.sent
                if line['state'] not in ('delivered', 'read') and not line['deleted']]

    def find_untrue(self):
        there = {line['id'] for line in self.received}
        return sorted(self.author.delivered - there)


def find_wrong_signs(person, history):
    """Reactions that this person was told are on disk, and that are not the last they asked for."""
    wrong = []
    for line in history:
        asked = person.signs.get(line['id'], [''])
        if not line['outgoing'] and not line['deleted'] and line['my_reaction'] not in asked:
            wrong.append(f'{show(line)} has {line["my_reaction"]!r}, not one of {asked}')
    return wrong


def judge(check, people, histories):
    """One fact for each thing that must not happen, and for each of the two."""
    for person in people:
        way = Direction(person, histories[person.name], histories[person.peer])
        label = f'from-{person.name}'
        check(f'{label}/nothing-lost', not way.find_lost(), way.find_lost())
        check(f'{label}/nothing-doubled', not way.find_doubled(), way.find_doubled())
        check(f'{label}/nothing-reordered', not way.find_disorder(), way.find_disorder())
        check(f'{label}/texts-as-last-said', not way.find_wrong_texts(), way.find_wrong_texts())
        check(f'{label}/both-agree', not way.find_disagreement(), way.find_disagreement())
        check(f'{label}/all-delivered', not way.find_unfinished(), way.find_unfinished())
        check(f'{label}/no-receipt-without-the-message', not way.find_untrue(), way.find_untrue())
        signs = find_wrong_signs(person, histories[person.name])
        check(f'{label}/signs-as-last-put', not signs, signs)
