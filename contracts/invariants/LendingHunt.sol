// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "../Amm.sol";
import {FlashArbitrage} from "../FlashArbitrage.sol";
import {LendingPool} from "../LendingPool.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors lend, pledge, borrow, repay and liquidate while the price moves and time passes; a contract takes flash
/// loans, and another one trades with them between two pools.
contract LendingHunt is Hunt {
    uint256 private constant SENT = 1_000;

    Amm private immutable amm;
    Amm private immutable second;
    LendingPool private immutable pool;
    FlashArbitrage private immutable arbitrageur;
    uint256 private assets;
    uint256 private claims;
    bool private greedy;

    constructor() {
        amm = _market();
        second = _market();
        pool = new LendingPool(amm, 1_000);
        arbitrageur = new FlashArbitrage(pool, amm, second);
        money.mint(address(arbitrageur), SENT);
        _allow(address(pool));
        money.mint(address(this), WEALTH);
        money.approve(address(pool), type(uint256).max);
        clock.pass(2);
    }

    function supply(uint256 who, uint256 amount) external {
        VM.prank(_actor(who));
        pool.supply(_within(amount, 2, 1_000_000));
        _look();
    }

    function withdraw(uint256 who, uint256 part) external {
        address owner = _actor(who);
        uint256 held = pool.claimsOf(owner);
        if (held == 0) return;
        uint256 given = _within(part, 1, held);
        if (given * pool.assets() / pool.totalClaims() * 11 / 10 + 1 > pool.cash()) return;
        VM.prank(owner);
        pool.withdraw(given);
        _look();
    }

    function pledge(uint256 who, uint256 amount) external {
        VM.prank(_actor(who));
        pool.pledge(_within(amount, 1, 1_000));
        _look();
    }

    function release(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        uint256 held = pool.collateralOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        try pool.release(_within(amount, 1, held)) {} catch {}
        _look();
    }

    /// Borrow much of what the collateral is good for, so that a fall of the price matters.
    function borrow(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        (uint256 limit, uint256 debt) = (pool.collateralOf(owner) * pool.price() / 2_000_000, pool.debtOf(owner));
        if (limit <= debt) return;
        uint256 wanted = _within(amount, (limit - debt) / 2 + 1, limit - debt + 1);
        VM.prank(owner);
        try pool.borrow(wanted) {} catch {}
        _look();
    }

    function repay(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        uint256 debt = pool.debtOf(owner);
        if (debt == 0) return;
        VM.prank(owner);
        pool.repay(_within(amount, 1, debt));
        _look();
    }

    function liquidate(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        uint256 debt = pool.debtOf(owner);
        if (debt == 0) return;
        VM.prank(_other(who));
        try pool.liquidate(owner, _within(amount, 1, debt)) {} catch {}
        _look();
    }

    /// A flash loan; a greedy borrower wants to own what it repays, and gets nothing.
    function flash(uint256 amount, bool isGreedy) external {
        uint256 cash = pool.cash();
        if (cash == 0) return;
        greedy = isGreedy;
        try pool.flash(_within(amount, 1, cash), "") {} catch {}
        _look();
    }

    function onFlashLoan(uint256 amount, uint256, bytes calldata) external {
        if (msg.sender == address(pool) && greedy) pool.supply(amount);
    }

    /// Buy in one pool with a loan and sell in the other, whether that gains or not.
    function arbitrage(uint256 who, uint256 base, bool isBack) external {
        Amm cheap = isBack ? second : amm;
        base = _within(base, 1, 500);
        uint256 loan = base * cheap.quoteReserve() / cheap.baseReserve() * 11 / 10 + 10;
        if (loan > pool.cash()) return;
        address owner = _actor(who);
        uint256 held = money.balanceOf(owner);
        VM.prank(owner);
        try arbitrageur.run(isBack ? 1 : 0, base, loan, 0) {} catch {}
        _claim(money.balanceOf(owner) >= held, "an arbitrage costs its caller nothing");
        _look();
    }

    function trade(uint256 who, uint256 amount, bool isSale) external {
        uint256 part = amm.baseReserve() / (isSale ? 2 : 3);
        VM.prank(_actor(who));
        if (isSale) amm.sell(_within(amount, 1, part), 0);
        else amm.buy(_within(amount, 1, part), type(uint256).max);
    }

    function wait(uint64 epochs) external {
        clock.pass(uint64(_within(epochs, 0, 3)));
        pool.accrue();
        _look();
    }

    function _market() private returns (Amm made) {
        made = new Amm(IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), 30);
        _allow(address(made));
        VM.prank(actors[0]);
        made.add(100_000, 10_000_000);
    }

    /// Compare what a claim is worth with what it was, without dividing.
    function _look() private {
        (uint256 nowAssets, uint256 nowClaims) = (pool.assets(), pool.totalClaims());
        bool kept = nowClaims == 0 || nowAssets * claims >= assets * nowClaims;
        _claim(kept, "a claim on the pool never loses value");
        (assets, claims) = (nowAssets, nowClaims);
    }

    /// The claims of a lending pool: it holds its cash and all collateral, its parts add up, and no lender ever loses.
    function _check() internal view override {
        _equal(money.balanceOf(address(pool)), pool.cash(), "the pool holds its cash");
        _equal(asset.balanceOf(address(pool)), _sum(pool.collateralOf), "the pool holds all collateral");
        _equal(_sum(pool.claimsOf) + pool.claimsOf(address(this)), pool.totalClaims(), "the claims of the lenders add up");
        _equal(_sum(pool.unitsOf), pool.totalUnits(), "the debts add up");
        _equal(_sum(pool.collateralOf), pool.totalCollateral(), "the collateral adds up");
        _equal(money.balanceOf(address(arbitrageur)), SENT, "an arbitrage spends and keeps nothing of its own");
        _equal(asset.balanceOf(address(arbitrageur)), 0, "an arbitrage sells what it bought");
    }
}

contract LendingClaims is Claims(new LendingHunt()) {}
