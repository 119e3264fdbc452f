// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "../Amm.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims} from "./Hunt.sol";
import {Pools} from "./Pools.sol";

/// Three actors trade with a pool, add to it and take from it, and somebody sends it tokens.
contract AmmHunt is Pools {
    string private constant PAID = "what its owner can pay is made, and nothing else";

    Amm private immutable amm;
    /// The product of the reserves for each square of a share, as it was after the last call.
    uint256 private base;
    uint256 private quote;
    uint256 private shares;
    uint256 private accumulated;

    constructor() {
        amm = new Amm(IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), FEE_BPS);
        _allow(address(amm));
        VM.prank(actors[0]);
        amm.add(10_000, 50_000);
        _look();
    }

    function add(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        (uint256 most, uint256 mostQuote) = (_within(amount, 0, 100_000), _within(amount >> 128, 0, 500_000));
        (uint256 all, uint256 has, uint256 hasQuote) = (amm.totalShares(), amm.baseReserve(), amm.quoteReserve());
        (uint256 part, uint256 other) = (most * all / has, mostQuote * all / hasQuote);
        if (other < part) part = other;
        bool due = part != 0 && _up(part * has, all) <= asset.balanceOf(owner);
        due = due && _up(part * hasQuote, all) <= money.balanceOf(owner);
        _callPool(owner, abi.encodeCall(amm.add, (most, mostQuote)), due);
    }

    function remove(uint256 who, uint256 part) external {
        address owner = _actor(who);
        uint256 held = amm.sharesOf(owner);
        part = _within(part, 1, held + 1);
        _callPool(owner, abi.encodeCall(amm.remove, (part)), part <= held);
    }

    function buy(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        amount = _within(amount, 0, amm.baseReserve() / 3 + 1);
        bool due = amount != 0 && _costs(amm, amount) <= money.balanceOf(owner);
        _callPool(owner, abi.encodeCall(amm.buy, (amount, type(uint256).max)), due);
    }

    function sell(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        amount = _within(amount, 0, amm.baseReserve() / 2 + 10);
        bool due = _brings(amm, amount) != 0 && amount <= asset.balanceOf(owner);
        _callPool(owner, abi.encodeCall(amm.sell, (amount, 0)), due);
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

    function _callPool(address caller, bytes memory data, bool due) private {
        _call(caller, address(amm), data, due, PAID);
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
