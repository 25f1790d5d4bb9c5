"""What people do with the window, from their first start on. A story is a function that gets a
stage; what it does not see in time ends it."""

from . import settings
from .manners import (
    activation, background, discretion, leaving, notifications, one_instance, profile_in_use,
    shortcuts,
)
from .start import first_run, tree

ALL = {story.__name__.replace('_', '-'): story for story in (
    first_run, notifications, discretion, background, one_instance, profile_in_use,
    shortcuts, activation, leaving,
    *settings.ALL,
)}
