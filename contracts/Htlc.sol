// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "./Payments.sol";
import {IToken} from "./interfaces/IToken.sol";

/// A hash time lock: the payee takes the money with the preimage of a SHA-256 digest before the deadline, or the payer
/// takes it back from the deadline on. Two of them with one digest, on two chains, are an atomic swap.
contract Htlc {
    using Payments for IToken;

    event Locked(
        uint256 indexed swap,
        address indexed payer,
        address indexed payee,
        uint256 amount,
        bytes32 digest,
        uint256 deadline
    );
    event Claimed(uint256 indexed swap, uint256 amount, bytes32 preimage);
    event Refunded(uint256 indexed swap, uint256 amount);

    error NothingToLock();
    error NoPayee();
    error UnknownSwap(uint256 swap);
    error SwapOver(uint256 swap);
    error WrongPreimage(uint256 swap);
    error DeadlinePassed(uint256 deadline, uint256 time);
    error DeadlineNotReached(uint256 deadline, uint256 time);

    struct Swap {
        address payer;
        address payee;
        uint256 amount;
        bytes32 digest;
        uint256 deadline;
    }

    IToken public immutable token;
    /// The amount in all swaps that are not over.
    uint256 public held;
    Swap[] public swaps;

    /// @param token_ the token that is locked
    constructor(IToken token_) {
        token = token_;
    }

    /// Lock an amount, which the caller has approved; swaps are numbered from 0.
    /// @param payee the address that the money goes to if it is claimed
    /// @param amount the amount
    /// @param digest the SHA-256 digest whose preimage claims it
    /// @param deadline the time from which the caller can take it back
    function lock(address payee, uint256 amount, bytes32 digest, uint256 deadline) external {
        if (amount == 0) revert NothingToLock();
        if (payee == address(0) || payee == msg.sender) revert NoPayee();
        if (block.timestamp >= deadline) revert DeadlinePassed(deadline, block.timestamp);
        swaps.push(Swap(msg.sender, payee, amount, digest, deadline));
        held += amount;
        emit Locked(swaps.length - 1, msg.sender, payee, amount, digest, deadline);
        token.take(amount);
    }

    /// Pay the payee, whoever calls: the preimage is the permission.
    /// @param swap the number of the swap
    /// @param preimage the 32 bytes with the digest of the swap
    function claim(uint256 swap, bytes32 preimage) external {
        Swap storage found = _find(swap);
        if (sha256(abi.encodePacked(preimage)) != found.digest) revert WrongPreimage(swap);
        if (block.timestamp >= found.deadline) revert DeadlinePassed(found.deadline, block.timestamp);
        uint256 amount = _end(found);
        emit Claimed(swap, amount, preimage);
        token.pay(found.payee, amount);
    }

    /// Pay the payer back, whoever calls: the deadline is the permission.
    /// @param swap the number of the swap
    function refund(uint256 swap) external {
        Swap storage found = _find(swap);
        if (block.timestamp < found.deadline) revert DeadlineNotReached(found.deadline, block.timestamp);
        uint256 amount = _end(found);
        emit Refunded(swap, amount);
        token.pay(found.payer, amount);
    }

    /// @return the number of swaps so far
    function count() external view returns (uint256) {
        return swaps.length;
    }

    function _find(uint256 swap) private view returns (Swap storage found) {
        if (swap >= swaps.length) revert UnknownSwap(swap);
        found = swaps[swap];
        if (found.amount == 0) revert SwapOver(swap);
    }

    /// End the swap before the payment, so that a reentrant token finds nothing left.
    function _end(Swap storage found) private returns (uint256 amount) {
        amount = found.amount;
        found.amount = 0;
        held -= amount;
    }
}
