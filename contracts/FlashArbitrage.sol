// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "./Amm.sol";
import {LendingPool} from "./LendingPool.sol";
import {Payments} from "./Payments.sol";
import {IFlashBorrower} from "./interfaces/IFlashBorrower.sol";
import {IToken} from "./interfaces/IToken.sol";

/// Arbitrage with borrowed money: it buys in one pool, sells in the other, and repays, in one transaction. Without a gain
/// nothing has happened, so its caller risks the gas alone.
contract FlashArbitrage is IFlashBorrower {
    using Payments for IToken;

    event Gained(address indexed owner, uint256 base, uint256 loan, uint256 paid, uint256 received, uint256 gain, uint256 epoch);

    error NotLender(address caller);
    error GainTooSmall(uint256 gain, uint256 least);

    LendingPool public immutable lender;
    Amm public immutable first;
    Amm public immutable second;
    /// What the loan on its way bought and sold for.
    uint256 private _paid;
    uint256 private _received;

    /// @param lender_ who lends the money
    /// @param first_ one pool
    /// @param second_ the other pool
    constructor(LendingPool lender_, Amm first_, Amm second_) {
        lender = lender_;
        first = first_;
        second = second_;
    }

    /// Buy in one pool and sell in the other.
    /// @param back 0 to buy in the first pool, anything else to buy in the second
    /// @param base how much of the asset
    /// @param loan the money to borrow, and the most to pay
    /// @param least the least gain, which goes to the caller
    function run(uint256 back, uint256 base, uint256 loan, uint256 least) external {
        IToken money = lender.money();
        // The gain is the growth of the balance in this call, whatever the pools say; a call inside takes its own gain out.
        // slither-disable-next-line reentrancy-balance
        uint256 before = money.balanceOf(address(this));
        lender.flash(loan, abi.encode(back, base));
        uint256 afterwards = money.balanceOf(address(this));
        uint256 gain = afterwards > before ? afterwards - before : 0;
        if (gain < least || afterwards < before) revert GainTooSmall(gain, least);
        emit Gained(msg.sender, base, loan, _paid, _received, gain, lender.clock().epoch());
        money.pay(msg.sender, gain);
    }

    /// The lender hands over the loan.
    /// @param amount the money that was lent
    /// @param fee what is to be repaid on top of it
    /// @param data the direction and the units, as this contract encoded them
    function onFlashLoan(uint256 amount, uint256 fee, bytes calldata data) external {
        if (msg.sender != address(lender)) revert NotLender(msg.sender);
        (uint256 back, uint256 base) = abi.decode(data, (uint256, uint256));
        (Amm cheap, Amm dear) = back == 0 ? (first, second) : (second, first);
        IToken money = lender.money();
        money.allow(address(cheap), amount);
        _paid = cheap.buy(base, amount);
        lender.asset().allow(address(dear), base);
        _received = dear.sell(base, 0);
        money.allow(address(lender), amount + fee);
    }
}
