// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Warrant} from "../Warrant.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt, Seer} from "./Hunt.sol";

/// A company issues warrants, owners hand them on and exercise them, and it takes back the rest, one series after another.
/// Everybody tries at any time.
contract WarrantHunt is Hunt {
    uint256 private constant LIFE = 10;
    uint256 private constant WINDOW = 8;
    uint256 private constant RATIO = 3;
    uint256 private constant OUTSTANDING = 1_000;

    Seer private immutable seer = new Seer();
    Warrant private warrant;
    address private company;
    uint256 private expiry;
    /// The epoch before which warrants can be exercised; 0 as long as they are not opened.
    uint256 private until;
    uint256 private issued;
    uint256 private exercised;
    uint256 private reclaimed;
    /// The company's money before the series.
    uint256 private moneyBefore;

    constructor() {
        _open(0);
    }

    function issue(uint256 who, uint256 quantity) external {
        address owner = who % 4 == 0 ? _actor(who) : company;
        quantity = _within(quantity, 1, 100);
        bool due = owner == company && clock.epoch() < expiry;
        bytes memory data = abi.encodeCall(warrant.issue, (quantity));
        if (_call(owner, address(warrant), data, due, "the company issues, before the expiry")) issued += quantity;
    }

    function give(uint256 who, uint256 quantity) external {
        address owner = _actor(who);
        uint256 held = warrant.warrantsOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        warrant.give(_other(who), _within(quantity, 1, held));
    }

    /// Once the expiry has come a price is told, and the warrants are opened by it or lapse.
    function open(uint256 price) external {
        price = _within(price, warrant.strike() / 2 + 1, warrant.strike() * 3);
        if (clock.epoch() < expiry) return;
        seer.tell(expiry, price);
        bytes memory data = abi.encodeCall(warrant.open, ());
        if (!_call(actors[0], address(warrant), data, until == 0, "warrants are opened once")) return;
        until = clock.epoch() + (price > warrant.strike() ? WINDOW : 0);
    }

    /// Exercise what an actor holds, or one more than that.
    function exercise(uint256 who, uint256 quantity) external {
        address owner = _actor(who);
        uint256 held = warrant.warrantsOf(owner);
        quantity = _within(quantity, 1, held + 1);
        (uint256 shares, uint256 cash) = (asset.balanceOf(owner), money.balanceOf(owner));
        bool due = until != 0 && clock.epoch() < until && owner != company && quantity <= held;
        bytes memory data = abi.encodeCall(warrant.exercise, (quantity));
        if (!_call(owner, address(warrant), data, due, "a warrant is exercised by its owner, in its window")) return;
        exercised += quantity;
        _claim(asset.balanceOf(owner) == shares + quantity * RATIO, "a warrant delivers its shares");
        _claim(money.balanceOf(owner) == cash - quantity * RATIO * warrant.strike(), "a new share costs the strike");
    }

    function reclaim(uint256 who) external {
        address owner = who % 4 == 0 ? _actor(who) : company;
        uint256 left = (issued - exercised) * RATIO - reclaimed;
        bool due = owner == company && until != 0 && clock.epoch() >= until && left != 0;
        bytes memory data = abi.encodeCall(warrant.reclaim, ());
        if (!_call(owner, address(warrant), data, due, "the company takes back the rest, after the window")) return;
        reclaimed += left;
    }

    /// Time passes; when all is over, another company issues warrants.
    function wait(uint64 epochs) external {
        clock.pass(uint64(_within(epochs, 0, 2)));
        if (until != 0 && clock.epoch() >= until && issued * RATIO == exercised * RATIO + reclaimed) _open(until);
    }

    function _open(uint256 seed) private {
        (expiry, company) = (clock.epoch() + LIFE, _actor(seed));
        (issued, exercised, reclaimed, until, moneyBefore) = (0, 0, 0, 0, money.balanceOf(company));
        warrant = new Warrant(
            IToken(address(money)), IToken(address(asset)), IOracle(address(seer)), IEpochs(address(clock)), company,
            _within(seed, 10, 60), RATIO, expiry, WINDOW, OUTSTANDING
        );
        _allow(address(warrant));
    }

    /// The claims of warrants: each is covered by shares that are there, and every share was paid for or goes back.
    function _check() internal view override {
        (uint256 left, uint256 shares) = ((issued - exercised) * RATIO - reclaimed, exercised * RATIO);
        _equal(asset.balanceOf(address(warrant)), warrant.treasury(), "the contract holds the locked shares");
        _equal(warrant.treasury(), left, "what is neither exercised nor reclaimed is locked");
        if (reclaimed == 0) _equal(left, _sum(warrant.warrantsOf) * RATIO, "every warrant is covered by its shares");
        _equal(warrant.outstanding(), OUTSTANDING + shares, "the new shares are outstanding");
        _equal(warrant.proceeds(), shares * warrant.strike(), "the proceeds are the strikes of the new shares");
        _equal(money.balanceOf(company), moneyBefore + warrant.proceeds(), "the company has the proceeds");
        _equal(_sum(money.balanceOf), ACTORS * WEALTH, "no money stays in the contract");
        _equal(_sum(asset.balanceOf) + left, ACTORS * WEALTH, "no share is lost");
    }
}

contract WarrantClaims is Claims(new WarrantHunt()) {}
