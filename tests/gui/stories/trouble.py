"""What goes wrong is said calmly, with what can be done, and is gone when it is over."""

import shutil
import subprocess

from . import lines, steps

# How a key is written
KEY_CHARACTERS = 52
# What is said of a message that they have not confirmed
WAITING = ('Waiting for bob', 'In the mailbox of bob', 'has not confirmed it yet')
# Until a server that has gone away without a word is missed
LOST_SECONDS = 120
DISK = 'size=8m'
OTHER_PORT = 8858
WIDE, NARROW = (900, 640), (360, 640)
DARK = {'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark'}


def server_down(stage):
    stage.start_server()
    alice = stage.add_person('alice')
    window = steps.begin(alice, '--server', stage.server_address)
    window.find('Online as alice')
    stage.stop_server()
    window.find('Retry Now', 'button', seconds=LOST_SECONDS)
    window.shoot('server-down-1-banner')
    stage.check('there-is-no-dialog', not window.select(role='dialog'))
    unnamed = window.find_unnamed()
    stage.check('every-control-is-named', not unnamed, unnamed)
    # While it is down: then the window comes back by itself, and may be quicker than the hand.
    window.press('Retry Now')
    stage.check('it-is-still-lost', window.find('Retry Now', 'button'))
    stage.start_server()
    stage.check('online-again', window.find('Online as alice', seconds=LOST_SECONDS))
    window.wait_gone('Retry Now', 'button')
    window.shoot('server-down-2-back')
    alice.quit()


def no_network(stage):
    if not stage.has_network:
        stage.skip('all-of-it', 'no network of its own can be made here')
        return
    stage.start_server()
    alice = stage.add_person('alice')
    window = steps.begin(alice, '--server', stage.server_address)
    window.find('Online as alice')
    alice.computer.pull_plug()
    stage.check('it-is-said', window.find(has='This computer has no network', seconds=LOST_SECONDS))
    window.shoot('no-network-1-banner')
    alice.computer.plug_in()
    window.wait_gone(has='This computer has no network')
    stage.check('online-again', window.find('Online as alice', seconds=LOST_SECONDS))
    alice.quit()


def name_taken(stage):
    """Somebody else has the name: another is chosen in the window."""
    stage.start_server()
    first, second = stage.add_person('alice'), stage.add_person('second')
    steps.begin(first, '--server', stage.server_address).find('Online as alice')
    second.name = 'alice'
    window = steps.begin(second, '--server', stage.server_address)
    window.find('Choose Another Name…', 'button')
    window.shoot('name-taken-1-banner')
    window.press('Choose Another Name…')
    window.find('Choose Another Name', 'label')
    window.shoot('name-taken-2-question')
    window.fill_in('Your name', 'alicia')
    window.press('Use This Name')
    stage.check('the-new-name-is-registered', window.find('Online as alicia', seconds=40))
    window.wait_gone('Choose Another Name…', 'button')
    first.quit()
    second.quit()


def disk_full(stage):
    """What is written is kept in its box when the disk takes nothing, and can be sent later."""
    if not stage.has_network:
        stage.skip('all-of-it', 'no file system of its own can be made here')
        return
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    alice.profile.mkdir(mode=0o700)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', DISK, 'disk', alice.profile], check=True)
    his = steps.begin(bob, '--server', stage.server_address)
    hers = steps.begin(alice, '--server', stage.server_address)
    steps.become_friends(hers, his)
    ballast = alice.profile / 'ballast'
    subprocess.run(['dd', 'if=/dev/zero', f'of={ballast}', 'bs=4096'], capture_output=True)
    text = 'x' * 20000
    hers.fill_in('Message', text)
    hers.press('Send')
    stage.check('it-is-said', hers.find(has='disk'))
    hers.shoot('disk-full-1-said')
    stage.check('what-was-written-is-not-lost',
                hers.wait(lambda: hers.read_entry('Message') == text, 'the text is in its box'))
    ballast.unlink()
    hers.press('Send')
    stage.check('with-room-it-is-sent', steps.find_arrived(hers, 'xxxx', seconds=60))
    alice.quit()
    bob.quit()
    subprocess.run(['umount', alice.profile], check=True)


def unreadable(stage):
    """A key file that cannot be read: nothing is made in its place."""
    alice = stage.add_person('alice')
    alice.run_cli('--name', 'alice', 'contacts')
    key_file = alice.profile / 'identity.key'
    kept = key_file.read_bytes()
    key_file.write_bytes(b'no key at all')
    window = alice.start()
    stage.check('it-is-said', window.find('Your Profile Cannot Be Opened'))
    window.shoot('unreadable-1-said')
    stage.check('the-file-is-left-as-it-is', key_file.read_bytes() == b'no key at all')
    key_file.write_bytes(kept)
    window.press('Try Again')
    stage.check('mended-it-opens', window.find('Welcome to Udpnat'))
    alice.quit()


def server_key(stage):
    """The server has another key than before: nothing goes on until somebody has compared it."""
    stage.start_server()
    alice = stage.add_person('alice')
    window = steps.begin(alice, '--server', stage.server_address)
    window.find('Online as alice')
    stage.stop_server()
    shutil.rmtree(stage.folder / f'server-{stage.server_port}')
    stage.start_server()
    window.find('Compare…', 'button', seconds=LOST_SECONDS)
    stage.check('it-is-said', window.find(has='has another key than before'))
    stage.check('there-is-no-dialog', not window.select(role='dialog'))
    window.shoot('server-key-1-banner')
    window.press('Compare…')
    window.find('Another Key Than Before', 'dialog')
    keys = [node.name for node in window.select(role='label')
            if len(node.name) == KEY_CHARACTERS and node.name.isalnum()]
    stage.check('both-keys-are-shown', len(set(keys)) == 2, [keys])
    window.shoot('server-key-2-question')
    window.press('Not Now', 'button')
    window.wait_gone('Another Key Than Before', 'dialog')
    stage.check('without-an-answer-it-is-not-used', not is_online(window))
    window.press('Compare…')
    window.press('Trust New Key', 'button')
    stage.check('with-one-it-is', window.find('Online as alice', seconds=40))
    window.wait_gone('Compare…', 'button')
    alice.quit()


def other_server_key(stage):
    """A friend is at another server, which has another key than before: what is written to them
    waits until somebody has said that it is right."""
    stage.start_server()
    there = stage.start_server(port=OTHER_PORT)
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    for person in alice, bob:
        person.hide()  # no way but by that server
    hers = steps.begin(alice, '--server', stage.server_address)
    his = steps.begin(bob, '--server', there)
    his.find('Online as bob')
    write_to_address(hers, f'bob@{there}', 'Hello bob')
    accept_only(his)
    steps.find_arrived(hers, 'Hello bob')
    bob.quit()
    stage.stop_server()
    shutil.rmtree(stage.folder / f'server-{OTHER_PORT}')
    stage.start_server(port=OTHER_PORT)

    steps.say(hers, 'Is it still yours?')
    stage.check('it-is-said', hers.find(has=f'The server {there}, where they are, has another key',
                                        seconds=LOST_SECONDS))
    stage.check('there-is-no-dialog', not hers.select(role='dialog'))
    shoot_other_server_key(stage, hers, 'light')
    alice.quit()
    alice.more_environment = dict(DARK)
    hers = alice.start()
    steps.open_row(hers, 'bob')
    stage.check('it-is-said-again-in-the-next-life', hers.find('Trust…', 'button',
                                                               seconds=LOST_SECONDS))
    shoot_other_server_key(stage, hers, 'dark')

    row = hers.find_row('Is it still yours?', within='Messages')
    stage.check('without-an-answer-it-waits', any(words in row.name for words in WAITING), [row])
    hers.press('Trust…', 'button')
    hers.press('Trust', 'button')
    hers.wait_gone('Trust…', 'button')
    his = bob.start()
    his.press('Compare…', seconds=LOST_SECONDS)
    his.press('Trust New Key', 'button')
    his.find('Online as bob', seconds=40)
    stage.check('with-one-it-goes-there', steps.find_arrived(hers, 'Is it still yours?',
                                                             seconds=LOST_SECONDS))
    stage.check('and-is-there', his.find_row('Is it still yours?', within='Chats'))
    stage.check('the-banner-is-gone-for-good', not hers.peek('Trust…', 'button'))
    hers.shoot('other-server-key-trusted')
    alice.quit()
    bob.quit()


def write_to_address(window, address, text):
    """Somebody at another server: a row of people at one's own has them not."""
    window.activate('new-conversation')
    window.click(window.find('Name or Link', {'text', 'entry'}))
    window.display.type(address)
    window.press('Start Conversation', seconds=40)
    window.find('Message', 'text')
    steps.say(window, text)


def accept_only(window):
    """The one who has written, whatever they are called here."""
    steps.show_people(window)
    window.press(has='Accept ', seconds=40)
    window.wait_gone(has='Accept ')
    steps.show_chats(window)


def shoot_other_server_key(stage, window, look):
    """The banner and its question, in a wide and in a narrow window; answered with no."""
    for width, size in ('wide', WIDE), ('narrow', NARROW):
        window.resize(*size)
        window.find('Trust…', 'button')
        window.shoot(f'other-server-key-{look}-{width}')
        window.press('Trust…', 'button')
        window.find(has='Trust the New Key of the Server', role='dialog')
        window.shoot(f'other-server-key-{look}-{width}-question')
        unnamed = window.find_unnamed()
        stage.check(f'every-control-is-named-{look}-{width}', not unnamed, unnamed)
        window.press('Cancel', 'button')
        window.wait_gone(has='Trust the New Key of the Server', role='dialog')
        stage.check(f'the-banner-stays-{look}-{width}', window.find('Trust…', 'button'))


def is_online(window):
    return bool(window.select(has='Online as'))


def peer_key(stage):
    """Somebody else has the name of a friend: what is written does not go there by itself."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    bob.quit()
    stage.stop_server()
    # The same server, which has lost its list of names
    (stage.folder / f'server-{stage.server_port}' / 'names.db').unlink()
    stage.start_server()
    thief = stage.add_person('thief')
    thief.name = 'bob'
    theirs = steps.begin(thief, '--server', stage.server_address)
    theirs.find('Online as bob')
    stage.check('it-is-said', hers.find(has='says that bob has another key now',
                                        seconds=LOST_SECONDS))
    steps.show_chats(hers)
    stage.check('the-chats-say-it', hers.find_row('bob', 'Their key has changed', within='Chats'))
    stage.check('there-is-no-dialog', not hers.select(role='dialog'))
    hers.shoot('peer-key-1-banner')
    steps.say(hers, 'Is it still you?')
    hers.press('Trust…', 'button')
    hers.find('Trust the New Key of bob?', 'dialog')
    hers.shoot('peer-key-2-question')
    hers.press('Cancel', 'button')
    hers.wait_gone('Trust the New Key of bob?', 'dialog')
    stage.check('what-was-written-did-not-go-there', not theirs.select(has='still you') and
                not any(words in hers.find_row('Is it still you?').name
                        for words in steps.READ_OR_DELIVERED))
    stage.check('the-banner-stays', hers.find('Compare…', 'button'))
    alice.quit()
    thief.quit()


def peer_refuses(stage):
    """Somebody has blocked us: they do not say so. What we write is seen to wait, and can be taken
    back; nothing is drawn that they have not confirmed."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    steps.open_row(his, 'alice')
    his.choose('Conversation Menu', 'Block…')
    his.find(has='Block alice?')
    his.press('Block', 'button')
    his.find(has='You have blocked alice')
    steps.say(hers, 'Are you there?')
    row = hers.wait(lambda: next((row for row in hers.select_rows('You: Are you there?')
                                  if any(words in row.name for words in WAITING)), None),
                    'it waits, in words', LOST_SECONDS)
    stage.check('it-is-said-that-it-waits', row)
    stage.check('no-tick-is-drawn', not any(words in row.name for words in steps.READ_OR_DELIVERED),
                [row])
    stage.check('there-is-no-dialog', not hers.select(role='dialog'))
    hers.shoot('peer-refuses-1-waiting')
    lines.choose(hers, 'Are you there?', 'Withdraw')
    stage.check('it-can-be-taken-back', hers.wait(
        lambda: not hers.has_row('Waiting', within='Messages') and
        not hers.has_row('has not confirmed', within='Messages'), 'it waits no more'))
    hers.shoot('peer-refuses-2-withdrawn')
    stage.check('they-never-saw-it', not his.select(has='Are you there?'))
    alice.quit()
    bob.quit()


ALL = (
    server_down, no_network, name_taken, disk_full, unreadable, server_key, other_server_key,
    peer_key, peer_refuses,
)
