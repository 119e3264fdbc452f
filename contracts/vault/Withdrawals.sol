// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payments} from "../Payments.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Accounts} from "./Accounts.sol";

/// Withdrawals in three steps: the owner requests, a batch executes the request, the owner claims. A request has a
/// deadline: when it passes and the account could pay, the escape opens, even while batches go on.
abstract contract Withdrawals is Accounts {
    using Payments for IToken;

    event WithdrawalRequested(
        uint32 indexed number, uint32 indexed account, uint32 indexed token, uint128 amount, uint64 deadline
    );
    event Exited(uint32 indexed number);
    event Claimed(uint32 indexed account, uint32 indexed token, uint256 amount);

    error UnknownRequest(uint256 number);
    error RequestDone(uint256 number);

    struct Request {
        uint32 account;
        uint32 token;
        uint128 amount;
        uint48 deadline;
        bool done;
    }

    /// The time in which a request is to be executed or, where the account cannot pay it, refused.
    uint64 public constant WITHDRAWAL_DEADLINE = 7 days;

    mapping(uint256 => mapping(uint256 => uint256)) public claimable;
    mapping(uint256 => uint256) public claimableTotal;
    Request[] public requests;

    /// Nothing moves yet: an immediate withdrawal could make a batch insolvent that is final already.
    /// @param account the number of the account
    /// @param token the number of the token
    /// @param amount the units
    function requestWithdrawal(uint32 account, uint32 token, uint128 amount) external onlyOwner(account) {
        if (token >= tokenCount) revert UnknownToken(token);
        if (amount == 0) revert NothingToMove();
        uint64 deadline = uint64(block.timestamp) + WITHDRAWAL_DEADLINE;
        requests.push(Request(account, token, amount, uint48(deadline), false));
        emit WithdrawalRequested(uint32(requests.length - 1), account, token, amount, deadline);
    }

    /// Neither a pause nor the escape stops a claim.
    /// @param account the number of the account
    /// @param token the number of the token
    function claim(uint32 account, uint32 token) external nonReentrant onlyOwner(account) {
        uint256 amount = claimable[account][token];
        if (amount == 0) revert NothingToMove();
        claimable[account][token] = 0;
        claimableTotal[token] -= amount;
        emit Claimed(account, token, amount);
        tokenAt[token].pay(msg.sender, amount);
    }

    /// Move the requested amount from the balance to the owner's claim.
    function _exit(uint256 number) internal {
        Request storage request = _openRequest(number);
        request.done = true;
        _change(request.account, request.token, -int256(uint256(request.amount)));
        claimable[request.account][request.token] += request.amount;
        claimableTotal[request.token] += request.amount;
        emit Exited(uint32(number));
    }

    /// A request that was neither executed nor refused.
    function _openRequest(uint256 number) internal view returns (Request storage request) {
        if (number >= requests.length) revert UnknownRequest(number);
        request = requests[number];
        if (request.done) revert RequestDone(number);
    }
}
