"""What people do with the window, from their first start on. A story is a function that gets a
stage; what it does not see in time ends it."""

from . import manners, settings
from .start import first_run, tree

ALL = {story.__name__.replace('_', '-'): story for story in (
    first_run,
    *manners.ALL,
    *settings.ALL,
)}
