// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amm} from "../Amm.sol";
import {Hunt} from "./Hunt.sol";

/// What a pool with a fee of 30 basis points asks and pays: the formula of its price, as the hunts know it.
abstract contract Pools is Hunt {
    uint256 internal constant BPS = 10_000;
    uint256 internal constant MILLION = 1_000_000;
    uint256 internal constant FEE_BPS = 30;

    /// What a pool asks for this much of the asset, and no account has for more than there is.
    function _costs(Amm pool, uint256 base) internal view returns (uint256) {
        (uint256 has, uint256 quote) = (pool.baseReserve(), pool.quoteReserve());
        return base >= has ? type(uint128).max : _up(quote * base * BPS, (has - base) * (BPS - FEE_BPS));
    }

    /// What a pool pays for this much of the asset; it makes no sale for nothing.
    function _brings(Amm pool, uint256 base) internal view returns (uint256) {
        uint256 counted = base * (BPS - FEE_BPS);
        return pool.quoteReserve() * counted / (pool.baseReserve() * BPS + counted);
    }

    function _up(uint256 number, uint256 divisor) internal pure returns (uint256) {
        return (number + divisor - 1) / divisor;
    }
}
