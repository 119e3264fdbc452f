// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SettlementHalt} from "./SettlementHalt.sol";
import {IToken} from "./interfaces/IToken.sol";

/// The vault: accounts by number, what each holds of each token, deposits in, claims out. For every token it holds at
/// least the sum of all accounts and all claims. Two balances share one storage slot (tokens 2j and 2j + 1), so that
/// cash and the first instrument of an account cost one write.
abstract contract Vault is SettlementHalt {
    event AccountOpened(uint32 indexed account, address indexed owner);
    event TokenListed(uint32 indexed token, address indexed place);
    event Deposited(uint64 indexed number, uint32 indexed account, uint32 indexed token, uint128 amount);
    event WithdrawalRequested(uint32 indexed number, uint32 indexed account, uint32 indexed token, uint128 amount);
    event Exited(uint32 indexed number);
    event Claimed(uint32 indexed account, uint32 indexed token, uint256 amount);
    event Escaped(uint64 time);
    event OperatorOffered(address indexed to);
    event OperatorChanged(address indexed to);

    error NotOperator(address caller);
    error NotOwner(uint256 account, address caller);
    error UnknownAccount(uint256 account);
    error UnknownToken(uint256 token);
    error NothingToMove();
    error BadDepositsLength(uint256 length);
    error TokenRefused(address token);
    error TokenTookFee(address token, uint256 expected, uint256 received);
    error BalanceTooLarge(uint256 account, uint256 token, uint256 held, int256 delta);
    error Insolvent(uint256 account, uint256 token, uint256 held, int256 delta);
    error UnknownRequest(uint256 number);
    error RequestDone(uint256 number);
    error SettlementEscaped();
    error TooEarlyToEscape(uint64 from);
    error NotEscaped();
    error Reentered();

    struct Request {
        uint32 account;
        uint32 token;
        uint128 amount;
        bool done;
    }

    uint64 public constant ESCAPE_AFTER = 7 days;

    uint64 public settledAt;
    bool public escaped;
    uint32 internal accountCount;
    uint16 internal tokenCount;
    bool private transient entered;

    address public operator;
    address public nextOperator;
    uint64 public depositCount;
    mapping(uint256 => address) public ownerOf;
    mapping(uint256 => IToken) public tokenAt;
    /// (account, token / 2) => two balances; always reached through `_placeOf`.
    mapping(uint256 => uint256) private pairs;
    mapping(uint256 => mapping(uint256 => uint256)) public claimable;
    mapping(uint256 => uint256) public claimableTotal;
    Request[] public requests;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    modifier onlyOwner(uint256 account) {
        if (msg.sender != ownerOf[account]) revert NotOwner(account, msg.sender);
        _;
    }

    /// A token that calls back while it is paid finds every door closed.
    modifier once() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    constructor(address[] memory tokens) {
        operator = msg.sender;
        settledAt = uint64(block.timestamp);
        for (uint256 number = 0; number < tokens.length; number++) _list(tokens[number]);
    }

    // ---- who and what

    function listToken(address token) external onlyOperator {
        _list(token);
    }

    function openAccounts(address[] calldata owners) external onlyOperator {
        uint32 account = accountCount;
        for (uint256 place = 0; place < owners.length; place++) {
            account += 1;
            ownerOf[account] = owners[place];
            emit AccountOpened(account, owners[place]);
        }
        accountCount = account;
    }

    function offerOperator(address to) external onlyOperator {
        nextOperator = to;
        emit OperatorOffered(to);
    }

    function acceptOperator() external {
        if (msg.sender != nextOperator) revert NotOperator(msg.sender);
        operator = nextOperator;
        nextOperator = address(0);
        emit OperatorChanged(operator);
    }

    // ---- money in

    function deposit(uint32 account, uint32 token, uint128 amount) external once whenNotPaused {
        _credit(account, token, amount);
        _receive(token, amount);
    }

    /// Many deposits of one token from one payer: 20 bytes each, the account (4) and the amount (16).
    function depositMany(uint32 token, bytes calldata deposits) external once whenNotPaused {
        uint256 total = 0;
        if (deposits.length % 20 != 0) revert BadDepositsLength(deposits.length);
        for (uint256 offset = 0; offset < deposits.length; offset += 20) {
            uint128 amount = uint128(bytes16(deposits[offset + 4:offset + 20]));
            _credit(uint32(bytes4(deposits[offset:offset + 4])), token, amount);
            total += amount;
        }
        _receive(token, total);
    }

    // ---- money out: request, exit in a batch, claim

    /// Nothing moves yet: a balance that left at once could make a batch insolvent that is final already.
    function requestWithdrawal(uint32 account, uint32 token, uint128 amount) external onlyOwner(account) {
        if (token >= tokenCount) revert UnknownToken(token);
        if (amount == 0) revert NothingToMove();
        requests.push(Request(account, token, amount, false));
        emit WithdrawalRequested(uint32(requests.length - 1), account, token, amount);
    }

    /// Paying out what is owed is stopped by nothing, neither by a pause nor by the escape.
    function claim(uint32 account, uint32 token) external once onlyOwner(account) {
        uint256 amount = claimable[account][token];
        if (amount == 0) revert NothingToMove();
        claimable[account][token] = 0;
        claimableTotal[token] -= amount;
        emit Claimed(account, token, amount);
        _pay(token, msg.sender, amount);
    }

    // ---- the way out when no batch comes any more

    function escape() external {
        if (escaped) revert SettlementEscaped();
        if (block.timestamp <= settledAt + ESCAPE_AFTER) revert TooEarlyToEscape(settledAt + ESCAPE_AFTER);
        escaped = true;
        emit Escaped(uint64(block.timestamp));
    }

    function escapeWithdraw(uint32 account, uint32 token) external once onlyOwner(account) {
        if (!escaped) revert NotEscaped();
        uint256 amount = balanceOf(account, token);
        if (amount == 0) revert NothingToMove();
        _change(account, token, -int256(amount));
        emit Claimed(account, token, amount);
        _pay(token, msg.sender, amount);
    }

    // ---- questions

    function balanceOf(uint256 account, uint256 token) public view returns (uint256) {
        return uint128(_read(_placeOf(_pair(account, token))) >> _shift(token));
    }

    function counts() external view returns (uint256 accounts, uint256 tokens, uint256 withdrawals) {
        return (accountCount, tokenCount, requests.length);
    }

    /// Everything about these accounts in one answer: the slots of account `first`, of the next one, ..., of `last`, and
    /// for each token what the vault holds and what can be claimed of it.
    function statement(uint256 first, uint256 last)
        external
        view
        returns (uint256[] memory slots, uint256[] memory held, uint256[] memory owed)
    {
        uint256 each = (uint256(tokenCount) + 1) / 2;
        slots = new uint256[]((last + 1 - first) * each);
        unchecked {
            uint256 next = 0;
            for (uint256 account = first; account <= last; account++) {
                for (uint256 pair = account << 31; pair < (account << 31) + each; pair++) {
                    uint256 packed = _read(_placeOf(pair));
                    assembly {
                        mstore(add(add(slots, 32), shl(5, next)), packed) // slots[next] without its check
                    }
                    next++;
                }
            }
        }
        held = new uint256[](tokenCount);
        owed = new uint256[](tokenCount);
        for (uint256 token = 0; token < tokenCount; token++) {
            held[token] = tokenAt[token].balanceOf(address(this));
            owed[token] = claimableTotal[token];
        }
    }

    // ---- internal

    /// Move what a withdrawal asked for from the balance to what its owner may claim.
    function _exit(uint256 number) internal {
        if (number >= requests.length) revert UnknownRequest(number);
        Request storage request = requests[number];
        if (request.done) revert RequestDone(number);
        request.done = true;
        _change(request.account, request.token, -int256(uint256(request.amount)));
        claimable[request.account][request.token] += request.amount;
        claimableTotal[request.token] += request.amount;
        emit Exited(uint32(number));
    }

    function _pair(uint256 account, uint256 token) internal pure returns (uint256) {
        return (account << 31) | (token >> 1);
    }

    /// Where the slot of a pair lies in storage: computed once for reading and writing.
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

    function _change(uint256 account, uint256 token, int256 delta) private {
        uint256 place = _placeOf(_pair(account, token));
        uint256 packed = _read(place);
        uint256 held = uint128(packed >> _shift(token));
        int256 left = int256(held) + delta;
        if (left < 0) revert Insolvent(account, token, held, delta);
        if (uint256(left) >> 128 != 0) revert BalanceTooLarge(account, token, held, delta);
        _write(place, packed ^ ((held ^ uint256(left)) << _shift(token)));
    }

    function _list(address token) private {
        tokenAt[tokenCount] = IToken(token);
        emit TokenListed(tokenCount, token);
        tokenCount += 1;
    }

    function _credit(uint32 account, uint32 token, uint128 amount) private {
        if (escaped) revert SettlementEscaped();
        if (token >= tokenCount) revert UnknownToken(token);
        if (account == 0 || account > accountCount) revert UnknownAccount(account);
        if (amount == 0) revert NothingToMove();
        _change(account, token, int256(uint256(amount)));
        depositCount += 1;
        emit Deposited(depositCount, account, token, amount);
    }

    /// What arrived must be exactly what was credited: a token that keeps a fee or only says "no" is refused.
    function _receive(uint256 token, uint256 amount) private {
        IToken money = tokenAt[token];
        uint256 before = money.balanceOf(address(this));
        if (!money.transferFrom(msg.sender, address(this), amount)) revert TokenRefused(address(money));
        uint256 received = money.balanceOf(address(this)) - before;
        if (received != amount) revert TokenTookFee(address(money), amount, received);
    }

    function _pay(uint256 token, address to, uint256 amount) private {
        IToken money = tokenAt[token];
        if (!money.transfer(to, amount)) revert TokenRefused(address(money));
    }
}
