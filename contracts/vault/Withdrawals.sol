// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IToken} from "../interfaces/IToken.sol";
import {Accounts} from "./Accounts.sol";

/// Withdrawals in three steps: the owner requests, a batch executes the request, the owner claims.
abstract contract Withdrawals is Accounts {
    event WithdrawalRequested(uint32 indexed number, uint32 indexed account, uint32 indexed token, uint128 amount);
    event Exited(uint32 indexed number);
    event Claimed(uint32 indexed account, uint32 indexed token, uint256 amount);

    error UnknownRequest(uint256 number);
    error RequestDone(uint256 number);

    struct Request {
        uint32 account;
        uint32 token;
        uint128 amount;
        bool done;
    }

    mapping(uint256 => mapping(uint256 => uint256)) public claimable;
    mapping(uint256 => uint256) public claimableTotal;
    Request[] public requests;

    /// Nothing moves yet: an immediate withdrawal could make a batch insolvent that is final already.
    function requestWithdrawal(uint32 account, uint32 token, uint128 amount) external onlyOwner(account) {
        if (token >= tokenCount) revert UnknownToken(token);
        if (amount == 0) revert NothingToMove();
        requests.push(Request(account, token, amount, false));
        emit WithdrawalRequested(uint32(requests.length - 1), account, token, amount);
    }

    /// Neither a pause nor the escape stops a claim.
    function claim(uint32 account, uint32 token) external once onlyOwner(account) {
        uint256 amount = claimable[account][token];
        if (amount == 0) revert NothingToMove();
        claimable[account][token] = 0;
        claimableTotal[token] -= amount;
        emit Claimed(account, token, amount);
        _pay(token, msg.sender, amount);
    }

    /// Move the requested amount from the balance to the owner's claim.
    function _exit(uint256 number) internal {
        if (number >= requests.length) revert UnknownRequest(number);
        Request storage request = requests[number];
        if (request.done) revert RequestDone(number);
        request.done = true;
        _change(request.account, request.token, -int256(uint256(request.amount)));
        claimable[request.account][request.token] += request.amount;
        claimableTotal[request.token] += request.amount;
        emit Exited(uint32(number));
    }

    function _pay(uint256 token, address to, uint256 amount) internal {
        IToken money = tokenAt[token];
        if (!money.transfer(to, amount)) revert TokenRefused(address(money));
    }
}
