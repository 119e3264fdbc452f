// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../Escrow.sol";
import {Htlc} from "../Htlc.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors lock money in an escrow and in hash locks, and take it out in every way there is.
contract LockHunt is Hunt {
    string private constant DUE = "what is due is taken, and nothing else";

    Escrow private immutable escrow = new Escrow(IToken(address(money)));
    Htlc private immutable lock = new Htlc(IToken(address(money)));

    constructor() {
        _allow(address(escrow));
        _allow(address(lock));
    }

    function hold(uint256 who, uint256 amount) external {
        VM.prank(_actor(who));
        escrow.lock(_other(who), _within(amount, 1, 1_000));
    }

    /// The payer, the payee or a third one releases or refunds a deal.
    function settle(uint256 who, uint256 number, bool isPaid) external {
        if (escrow.count() == 0) return;
        uint256 deal = number % escrow.count();
        (address payer, address payee, uint256 amount) = escrow.deals(deal);
        bytes memory data = isPaid ? abi.encodeCall(escrow.release, (deal)) : abi.encodeCall(escrow.refund, (deal));
        (address by, address to) = isPaid ? (payer, payee) : (payee, payer);
        _take(_actor(who), address(escrow), data, amount != 0 && _actor(who) == by, to, amount);
    }

    function offer(uint256 who, uint256 amount, uint256 time) external {
        bytes32 digest = sha256(abi.encodePacked(bytes32(lock.count())));
        VM.prank(_actor(who));
        lock.lock(_other(who), _within(amount, 1, 1_000), digest, block.timestamp + _within(time, 1, 10 days));
    }

    /// Claim a lock with its preimage, or with another one.
    function take(uint256 who, uint256 number, bool isRight) external {
        if (lock.count() == 0) return;
        uint256 swap = number % lock.count();
        (, address payee, uint256 amount,, uint256 deadline) = lock.swaps(swap);
        bytes memory data = abi.encodeCall(lock.claim, (swap, bytes32(isRight ? swap : swap + 1)));
        _take(_actor(who), address(lock), data, amount != 0 && isRight && block.timestamp < deadline, payee, amount);
    }

    function giveBack(uint256 who, uint256 number) external {
        if (lock.count() == 0) return;
        uint256 swap = number % lock.count();
        (address payer,, uint256 amount,, uint256 deadline) = lock.swaps(swap);
        bytes memory data = abi.encodeCall(lock.refund, (swap));
        _take(_actor(who), address(lock), data, amount != 0 && block.timestamp >= deadline, payer, amount);
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + _within(time, 0, 2 days));
    }

    /// Call for what is locked; it goes to whom it is due.
    function _take(address caller, address place, bytes memory data, bool due, address to, uint256 amount) private {
        uint256 held = money.balanceOf(to);
        if (_call(caller, place, data, due, DUE)) _claim(money.balanceOf(to) == held + amount, DUE);
    }

    /// The claims of locks: they hold what they say, and nobody takes what is not due. What is open is not added up again
    /// after every call, because there are hundreds of deals.
    function _check() internal view override {
        _equal(money.balanceOf(address(escrow)), escrow.held(), "the escrow holds what is locked");
        _equal(money.balanceOf(address(lock)), lock.held(), "the hash lock holds what is locked");
    }

    function checkAll() external view override {
        uint256 sum = 0;
        for (uint256 deal = 0; deal < escrow.count(); deal++) {
            (,, uint256 amount) = escrow.deals(deal);
            sum += amount;
        }
        _equal(sum, escrow.held(), "the open deals add up");
        sum = 0;
        for (uint256 swap = 0; swap < lock.count(); swap++) {
            (,, uint256 amount,,) = lock.swaps(swap);
            sum += amount;
        }
        _equal(sum, lock.held(), "the open swaps add up");
    }
}

contract LockClaims is Claims(new LockHunt()) {}
