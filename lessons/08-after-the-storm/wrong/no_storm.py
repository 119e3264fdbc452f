"""Forgets that a message may be held back.

says: sent at 2 and held back until 50: it travels then, for 3 at most
points: 4
"""


def arrives_by(sent, stable, delta):
    """It leaves at the latest when the network is stable, and travels for delta at most."""
    return sent + delta


def first_final(first, silent, validators):
    """The last of the first three epochs in a row that bring a block."""
    row = 0
    epoch = first - 1
    while row < 3:
        epoch += 1
        row = 0 if epoch % validators == silent else row + 1
    return epoch


def vote(disk, epoch, height):
    """Refuse what the disk forbids; otherwise write first and send then."""
    if epoch <= disk["epoch"] or height < disk["lock"]:
        return []
    return [("write", {"epoch": epoch, "lock": max(disk["lock"], height)}), ("send",)]
