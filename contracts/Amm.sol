// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Payments} from "./Payments.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IToken} from "./interfaces/IToken.sol";

/// An automated market maker: it buys and sells an asset at the price that keeps the product of its two reserves constant,
/// less a fee that stays in the reserves (after Uniswap v2). Every rounding favours the reserves.
contract Amm {
    using Payments for IToken;

    event LiquidityAdded(address indexed owner, uint256 base, uint256 quote, uint256 shares);
    event LiquidityRemoved(address indexed owner, uint256 base, uint256 quote, uint256 shares);
    event Bought(address indexed owner, uint256 base, uint256 quote);
    event Sold(address indexed owner, uint256 base, uint256 quote);
    event PriceAccumulated(uint256 epoch, uint256 cumulative);

    error BadFee(uint256 feeBps);
    error NothingToSwap();
    error NothingToAdd();
    error NothingToRemove();
    error PoolTooSmall(uint256 found, uint256 least);
    error BeyondReserve(uint256 wanted, uint256 reserve);
    error PriceMoved(uint256 found, uint256 limit);
    error ShortOfShares(address owner, uint256 held, uint256 needed);

    uint256 private constant BPS = 10_000;
    /// Shares of the first owner that belong to nobody, so that a share can never become too dear to be divided.
    uint256 public constant BURNT = 1_000;
    /// The accumulated price is in millionths of the quote's unit.
    uint256 public constant SCALE = 1_000_000;

    IToken public immutable baseToken;
    IToken public immutable quoteToken;
    IEpochs public immutable clock;
    uint256 public immutable feeBps;
    uint256 public baseReserve;
    uint256 public quoteReserve;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;
    /// The sum over past epochs of the price at the end of each; the difference of two values, divided by the number of
    /// epochs between them, is the time-weighted average price.
    uint256 public cumulative;
    uint256 public observed;

    /// @param baseToken_ the asset
    /// @param quoteToken_ the money in which its price is quoted
    /// @param clock_ the contract that knows the epoch
    /// @param feeBps_ the fee on what comes in, in basis points
    constructor(IToken baseToken_, IToken quoteToken_, IEpochs clock_, uint256 feeBps_) {
        if (feeBps_ >= BPS) revert BadFee(feeBps_);
        baseToken = baseToken_;
        quoteToken = quoteToken_;
        clock = clock_;
        feeBps = feeBps_;
        observed = clock_.epoch();
    }

    /// Add liquidity in the ratio of the reserves; the first owner chooses the ratio.
    /// @param base the most of the asset that is taken
    /// @param quote the most money that is taken
    /// @return shares the shares that the owner gets
    function add(uint256 base, uint256 quote) external returns (uint256 shares) {
        _observe();
        uint256 total = totalShares;
        if (total == 0) {
            uint256 root = Math.sqrt(base * quote);
            if (root <= BURNT) revert PoolTooSmall(root, BURNT + 1);
            shares = root - BURNT;
            totalShares = root;
        } else {
            uint256 byQuote = quote * total / quoteReserve;
            // The owner pays for whole shares: what it pays is computed from their number, rounded up.
            // slither-disable-next-line divide-before-multiply
            shares = base * total / baseReserve;
            if (byQuote < shares) shares = byQuote;
            if (shares == 0) revert NothingToAdd();
            base = Math.ceilDiv(shares * baseReserve, total);
            quote = Math.ceilDiv(shares * quoteReserve, total);
            totalShares = total + shares;
        }
        sharesOf[msg.sender] += shares;
        baseReserve += base;
        quoteReserve += quote;
        emit LiquidityAdded(msg.sender, base, quote, shares);
        baseToken.take(base);
        quoteToken.take(quote);
    }

    /// Give shares back for their part of both reserves.
    /// @param shares the shares to give back
    /// @return base the part of the asset
    /// @return quote the part of the money
    function remove(uint256 shares) external returns (uint256 base, uint256 quote) {
        uint256 held = sharesOf[msg.sender];
        if (held < shares) revert ShortOfShares(msg.sender, held, shares);
        if (shares == 0) revert NothingToRemove();
        _observe();
        base = shares * baseReserve / totalShares;
        quote = shares * quoteReserve / totalShares;
        sharesOf[msg.sender] = held - shares;
        totalShares -= shares;
        baseReserve -= base;
        quoteReserve -= quote;
        emit LiquidityRemoved(msg.sender, base, quote, shares);
        baseToken.pay(msg.sender, base);
        quoteToken.pay(msg.sender, quote);
    }

    /// Buy exactly this much of the asset.
    /// @param base the amount of the asset
    /// @param most the most money to pay for it
    /// @return quote the money that was paid
    function buy(uint256 base, uint256 most) external returns (uint256 quote) {
        if (base == 0) revert NothingToSwap();
        if (base >= baseReserve) revert BeyondReserve(base, baseReserve);
        _observe();
        _beforeTrade();
        quote = Math.ceilDiv(quoteReserve * base * BPS, (baseReserve - base) * (BPS - feeBps));
        if (quote > most) revert PriceMoved(quote, most);
        baseReserve -= base;
        quoteReserve += quote;
        _afterTrade();
        emit Bought(msg.sender, base, quote);
        quoteToken.take(quote);
        baseToken.pay(msg.sender, base);
    }

    /// Sell exactly this much of the asset.
    /// @param base the amount of the asset
    /// @param least the least money to get for it
    /// @return quote the money that was got
    function sell(uint256 base, uint256 least) external returns (uint256 quote) {
        if (base == 0 || totalShares == 0) revert NothingToSwap();
        _observe();
        _beforeTrade();
        uint256 counted = base * (BPS - feeBps);
        quote = quoteReserve * counted / (baseReserve * BPS + counted);
        if (quote < least) revert PriceMoved(quote, least);
        if (quote == 0) revert NothingToSwap();
        baseReserve += base;
        quoteReserve -= quote;
        _afterTrade();
        emit Sold(msg.sender, base, quote);
        baseToken.take(base);
        quoteToken.pay(msg.sender, quote);
    }

    /// The accumulated price up to now.
    /// @return the sum, in millionths of money for a unit
    function accumulated() public view returns (uint256) {
        if (baseReserve == 0) return cumulative;
        // The price is rounded before it is weighted, so that epochs counted one by one and at once give the same sum.
        // slither-disable-next-line divide-before-multiply
        return cumulative + quoteReserve * SCALE / baseReserve * (clock.epoch() - observed);
    }

    /// Comes before a trade; a pool with a rule of its own overrides it.
    function _beforeTrade() internal virtual {}

    /// Comes after a trade has changed the reserves and before any token moves.
    function _afterTrade() internal virtual {}

    /// Accumulate the price that stood since the last observation, before anything changes it.
    function _observe() private {
        uint256 now_ = clock.epoch();
        if (now_ == observed) return;
        cumulative = accumulated();
        observed = now_;
        emit PriceAccumulated(now_, cumulative);
    }
}
