// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "./Payments.sol";
import {IToken} from "./interfaces/IToken.sol";

/// An escrow: the payer locks money for a payee. The payer releases it to the payee, or the payee refunds it to the
/// payer; neither can take it alone.
contract Escrow {
    using Payments for IToken;

    event Locked(uint256 indexed deal, address indexed payer, address indexed payee, uint256 amount);
    event Released(uint256 indexed deal, uint256 amount);
    event Refunded(uint256 indexed deal, uint256 amount);

    error NothingToLock();
    error NoPayee();
    error UnknownDeal(uint256 deal);
    error DealOver(uint256 deal);
    error NotPayer(uint256 deal, address caller);
    error NotPayee(uint256 deal, address caller);

    struct Deal {
        address payer;
        address payee;
        uint256 amount;
    }

    IToken public immutable token;
    uint256 public held;
    Deal[] public deals;

    /// @param token_ what is locked
    constructor(IToken token_) {
        token = token_;
    }

    /// Lock tokens of the caller, the payer, for a payee.
    /// @param payee who gets them when the payer releases them
    /// @param amount the units
    function lock(address payee, uint256 amount) external {
        if (amount == 0) revert NothingToLock();
        if (payee == address(0) || payee == msg.sender) revert NoPayee();
        deals.push(Deal(msg.sender, payee, amount));
        held += amount;
        emit Locked(deals.length - 1, msg.sender, payee, amount);
        token.take(amount);
    }

    /// Pay the payee, as its payer decides.
    /// @param deal the number of the deal
    function release(uint256 deal) external {
        Deal storage found = _find(deal);
        if (msg.sender != found.payer) revert NotPayer(deal, msg.sender);
        uint256 amount = _end(found);
        emit Released(deal, amount);
        token.pay(found.payee, amount);
    }

    /// Pay the payer back, as its payee decides.
    /// @param deal the number of the deal
    function refund(uint256 deal) external {
        Deal storage found = _find(deal);
        if (msg.sender != found.payee) revert NotPayee(deal, msg.sender);
        uint256 amount = _end(found);
        emit Refunded(deal, amount);
        token.pay(found.payer, amount);
    }

    /// @return the number of deals so far
    function count() external view returns (uint256) {
        return deals.length;
    }

    function _find(uint256 deal) private view returns (Deal storage found) {
        if (deal >= deals.length) revert UnknownDeal(deal);
        found = deals[deal];
        if (found.amount == 0) revert DealOver(deal);
    }

    /// End the deal before the payment, so that a reentrant token finds nothing left.
    function _end(Deal storage found) private returns (uint256 amount) {
        amount = found.amount;
        found.amount = 0;
        held -= amount;
    }
}
