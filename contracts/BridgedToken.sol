// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Token} from "./Token.sol";

/// What stands on one chain for a token that a bridge holds on another: its minter, the bridge, burns it, too.
contract BridgedToken is Token {
    /// @param name_ the name
    /// @param symbol_ the symbol
    /// @param decimals_ the decimal places of its smallest unit
    constructor(string memory name_, string memory symbol_, uint8 decimals_) Token(name_, symbol_, decimals_) {}

    /// Destroy an amount that leaves this chain.
    /// @param from the holder
    /// @param amount the amount
    function burn(address from, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        uint256 held = balanceOf[from];
        if (held < amount) revert ShortOfTokens(from, held, amount);
        balanceOf[from] = held - amount;
        totalSupply -= amount;
        emit Transfer(from, address(0), amount);
    }
}
