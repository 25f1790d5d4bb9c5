"""What people do with the window, from their first start on. A story is a function that gets a
stage; what it does not see in time ends it."""

from . import (
    attach, copies, invitations, lines, links, looks, manners, network, people, rubbish,
    sending, servers, settings, start, talk, trouble
)

tree = start.tree

ALL = {story.__name__.replace('_', '-'): story for story in (
    *start.ALL,
    *talk.ALL,
    *lines.ALL,
    *links.ALL,
    *attach.ALL,
    *sending.ALL,
    *people.ALL,
    *trouble.ALL,
    *manners.ALL,
    *settings.ALL,
    *servers.ALL,
    *invitations.ALL,
    *network.ALL,
    *copies.ALL,
    *rubbish.ALL,
    *looks.ALL,
)}
