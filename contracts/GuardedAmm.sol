// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "./Amm.sol";
import {TradingHalt} from "./TradingHalt.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IToken} from "./interfaces/IToken.sol";

/// An automated market maker that a fast move of its price halts. Liquidity can be added and taken out all the same: that
/// changes no price, and an owner is never locked in.
contract GuardedAmm is Amm, TradingHalt {
    /// @param baseToken_ the asset
    /// @param quoteToken_ the money in which its price is quoted
    /// @param clock_ the contract that knows the epoch
    /// @param feeBps_ the fee on what comes in, in basis points
    /// @param moveBps_ the move that halts trading, in basis points
    /// @param window_ the epochs over which the mean is taken
    /// @param halt_ the epochs of a halt
    constructor(
        IToken baseToken_,
        IToken quoteToken_,
        IEpochs clock_,
        uint256 feeBps_,
        uint256 moveBps_,
        uint256 window_,
        uint256 halt_
    ) Amm(baseToken_, quoteToken_, clock_, feeBps_) TradingHalt(moveBps_, window_, halt_) {}

    function _beforeTrade() internal override {
        _checkTrading(observed, _spot(), cumulative);
    }

    function _afterTrade() internal override {
        _noteTrade(observed, _spot());
    }

    /// The price of a unit, in millionths of the quote's unit.
    function _spot() private view returns (uint256) {
        return quoteReserve * SCALE / baseReserve;
    }
}
