"""Keeps the last height as its lock, not the greatest.

says: left, and the power failed with the disk {'epoch': 2, 'lock': 0}
points: 5
"""


def arrives_by(sent, stable, delta):
    """It leaves at the latest when the network is stable, and travels for delta at most."""
    return max(sent, stable) + delta


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
    return [("write", {"epoch": epoch, "lock": 0}), ("send",)]
