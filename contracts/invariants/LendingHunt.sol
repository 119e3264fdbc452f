// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "../Amm.sol";
import {FlashArbitrage} from "../FlashArbitrage.sol";
import {LendingPool} from "../LendingPool.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims} from "./Hunt.sol";
import {Pools} from "./Pools.sol";

/// Three actors lend, pledge, borrow, repay and liquidate, as far as the rules go and a little further, while the price moves
/// and time passes; a contract takes flash loans, and another one trades with them between two pools.
contract LendingHunt is Pools {
    string private constant SECURED = "half of what the collateral is worth is lent, and no more";
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
        address owner = _actor(who);
        amount = _within(amount, 1, 1_000_000);
        (uint256 all, uint256 claimed) = _claimed();
        bool due = amount * claimed >= all && amount <= money.balanceOf(owner);
        _callPool(owner, abi.encodeCall(pool.supply, (amount)), due, "whoever brings the worth of a claim is a lender");
    }

    function withdraw(uint256 who, uint256 part) external {
        address owner = _actor(who);
        uint256 held = pool.claimsOf(owner);
        part = _within(part, 1, held + 1);
        (uint256 all, uint256 claimed) = _claimed();
        bool due = part <= held && part * all / claimed <= pool.cash();
        _callPool(owner, abi.encodeCall(pool.withdraw, (part)), due, "a lender takes out its part of what is not lent");
    }

    function pledge(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        amount = _within(amount, 1, 1_000);
        bool due = amount <= asset.balanceOf(owner);
        _callPool(owner, abi.encodeCall(pool.pledge, (amount)), due, "an owner pledges what it has");
    }

    function release(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        (uint256 held, uint256 debt) = (pool.collateralOf(owner), pool.debtOf(owner));
        amount = _within(amount, 1, held + 1);
        bool due = amount <= held && (debt == 0 || _isGoodFor(debt, held - amount, 5_000));
        _callPool(owner, abi.encodeCall(pool.release, (amount)), due, SECURED);
    }

    /// Borrow much of what the collateral is good for, so that a fall of the price matters, or a little more than that.
    function borrow(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        (uint256 held, uint256 debt) = (pool.collateralOf(owner), pool.debtOf(owner));
        uint256 limit = held * pool.price() / 2 / MILLION;
        uint256 most = limit > debt ? limit - debt : 0;
        amount = _within(amount, most / 2 + 1, most + 1);
        uint256 units = pool.unitsOf(owner) + _up(amount * pool.UNIT(), pool.index());
        bool due = amount <= pool.cash() && _isGoodFor(_up(units * pool.index(), pool.UNIT()), held, 5_000);
        _callPool(owner, abi.encodeCall(pool.borrow, (amount)), due, SECURED);
    }

    function repay(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        uint256 debt = pool.debtOf(owner);
        amount = _within(amount, 1, debt + 1);
        bool due = amount <= debt && amount <= money.balanceOf(owner);
        _callPool(owner, abi.encodeCall(pool.repay, (amount)), due, "a debt is repaid, and nothing beyond it");
    }

    /// Repay for an account; a liquidator gets its discount as far as the account is good for it: one unit of collateral
    /// more would be too much for what was repaid, or more than the part of the debt that was repaid.
    function liquidate(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        (uint256 held, uint256 debt, uint256 price) = (pool.collateralOf(owner), pool.debtOf(owner), pool.price());
        amount = _within(amount, 1, debt + 1);
        bool due = price != 0 && !_isGoodFor(debt, held, 7_500) && amount <= debt;
        due = due && amount <= money.balanceOf(_other(who));
        bytes memory data = abi.encodeCall(pool.liquidate, (owner, amount));
        if (!_callPool(_other(who), data, due, "an account that owes too much is liquidated, and no other")) return;
        (uint256 left, uint256 owed) = (pool.collateralOf(owner), pool.debtOf(owner));
        uint256 discounted = amount * 10_500 * MILLION;
        _claim((held - left) * price * BPS <= discounted, "a liquidator gets its discount at most");
        _claim(left * debt >= held * owed, "a liquidation takes collateral as it takes debt");
        bool isAll = (held - left + 1) * price * BPS > discounted || left * debt < held * owed + debt;
        _claim(isAll, "a liquidator gets its discount as far as the account is good for it");
    }

    /// A flash loan; a greedy borrower wants to own what it repays, and gets nothing.
    function flash(uint256 amount, bool isGreedy) external {
        uint256 held = money.balanceOf(address(this));
        amount = _within(amount, 1, pool.cash() + 1);
        greedy = isGreedy;
        bool due = amount <= pool.cash() && !isGreedy;
        bytes memory data = abi.encodeCall(pool.flash, (amount, ""));
        if (!_callPool(address(this), data, due, "what is there is lent to whoever repays it")) return;
        _claim(held - money.balanceOf(address(this)) == _flashFee(amount), "a flash loan costs its fee");
    }

    function onFlashLoan(uint256 amount, uint256, bytes calldata) external {
        if (msg.sender == address(pool) && greedy) pool.supply(amount);
    }

    /// Buy in one pool with a loan and sell in the other, whether that gains or not.
    function arbitrage(uint256 who, uint256 base, bool isBack) external {
        (Amm cheap, Amm dear) = isBack ? (second, amm) : (amm, second);
        base = _within(base, 1, 500);
        uint256 loan = base * cheap.quoteReserve() / cheap.baseReserve() * 11 / 10 + 10;
        (uint256 costs, uint256 brings) = (_costs(cheap, base), _brings(dear, base));
        bool due = loan <= pool.cash() && costs <= loan && brings != 0 && brings >= costs + _flashFee(loan);
        address owner = _actor(who);
        uint256 held = money.balanceOf(owner);
        bytes memory data = abi.encodeCall(arbitrageur.run, (isBack ? 1 : 0, base, loan, 0));
        if (_call(owner, address(arbitrageur), data, due, "an arbitrage that loses nothing is made, and no other")) {
            bool isPaid = money.balanceOf(owner) == held + brings - costs - _flashFee(loan);
            _claim(isPaid, "an arbitrage pays its gain to its caller");
        }
        _look();
    }

    function trade(uint256 who, uint256 amount, bool isSale) external {
        address owner = _actor(who);
        amount = _within(amount, 1, amm.baseReserve() / (isSale ? 2 : 3));
        bool due = isSale
            ? _brings(amm, amount) != 0 && amount <= asset.balanceOf(owner)
            : _costs(amm, amount) <= money.balanceOf(owner);
        bytes memory data =
            isSale ? abi.encodeCall(amm.sell, (amount, 0)) : abi.encodeCall(amm.buy, (amount, type(uint256).max));
        _call(owner, address(amm), data, due, "a trade that its owner can pay is made");
    }

    function wait(uint64 epochs) external {
        clock.pass(uint64(_within(epochs, 0, 3)));
        pool.accrue();
        _look();
    }

    function _market() private returns (Amm made) {
        made = new Amm(IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), FEE_BPS);
        _allow(address(made));
        VM.prank(actors[0]);
        made.add(100_000, 10_000_000);
    }

    /// Call the lending pool, which may make what a claim is worth only larger.
    function _callPool(address caller, bytes memory data, bool due, string memory claim) private returns (bool done) {
        done = _call(caller, address(pool), data, due, claim);
        _look();
    }

    /// Whether a debt is at most this part of what collateral is worth; without a price nothing is.
    function _isGoodFor(uint256 debt, uint256 collateral, uint256 partBps) private view returns (bool) {
        return pool.price() != 0 && debt * BPS * MILLION <= collateral * pool.price() * partBps;
    }

    function _flashFee(uint256 amount) private pure returns (uint256) {
        return _up(amount * 9, BPS);
    }

    /// What the lenders own and their claims on it, each with the thousand of nobody that keep a claim from becoming dear.
    function _claimed() private view returns (uint256, uint256) {
        return (pool.assets() + 1_000, pool.totalClaims() + 1_000);
    }

    /// Compare what a claim is worth with what it was, without dividing.
    function _look() private {
        (uint256 nowAssets, uint256 nowClaims) = _claimed();
        _claim(nowAssets * claims >= assets * nowClaims, "a claim on the pool never loses value");
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
