"""`make demo`: the whole portal on a fresh machine, with people, a simulated night and a campaign over it."""


class Trouble(Exception):
    """Why the demo cannot go on, in words that say what to do."""
