// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../Escrow.sol";
import {Htlc} from "../Htlc.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors lock money in an escrow and in hash locks, and take it out in every way there is.
contract LockHunt is Hunt {
    Escrow public immutable escrow = new Escrow(IToken(address(money)));
    Htlc public immutable lock = new Htlc(IToken(address(money)));
    /// What came out of the hash locks too early, too late or without the preimage.
    bool public cheated;

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
            if (!isRight || block.timestamp >= deadline) cheated = true;
        } catch {}
    }

    function giveBack(uint256 number) external {
        if (lock.count() == 0) return;
        uint256 swap = number % lock.count();
        (,,,, uint256 deadline) = lock.swaps(swap);
        try lock.refund(swap) {
            if (block.timestamp < deadline) cheated = true;
        } catch {}
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + _within(time, 0, 2 days));
    }
}

contract LockClaims is Claims {
    LockHunt private hunt;

    function setUp() public {
        hunt = new LockHunt();
    }

    /// The claims of locks: they hold what they say, and nobody takes what is not due. What is open is not added up again
    /// after every call, because there are hundreds of deals.
    function invariant_locks() external view {
        (Escrow escrow, Htlc lock) = (hunt.escrow(), hunt.lock());
        _equal(hunt.money().balanceOf(address(escrow)), escrow.held(), "the escrow holds what is locked");
        _equal(hunt.money().balanceOf(address(lock)), lock.held(), "the hash lock holds what is locked");
        _equal(hunt.cheated() ? 1 : 0, 0, "nobody takes what is not due");
    }

    /// At the end of a run all deals are added up.
    function afterInvariant() external view {
        (Escrow escrow, Htlc lock) = (hunt.escrow(), hunt.lock());
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

    function _hunt() internal view override returns (address) {
        return address(hunt);
    }
}
