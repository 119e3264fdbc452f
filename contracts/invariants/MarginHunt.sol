// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GuardedAmm} from "../GuardedAmm.sol";
import {MarginVault} from "../MarginVault.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors trade on margin in a pool that halts, a broker lends to them and draws what is not lent, and accounts below
/// their margin are sold while the price moves, time passes and the interest is high.
contract MarginHunt is Hunt {
    uint256 private constant MOVE_BPS = 2_500;
    uint256 private constant HALT = 1;
    uint256 private constant BPS = 10_000;
    uint256 private constant MILLION = 1_000_000;

    GuardedAmm private immutable pool;
    MarginVault private immutable vault;
    /// The broker's side after the last call: its cash and all debts.
    uint256 private lent;
    bool private wasHalted;

    /// An account with the numbers that a liquidation may change.
    struct Account {
        uint256 money;
        uint256 shares;
        uint256 debt;
        uint256 insurance;
    }

    constructor() {
        pool = new GuardedAmm(
            IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), 30, MOVE_BPS, 2, HALT
        );
        vault = new MarginVault(pool, 40_000, address(this));
        _allow(address(pool));
        _allow(address(vault));
        money.mint(address(this), WEALTH);
        money.approve(address(vault), type(uint256).max);
        VM.prank(actors[0]);
        pool.add(1_000_000, 100_000_000);
        clock.pass(2);
        vault.fund(2_000_000);
        _look(0, 0);
    }

    modifier halts() {
        wasHalted = clock.epoch() < pool.haltedUntil();
        _;
    }

    function fund(uint256 amount) external {
        amount = _within(amount, 1, 100_000);
        vault.fund(amount);
        _look(amount, 0);
    }

    function draw(uint256 amount) external {
        uint256 cash = vault.cash();
        if (cash == 0) return;
        amount = _within(amount, 1, cash / 4 + 1);
        vault.draw(amount);
        _look(0, amount);
    }

    function deposit(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        uint256 debt = vault.debtOf(owner);
        VM.prank(owner);
        vault.deposit(_within(amount, 1, debt == 0 ? 50_000 : debt / 4 + 1));
        _look(0, 0);
    }

    function withdraw(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        uint256 held = vault.moneyOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        vault.withdraw(_within(amount, 1, held));
        _look(0, 0);
    }

    /// Buy much of what the account is good for, so that a fall of the price matters, or a little more than that.
    function buy(uint256 who, uint256 amount) external halts {
        address owner = _actor(who);
        vault.accrue();
        Account memory found = _accountOf(owner);
        (uint256 good, uint256 bound) = (2 * found.money + _value(found.shares), 2 * found.debt);
        if (good <= bound || vault.price() == 0) return;
        uint256 most = (good - bound) * MILLION / vault.price();
        uint256 shares = _within(amount, most * 3 / 4 + 1, most + 10);
        VM.prank(owner);
        try vault.buy(shares, type(uint256).max) {
            _traded();
            found = _accountOf(owner);
            _claim(found.shares != 0 && _isGood(found, 5_000), "half of what is bought is the owner's");
        } catch {}
        _look(0, 0);
    }

    function sell(uint256 who, uint256 amount) external halts {
        address owner = _actor(who);
        uint256 held = vault.sharesOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        try vault.sell(_within(amount, 1, held / 3 + 1), 0) {
            _traded();
        } catch {}
        _look(0, 0);
    }

    /// Sell for an account, once or until nothing is left; what follows is compared with the rules.
    function liquidate(uint256 who, uint256 amount, bool isOnce) external {
        for (uint256 slice = 0; slice < (isOnce ? 1 : 12); slice++) _liquidate(_actor(who), _other(who), amount);
    }

    function _liquidate(address owner, address caller, uint256 amount) private halts {
        vault.accrue();
        Account memory before = _accountOf(owner);
        uint256 most = before.shares / 2 + before.shares % 2;
        uint256 shares = amount % 4 == 0 ? _within(amount, 0, most + 1) : most;
        uint256 reserve = pool.quoteReserve();
        VM.prank(caller);
        try vault.liquidate(owner, shares) {
            if (shares != 0) _traded();
            _claim(!_isGood(before, 2_500), "an account in order is not sold");
            _claim(shares <= most, "a slice is half of the account at most");
            _follow(before, _accountOf(owner), reserve - pool.quoteReserve());
        } catch {
            _look(0, 0);
        }
    }

    /// A trade in the market; one that pushes the price back where it is far from the first one, so that it swings.
    function trade(uint256 who, uint256 amount, bool isSale) external halts {
        (uint256 part, uint256 price) = (pool.baseReserve() / 8 + 1, pool.quoteReserve() / pool.baseReserve());
        isSale = price > 140 || (price > 60 && isSale);
        VM.prank(_actor(who));
        if (isSale) {
            try pool.sell(_within(amount, 1, part), 0) { _traded(); } catch {}
        } else {
            try pool.buy(_within(amount, 1, part), type(uint256).max) { _traded(); } catch {}
        }
    }

    /// Liquidity comes or goes.
    function pour(uint256 who, uint256 amount, bool isOut) external {
        address owner = _actor(who);
        uint256 held = pool.sharesOf(owner);
        amount = isOut ? _within(amount, 1, held / 4 + 1) : _within(amount, 10, 10_000);
        bytes memory data =
            isOut ? abi.encodeCall(pool.remove, (amount)) : abi.encodeCall(pool.add, (amount, type(uint128).max));
        _call(owner, address(pool), data, !isOut || amount <= held, "liquidity comes and goes in a halt, too");
    }

    function wait(uint64 epochs) external {
        clock.pass(uint64(_within(epochs, 0, 5)));
        vault.accrue();
        _look(0, 0);
    }

    /// A trade that has just been made: never in a halt, and one far from the mean begins a halt.
    function _traded() private {
        (uint256 spot, uint256 mean) = (pool.quoteReserve() * MILLION / pool.baseReserve(), pool.mean());
        bool isFar = (spot > mean ? spot - mean : mean - spot) * BPS >= MOVE_BPS * mean;
        _claim(!wasHalted, "nothing is traded in a halt");
        _claim(pool.haltedUntil() == (isFar ? clock.epoch() + HALT : 0), "a price far from the mean halts the market");
    }

    /// What a forced sale must leave: the fee for the insurance, the rest for the debt, what is over for the owner; and
    /// where nothing is left to sell, the insurance pays the debt as far as it can.
    function _follow(Account memory before, Account memory after_, uint256 proceeds) private {
        uint256 insurance = before.insurance + proceeds * 50 / BPS;
        uint256 credit = proceeds - proceeds * 50 / BPS;
        uint256 over = credit > before.debt ? credit - before.debt : 0;
        uint256 owed = before.debt + over - credit;
        uint256 helped = after_.shares > 0 ? 0 : owed < insurance ? owed : insurance;
        uint256 lost = after_.shares > 0 ? 0 : owed - helped;
        _claim(after_.money == before.money + over, "what a sale brings beyond the debt is the owner's");
        _claim(after_.shares != 0 || after_.debt == 0, "a debt that nothing secures is ended");
        bool isKept = after_.insurance <= insurance - helped && after_.insurance + helped + _unit() >= insurance;
        _claim(isKept, "the insurance gets the fee, and pays where nothing is left");
        _look(0, lost == 0 ? 0 : lost + _unit());
    }

    /// Cash and debts fall only by what the broker draws or loses, whatever rounding does.
    function _look(uint256 inflow, uint256 outflow) private {
        uint256 found = vault.cash() + _sum(vault.debtOf);
        _claim(found + outflow >= lent + inflow, "no debt is forgotten");
        lent = found;
    }

    /// The most that a unit of debt is worth, and so the most that a partial payment is off.
    function _unit() private view returns (uint256) {
        return vault.index() / vault.UNIT() + 2;
    }

    function _value(uint256 shares) private view returns (uint256) {
        return shares * vault.price() / MILLION;
    }

    /// Whether an account has its debt and this part of the value of its shares.
    function _isGood(Account memory found, uint256 partBps) private view returns (bool) {
        uint256 value = _value(found.shares);
        return (found.money + value - (value * partBps + BPS - 1) / BPS) >= found.debt;
    }

    function _accountOf(address owner) private view returns (Account memory) {
        return Account(vault.moneyOf(owner), vault.sharesOf(owner), vault.debtOf(owner), vault.insurance());
    }

    /// The claims of margin accounts: the vault holds its parts, and they add up.
    function _check() internal view override {
        uint256 parts = vault.cash() + vault.insurance() + vault.totalMoney();
        _equal(money.balanceOf(address(vault)), parts, "the vault holds its cash, its insurance and the accounts");
        _equal(asset.balanceOf(address(vault)), vault.totalShares(), "the vault holds all shares");
        _equal(_sum(vault.moneyOf), vault.totalMoney(), "the money of the accounts adds up");
        _equal(_sum(vault.sharesOf), vault.totalShares(), "the shares of the accounts add up");
        _equal(_sum(vault.unitsOf), vault.totalUnits(), "the debts add up");
    }
}

contract MarginClaims is Claims(new MarginHunt()) {}
