"""Margin accounts as one would write them down on paper: signed cash, exact fractions, and no index of interest."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor


class NaiveError(Exception):
    """The naive account does not allow it."""


class NaiveMargin:
    """A pool without a fee and accounts without interest; an account's cash is negative when it has borrowed."""

    def __init__(self, shares: int, money: int, lendable: int) -> None:
        self.pool = [shares, money]
        self.lendable, self.insurance, self.lost = lendable, 0, 0
        self.cash: dict[str, int] = {}
        self.shares: dict[str, int] = {}

    def trade(self, shares: int) -> int:
        """Buy from the pool, or sell to it what is negative; returns the money that is paid, less what is got."""
        held, money = self.pool
        if shares >= held or not shares:
            raise NaiveError
        paid = ceil(Fraction(money * shares, held - shares))
        if not paid:
            raise NaiveError
        self.pool = [held - shares, money + paid]
        return paid

    def do(self, name: str, function: str, price: Fraction, *arguments: int) -> None:
        """Carry out a call at the price that counts, or raise NaiveError and change nothing."""
        kept = list(self.pool), dict(self.cash), dict(self.shares), self.lendable, self.insurance
        try:
            getattr(self, function)(name, price, *arguments)
            if self.lendable < sum(-cash for cash in self.cash.values() if cash < 0) + self.lost:
                raise NaiveError
        except NaiveError:
            self.pool, self.cash, self.shares, self.lendable, self.insurance = kept
            raise

    def deposit(self, name: str, price: Fraction, amount: int) -> None:
        if not amount:
            raise NaiveError
        self.cash[name] = self.cash.get(name, 0) + amount

    def withdraw(self, name: str, price: Fraction, amount: int) -> None:
        if not 0 < amount <= self.cash.get(name, 0):
            raise NaiveError
        self.cash[name] -= amount

    def buy(self, name: str, price: Fraction, shares: int, most: int) -> None:
        self.cash[name] = self.cash.get(name, 0) - self.trade(shares)
        self.shares[name] = self.shares.get(name, 0) + shares
        if self.equity(name, price) < ceil(Fraction(self.value(name, price), 2)):
            raise NaiveError

    def sell(self, name: str, price: Fraction, shares: int, least: int) -> None:
        if shares > self.shares.get(name, 0):
            raise NaiveError
        self.cash[name] = self.cash.get(name, 0) + self.sold(name, price, shares)

    def liquidate(self, name: str, price: Fraction, shares: int) -> None:
        held = self.shares.get(name, 0)
        is_short = self.equity(name, price) < ceil(Fraction(self.value(name, price), 4))
        if not is_short or shares > ceil(Fraction(held, 2)):
            raise NaiveError
        got = self.sold(name, price, shares) if held else 0
        fee = got // 200
        self.insurance += fee
        self.cash[name] += got - fee
        if not self.shares[name] and self.cash[name] < 0:
            owed, self.cash[name] = -self.cash[name], 0
            helped = min(owed, self.insurance)
            self.insurance -= helped
            self.lost += owed - helped

    def sold(self, name: str, price: Fraction, shares: int) -> int:
        got = -self.trade(-shares)
        if got < floor(price * shares * Fraction(9, 10)):
            raise NaiveError
        self.shares[name] -= shares
        return got

    def value(self, name: str, price: Fraction) -> int:
        return floor(self.shares.get(name, 0) * price)

    def equity(self, name: str, price: Fraction) -> int:
        return self.cash.get(name, 0) + self.value(name, price)
