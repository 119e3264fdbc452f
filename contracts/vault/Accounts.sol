// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SettlementHalt} from "../SettlementHalt.sol";
import {IToken} from "../interfaces/IToken.sol";

/// Accounts by number, tokens by number, and the balances. Two balances share one storage slot (tokens 2j and 2j + 1), so
/// that cash and the first instrument of an account cost one write.
abstract contract Accounts is SettlementHalt, ReentrancyGuardTransient {
    event AccountOpened(uint32 indexed account, address indexed owner);
    event TokenListed(uint32 indexed token, address indexed place);
    event OperatorOffered(address indexed to);
    event OperatorChanged(address indexed to);

    error NotOperator(address caller);
    error NotOwner(uint256 account, address caller);
    error UnknownAccount(uint256 account);
    error UnknownToken(uint256 token);
    error NothingToMove();
    error ListedTwice(address token);
    error BalanceTooLarge(uint256 account, uint256 token, uint256 held, int256 delta);
    error Insolvent(uint256 account, uint256 token, uint256 held, int256 delta);
    error SettlementEscaped();

    /// These four share a slot with the pause, so that a batch reads and writes it once. `aliveAt` is the time of the last
    /// batch or heartbeat.
    uint64 public aliveAt;
    bool public escaped;
    uint32 internal accountCount;
    uint16 internal tokenCount;

    address public operator;
    address public nextOperator;
    mapping(uint256 => address) public ownerOf;
    mapping(uint256 => IToken) public tokenAt;
    /// (account, token / 2) => two balances; always reached through `_placeOf`.
    mapping(uint256 => uint256) private pairs;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    modifier onlyOwner(uint256 account) {
        if (msg.sender != ownerOf[account]) revert NotOwner(account, msg.sender);
        _;
    }

    /// @param tokens the tokens, cash first
    constructor(address[] memory tokens) {
        operator = msg.sender;
        aliveAt = uint64(block.timestamp);
        for (uint256 number = 0; number < tokens.length; number++) _list(tokens[number]);
    }

    /// Give a token the next number.
    /// @param token its contract
    function listToken(address token) external onlyOperator {
        _list(token);
    }

    /// Open accounts with the next numbers.
    /// @param owners who may withdraw from each of them
    function openAccounts(address[] calldata owners) external onlyOperator {
        uint32 account = accountCount;
        for (uint256 place = 0; place < owners.length; place++) {
            account += 1;
            ownerOf[account] = owners[place];
            emit AccountOpened(account, owners[place]);
        }
        accountCount = account;
    }

    /// Offer the place of the operator; it is taken by whoever accepts it.
    /// @param to the next operator
    function offerOperator(address to) external onlyOperator {
        nextOperator = to;
        emit OperatorOffered(to);
    }

    /// Take the place of the operator that was offered.
    function acceptOperator() external {
        if (msg.sender != nextOperator) revert NotOperator(msg.sender);
        operator = nextOperator;
        nextOperator = address(0);
        emit OperatorChanged(operator);
    }

    /// @param account the number of the account
    /// @param token the number of the token
    /// @return the units
    function balanceOf(uint256 account, uint256 token) public view returns (uint256) {
        return uint128(_read(_placeOf(_pair(account, token))) >> _shift(token));
    }

    function _pair(uint256 account, uint256 token) internal pure returns (uint256) {
        return (account << 31) | (token >> 1);
    }

    /// The storage slot of a pair, computed once for reading and writing.
    function _placeOf(uint256 pair) internal pure returns (uint256 place) {
        assembly {
            mstore(0, pair)
            mstore(32, pairs.slot)
            place := keccak256(0, 64)
        }
    }

    function _read(uint256 place) internal view returns (uint256 packed) {
        assembly {
            packed := sload(place)
        }
    }

    function _write(uint256 place, uint256 packed) internal {
        assembly {
            sstore(place, packed)
        }
    }

    function _shift(uint256 token) internal pure returns (uint256) {
        return (token & 1) << 7;
    }

    function _change(uint256 account, uint256 token, int256 delta) internal {
        uint256 place = _placeOf(_pair(account, token));
        uint256 packed = _read(place);
        uint256 held = uint128(packed >> _shift(token));
        int256 left = int256(held) + delta;
        if (left < 0) revert Insolvent(account, token, held, delta);
        if (uint256(left) >> 128 != 0) revert BalanceTooLarge(account, token, held, delta);
        _write(place, packed ^ ((held ^ uint256(left)) << _shift(token)));
    }

    /// A token that had two numbers would back two balances with the same holdings.
    function _list(address token) private {
        for (uint256 number = 0; number < tokenCount; number++) {
            if (address(tokenAt[number]) == token) revert ListedTwice(token);
        }
        tokenAt[tokenCount] = IToken(token);
        emit TokenListed(tokenCount, token);
        tokenCount += 1;
    }
}
