"""08-after-the-storm: when messages and finality come back, and what a crash must not undo."""


def arrives_by(sent, stable, delta):
    """Return the latest moment at which a message sent at this moment can arrive."""
    return 0


def first_final(first, silent, validators):
    """Return the epoch in which the first new block becomes final.

    first   the first epoch after the split; every epoch from here on brings a notarized block,
    silent  except those led by this validator (None: there is none)
    """
    return first


def vote(disk, epoch, height):
    """Return what a validator does when it is asked to sign: a list of steps, [] to refuse.

    disk    {"epoch": last epoch in which it signed, "lock": greatest height of a parent that it signed on}
    steps   ("write", {"epoch": ..., "lock": ...}) or ("send",)
    """
    return []
