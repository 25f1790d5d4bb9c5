"""What goes wrong is said calmly, with what can be done, and is gone when it is over."""

import subprocess

from . import steps

# Until a server that has gone away without a word is missed
LOST_SECONDS = 120
DISK = 'size=8m'


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
    stage.start_server()
    window.press('Retry Now')
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


ALL = (server_down, no_network, name_taken, disk_full, unreadable)
