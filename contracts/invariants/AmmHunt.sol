// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "../Amm.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors trade with a pool, add to it and take from it, and somebody sends it tokens.
contract AmmHunt is Hunt {
    Amm private immutable amm;
    /// The product of the reserves for each square of a share, as it was after the last call.
    uint256 private base;
    uint256 private quote;
    uint256 private shares;
    uint256 private accumulated;

    constructor() {
        amm = new Amm(IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), 30);
        _allow(address(amm));
        VM.prank(actors[0]);
        amm.add(10_000, 50_000);
        _look();
    }

    function add(uint256 who, uint256 amount) external {
        VM.prank(_actor(who));
        amm.add(_within(amount, 10, 100_000), _within(amount >> 128, 10, 500_000));
        _look();
    }

    function remove(uint256 who, uint256 part) external {
        address owner = _actor(who);
        uint256 held = amm.sharesOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        amm.remove(_within(part, 1, held));
        _look();
    }

    function buy(uint256 who, uint256 amount) external {
        uint256 reserve = amm.baseReserve();
        if (reserve < 2) return;
        VM.prank(_actor(who));
        amm.buy(_within(amount, 1, reserve / 3 + 1), type(uint256).max);
        _look();
    }

    function sell(uint256 who, uint256 amount) external {
        uint256 most = amm.baseReserve() / 2 + 10;
        VM.prank(_actor(who));
        amm.sell(_within(amount, 1, most), 0);
        _look();
    }

    function donate(uint256 who, uint256 amount) external {
        VM.prank(_actor(who));
        money.transfer(address(amm), _within(amount, 0, 1_000));
        _look();
    }

    function wait(uint64 epochs) external {
        clock.pass(uint64(_within(epochs, 0, 5)));
        _look();
    }

    /// Compare the product for each square of a share with the one before, without dividing.
    function _look() private {
        uint256 all = amm.totalShares();
        uint256 sum = amm.accumulated();
        uint256 product = amm.baseReserve() * amm.quoteReserve();
        _claim(product * shares * shares >= base * quote * all * all, "the product of the reserves never falls for a share");
        _claim(sum >= accumulated, "the accumulated price only grows");
        (base, quote, shares, accumulated) = (amm.baseReserve(), amm.quoteReserve(), all, sum);
    }

    /// The claims of a pool: its product never falls, it holds its reserves, and its shares are all owned.
    function _check() internal view override {
        _atLeast(asset.balanceOf(address(amm)), amm.baseReserve(), "the pool holds its reserve of the asset");
        _atLeast(money.balanceOf(address(amm)), amm.quoteReserve(), "the pool holds its reserve of money");
        _equal(_sum(amm.sharesOf) + amm.BURNT(), amm.totalShares(), "every share is owned or burnt");
    }
}

contract AmmClaims is Claims(new AmmHunt()) {}
