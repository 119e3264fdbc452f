// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A plain ERC-20 token: cash or shares of the sandbox. The sum of all balances is the total supply, and only the minter
/// mints.
contract Token {
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    error NotMinter(address caller);
    error NobodyToPay();
    error ShortOfTokens(address owner, uint256 held, uint256 needed);
    error ShortOfAllowance(address spender, uint256 allowed, uint256 needed);

    string public name;
    string public symbol;
    uint8 public immutable decimals;
    address public immutable minter;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    /// @param name_ the name
    /// @param symbol_ the symbol
    /// @param decimals_ the decimal places of its smallest unit
    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
        minter = msg.sender;
    }

    /// Create tokens.
    /// @param to who gets them
    /// @param amount the units
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        if (to == address(0)) revert NobodyToPay();
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// Let another account take tokens of the caller; a later allowance replaces an earlier one.
    /// @param spender who may take them
    /// @param amount how many in all
    /// @return true: what fails reverts
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// Pay with tokens of the caller.
    /// @param to who gets them
    /// @param amount the units
    /// @return true: what fails reverts
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// Pay with tokens of an owner who has allowed it.
    /// @param from the owner
    /// @param to who gets them
    /// @param amount the units
    /// @return true: what fails reverts
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert ShortOfAllowance(msg.sender, allowed, amount);
        // By convention the largest number is an unlimited allowance, which is not reduced.
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - amount;
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) private {
        if (to == address(0)) revert NobodyToPay();
        uint256 held = balanceOf[from];
        if (held < amount) revert ShortOfTokens(from, held, amount);
        balanceOf[from] = held - amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
