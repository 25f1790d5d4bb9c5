"""Two people talk."""

from . import steps


def chat(stage):
    """From the first start to messages both ways, with a server."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.open_person(hers, 'bob')
    hers.shoot('chat-1-before')
    steps.say(hers, 'Hello Bob, 你好')
    stage.check('own-message-is-in-the-list', hers.find_row('You', 'Hello Bob, 你好'))

    steps.show_people(his)
    his.find('Accept alice', seconds=40)
    his.shoot('chat-2-request')
    his.press('Accept alice')
    stage.check('it-is-delivered', steps.find_arrived(hers, 'Hello Bob'))
    steps.show_chats(his)
    steps.open_row(his, 'alice')
    stage.check('it-can-be-read', his.find_row('alice', 'Hello Bob, 你好'))
    steps.say(his, 'Hello Alice!')
    stage.check('the-answer-comes', hers.find_row('bob', 'Hello Alice!', seconds=40))
    stage.check('and-is-delivered', steps.find_arrived(his, 'Hello Alice!'))
    stage.check('what-was-seen-is-read', hers.find_row('Hello Bob', 'Read by', seconds=40))
    hers.shoot('chat-3-both-ways')
    his.shoot('chat-4-both-ways')
    for window in hers, his:
        unnamed = window.find_unnamed()
        stage.check(f'every-control-of-{window.person.name}-is-named', not unnamed, unnamed)
    alice.quit()
    bob.quit()


def offline(stage):
    """Somebody is away: what is said waits, and comes when they are back."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.open_person(hers, 'bob')
    steps.say(hers, 'Hello')
    steps.accept(his, 'alice')
    steps.find_arrived(hers, 'Hello')
    bob.quit()
    steps.say(hers, 'Read this when you are back')
    stage.check('it-waits-in-the-mailbox',
                hers.find_row('Read this', 'mailbox of bob', seconds=40))
    hers.shoot('offline-1-waiting')
    alice.quit()

    his = bob.start()
    steps.show_chats(his)
    stage.check('it-comes-though-she-is-away-now', his.find_row('alice', 'Read this', seconds=40))
    steps.open_row(his, 'alice')
    his.find_row('alice', 'Read this when you are back')
    his.shoot('offline-2-come')

    hers = alice.start()
    steps.open_row(hers, 'bob')
    stage.check('the-past-is-there-after-a-restart', hers.find_row('You', 'Hello'))
    stage.check('it-is-delivered', steps.find_arrived(hers, 'Read this'))
    hers.shoot('offline-3-delivered')
    bob.quit()
    alice.quit()
