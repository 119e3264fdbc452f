// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The halt of a market by rule: a trade whose price is far from the mean of the window before it stands, and no other
/// follows for some epochs. The price at which trading resumes begins a new window. The inheriting contract says when it
/// trades and at what price; what is no trade is never halted.
abstract contract TradingHalt {
    event MeanSet(uint256 mean);
    event TradingStopped(uint256 reached, uint256 haltedUntil);
    event TradingResumed(uint256 resumedAt);

    error BadHalt(uint256 moveBps, uint256 window, uint256 halt);
    error TradingHalted(uint256 until, uint256 settled);

    uint256 private constant BPS = 10_000;

    /// A trade at least this far from the mean, on either side, halts the market.
    uint256 public immutable moveBps;
    /// The mean price is taken over at least this number of epochs.
    uint256 public immutable window;
    /// The epochs without trades.
    uint256 public immutable halt;
    /// The mean price of the last whole window, or the price at the beginning of the first one.
    uint256 public mean;
    /// When the present window began, and the sum of prices up to then.
    uint256 public windowFrom;
    uint256 public windowSum;
    /// The epoch from which the market trades again; 0 if it is not halted.
    uint256 public haltedUntil;

    /// @param moveBps_ how far is too far, in basis points
    /// @param window_ the epochs of a window
    /// @param halt_ the epochs of a halt
    constructor(uint256 moveBps_, uint256 window_, uint256 halt_) {
        if (moveBps_ == 0 || moveBps_ > BPS || window_ == 0 || halt_ == 0) revert BadHalt(moveBps_, window_, halt_);
        moveBps = moveBps_;
        window = window_;
        halt = halt_;
    }

    /// Refuse a trade in a halt; otherwise keep the mean up to date.
    /// @param settled the epoch
    /// @param price the price before the trade
    /// @param sum the sum of prices over all epochs
    function _checkTrading(uint256 settled, uint256 price, uint256 sum) internal {
        if (settled < haltedUntil) revert TradingHalted(haltedUntil, settled);
        if (haltedUntil != 0) {
            haltedUntil = 0;
            emit TradingResumed(settled);
        } else if (mean != 0) {
            if (settled - windowFrom < window) return;
            price = (sum - windowSum) / (settled - windowFrom);
        }
        (mean, windowFrom, windowSum) = (price, settled, sum);
        emit MeanSet(price);
    }

    /// Halt the market if the price of a trade is far from the mean; equality halts.
    /// @param settled the epoch
    /// @param price the price after the trade
    function _noteTrade(uint256 settled, uint256 price) internal {
        uint256 distance = price > mean ? price - mean : mean - price;
        if (distance * BPS < moveBps * mean) return;
        haltedUntil = settled + halt;
        emit TradingStopped(price, haltedUntil);
    }
}
