// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Amm} from "./Amm.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IToken} from "./interfaces/IToken.sol";

/// Debts with interest, and the price of what secures them: the time-weighted price of an automated market maker, which a
/// single transaction cannot move. A debt is a number of units times an index that grows with the interest.
abstract contract Debts {
    event Accrued(uint256 epoch, uint256 index, uint256 price);

    error NothingToLend();
    error ShortOfCash(uint256 held, uint256 needed);
    error PriceUnknown();
    error MoreThanOwed(uint256 debt, uint256 found);

    uint256 internal constant BPS = 10_000;
    uint256 internal constant MILLION = 1_000_000;
    /// The index starts here.
    uint256 public constant UNIT = 1_000_000_000;
    /// The price is an average over at least this number of epochs.
    uint256 public constant WINDOW = 2;

    IToken public immutable money;
    IToken public immutable asset;
    Amm public immutable market;
    IEpochs public immutable clock;
    uint256 public immutable rate;

    /// Counted, not read from the token: money that is sent here directly belongs to nobody.
    uint256 public cash;
    uint256 public totalUnits;
    uint256 public index = UNIT;
    uint256 public accruedAt;
    uint256 public price;
    uint256 public markedAt;
    uint256 public markedPrice;
    mapping(address => uint256) public unitsOf;

    modifier accrued() {
        _accrue();
        _;
    }

    /// @param market_ where asset and money trade, and where the asset gets its price
    /// @param rate_ the interest for each epoch, in millionths of the debt
    constructor(Amm market_, uint256 rate_) {
        market = market_;
        money = market_.quoteToken();
        asset = market_.baseToken();
        clock = market_.clock();
        rate = rate_;
        accruedAt = markedAt = market_.clock().epoch();
        markedPrice = market_.accumulated();
    }

    /// What an account owes, as of the last accrual.
    /// @param owner the borrower
    /// @return the money, rounded up
    function debtOf(address owner) public view returns (uint256) {
        return Math.ceilDiv(unitsOf[owner] * index, UNIT);
    }

    function _accrue() internal {
        uint256 now_ = clock.epoch();
        if (now_ == accruedAt) return;
        index += index * rate * (now_ - accruedAt) / MILLION;
        accruedAt = now_;
        uint256 sum = market.accumulated();
        if (sum == markedPrice) {
            markedAt = now_; // there was no price yet
        } else if (now_ - markedAt >= WINDOW) {
            price = (sum - markedPrice) / (now_ - markedAt);
            markedPrice = sum;
            markedAt = now_;
        }
        emit Accrued(now_, index, price);
    }

    function _owe(address owner, uint256 amount) internal {
        uint256 units = Math.ceilDiv(amount * UNIT, index);
        unitsOf[owner] += units;
        totalUnits += units;
    }

    function _reduce(address owner, uint256 amount) internal {
        uint256 debt = debtOf(owner);
        if (amount == 0) revert NothingToLend();
        if (amount > debt) revert MoreThanOwed(debt, amount);
        uint256 units = amount == debt ? unitsOf[owner] : amount * UNIT / index;
        unitsOf[owner] -= units;
        totalUnits -= units;
        cash += amount;
    }

    function _spend(uint256 amount) internal {
        if (amount > cash) revert ShortOfCash(cash, amount);
        cash -= amount;
    }
}
