// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "../Amm.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Clock, Hunt} from "./Hunt.sol";

/// Three actors trade with a pool, add to it and take from it, and somebody sends it tokens.
contract AmmHunt is Hunt {
    Clock public immutable clock = new Clock();
    Amm public immutable amm;
    /// The product of the reserves for each square of a share, as it was after the last call.
    uint256 public base;
    uint256 public quote;
    uint256 public shares;
    bool public fell;
    uint256 public accumulated;
    bool public forgot;

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
        if (amm.baseReserve() * amm.quoteReserve() * shares * shares < base * quote * all * all) fell = true;
        if (sum < accumulated) forgot = true;
        (base, quote, shares, accumulated) = (amm.baseReserve(), amm.quoteReserve(), all, sum);
    }

    function sharesOfActors() external view returns (uint256 sum) {
        for (uint256 number = 0; number < ACTORS; number++) sum += amm.sharesOf(actors[number]);
    }
}

contract AmmClaims is Claims {
    AmmHunt private hunt;

    function setUp() public {
        hunt = new AmmHunt();
    }

    /// The claims of a pool: its product never falls, it holds its reserves, and its shares are all owned.
    function invariant_pool() external view {
        Amm amm = hunt.amm();
        _equal(hunt.fell() ? 1 : 0, 0, "the product of the reserves never falls for a share");
        _equal(hunt.forgot() ? 1 : 0, 0, "the accumulated price only grows");
        _atLeast(hunt.asset().balanceOf(address(amm)), amm.baseReserve(), "the pool holds its reserve of the asset");
        _atLeast(hunt.money().balanceOf(address(amm)), amm.quoteReserve(), "the pool holds its reserve of money");
        _equal(hunt.sharesOfActors() + amm.BURNT(), amm.totalShares(), "every share is owned or burnt");
    }

    function _hunt() internal view override returns (address) {
        return address(hunt);
    }
}
