// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../Escrow.sol";
import {Htlc} from "../Htlc.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors lock money in an escrow and in hash locks, and take it out in every way there is.
contract LockHunt is Hunt {
    string private constant DUE = "nobody takes what is not due";

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

    function settle(uint256 number, bool isPaid) external {
        if (escrow.count() == 0) return;
        uint256 deal = number % escrow.count();
        (address payer, address payee, uint256 amount) = escrow.deals(deal);
        if (amount == 0) return;
        VM.prank(isPaid ? payer : payee);
        if (isPaid) escrow.release(deal);
        else escrow.refund(deal);
    }

    function offer(uint256 who, uint256 amount, uint256 time) external {
        bytes32 digest = sha256(abi.encodePacked(bytes32(lock.count())));
        VM.prank(_actor(who));
        lock.lock(_other(who), _within(amount, 1, 1_000), digest, block.timestamp + _within(time, 1, 10 days));
    }

    /// Claim a lock with its preimage, or with another one.
    function take(uint256 number, bool isRight) external {
        if (lock.count() == 0) return;
        uint256 swap = number % lock.count();
        (,,,, uint256 deadline) = lock.swaps(swap);
        try lock.claim(swap, bytes32(isRight ? swap : swap + 1)) {
            _claim(isRight && block.timestamp < deadline, DUE);
        } catch {}
    }

    function giveBack(uint256 number) external {
        if (lock.count() == 0) return;
        uint256 swap = number % lock.count();
        (,,,, uint256 deadline) = lock.swaps(swap);
        try lock.refund(swap) {
            _claim(block.timestamp >= deadline, DUE);
        } catch {}
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + _within(time, 0, 2 days));
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
