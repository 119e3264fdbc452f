// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {Payments} from "./Payments.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IToken} from "./interfaces/IToken.sol";

/// The other way to settle, for comparison: each trade from two orders that its owners signed. The contract checks both
/// signatures and both limits, and moves both tokens between their wallets; it trusts no validator, and needs none. Any
/// caller may bring two orders that meet, so what the exchange still decides is which of them meet, and who came first.
contract OrderSettlement {
    event Traded(bytes32 indexed maker, bytes32 indexed taker, uint256 price, uint256 quantity);
    event OrderCancelled(bytes32 indexed order, address indexed owner);
    event NoncesCancelled(address indexed owner, uint64 least);

    error NothingToFill();
    error SameSide();
    error OwnTrade(address owner);
    error PricesDoNotMeet(uint256 bid, uint256 ask);
    error OrderExpired(uint64 expiry, uint64 settled);
    error NonceCancelled(uint64 nonce, uint64 least);
    error CancelledBefore(bytes32 order);
    error Overfilled(bytes32 order, uint256 left, uint256 wanted);
    error NotSigned(address owner, address recovered);
    error NotOrderOwner(address owner, address caller);
    error NonceNotRising(uint64 least, uint64 found);

    /// A wish to buy or to sell at a limit price or better, until an epoch.
    struct Order {
        address owner;
        bool isBuy;
        uint128 price;
        uint128 quantity;
        uint64 expiry;
        uint64 nonce;
    }

    /// A trade: two orders with the signatures of their owners. It happens at the price of the maker.
    struct Fill {
        Order maker;
        bytes makerSignature;
        Order taker;
        bytes takerSignature;
        uint128 quantity;
    }

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 private constant ORDER_TYPE = keccak256(
        "Order(address owner,bool isBuy,uint128 price,uint128 quantity,uint64 expiry,uint64 nonce)"
    );
    uint256 private constant CANCELLED = type(uint256).max;

    IToken public immutable base;
    IToken public immutable quote;
    IEpochs public immutable clock;
    /// The identity of the run, the salt of the domain.
    bytes32 public immutable runId;
    /// By order: the quantity that was traded; the largest number for an order that was cancelled.
    mapping(bytes32 => uint256) public filled;
    /// By owner: orders with a smaller nonce do not count.
    mapping(address => uint64) public leastNonce;

    /// @param base_ what is traded
    /// @param quote_ the money
    /// @param clock_ the contract that knows the epoch
    /// @param run the identity of the run
    constructor(IToken base_, IToken quote_, IEpochs clock_, bytes32 run) {
        base = base_;
        quote = quote_;
        clock = clock_;
        runId = run;
    }

    /// Settle trades, all or none.
    /// @param fills the trades, in their order
    function settle(Fill[] calldata fills) external {
        uint64 settled = clock.epoch();
        bytes32 separator = domain();
        for (uint256 place = 0; place < fills.length; place++) _settle(fills[place], separator, settled);
    }

    /// Cancel an order of the caller for good.
    /// @param order the order
    function cancel(Order calldata order) external {
        if (order.owner != msg.sender) revert NotOrderOwner(order.owner, msg.sender);
        bytes32 digest = _digest(order, domain());
        filled[digest] = CANCELLED;
        emit OrderCancelled(digest, msg.sender);
    }

    /// Cancel all orders of the caller with a smaller nonce, known or not, for good.
    /// @param least the least nonce that counts from now on
    function cancelBelow(uint64 least) external {
        uint64 before = leastNonce[msg.sender];
        if (least <= before) revert NonceNotRising(before, least);
        leastNonce[msg.sender] = least;
        emit NoncesCancelled(msg.sender, least);
    }

    /// @return the separator of the domain of orders: this chain, this contract and this run
    function domain() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPE, keccak256("Market Sandbox Orders"), keccak256("1"), block.chainid, address(this), runId
            )
        );
    }

    function _settle(Fill calldata fill, bytes32 separator, uint64 settled) private {
        (Order calldata maker, Order calldata taker) = (fill.maker, fill.taker);
        if (fill.quantity == 0) revert NothingToFill();
        if (maker.isBuy == taker.isBuy) revert SameSide();
        if (maker.owner == taker.owner) revert OwnTrade(maker.owner);
        (Order calldata buy, Order calldata sell) = maker.isBuy ? (maker, taker) : (taker, maker);
        if (buy.price < sell.price) revert PricesDoNotMeet(buy.price, sell.price);
        bytes32 first = _fill(maker, fill.makerSignature, fill.quantity, separator, settled);
        bytes32 second = _fill(taker, fill.takerSignature, fill.quantity, separator, settled);
        emit Traded(first, second, maker.price, fill.quantity);
        _move(quote, buy.owner, sell.owner, uint256(maker.price) * fill.quantity);
        _move(base, sell.owner, buy.owner, fill.quantity);
    }

    /// Check an order and count what is traded of it now.
    function _fill(
        Order calldata order,
        bytes calldata signature,
        uint256 quantity,
        bytes32 separator,
        uint64 settled
    ) private returns (bytes32 digest) {
        if (settled > order.expiry) revert OrderExpired(order.expiry, settled);
        uint64 least = leastNonce[order.owner];
        if (order.nonce < least) revert NonceCancelled(order.nonce, least);
        digest = _digest(order, separator);
        // The second and the third value say why there is no signer, and then the signer is the address zero.
        // slither-disable-next-line unused-return
        (address signer,,) = ECDSA.tryRecover(digest, signature);
        if (signer != order.owner || signer == address(0)) revert NotSigned(order.owner, signer);
        uint256 before = filled[digest];
        if (before == CANCELLED) revert CancelledBefore(digest);
        uint256 left = order.quantity - before;
        if (quantity > left) revert Overfilled(digest, left, quantity);
        filled[digest] = before + quantity;
    }

    /// Move an amount from one owner to the other, who signed for all of it: a token that keeps a part is refused.
    function _move(IToken token, address from, address to, uint256 amount) private {
        uint256 before = token.balanceOf(to);
        // The owner's signature on an order with these terms was checked, and nothing else moves tokens here.
        // slither-disable-next-line arbitrary-send-erc20
        SafeERC20.safeTransferFrom(IERC20(address(token)), from, to, amount);
        uint256 received = token.balanceOf(to) - before;
        if (received != amount) revert Payments.TokenTookFee(address(token), amount, received);
    }

    function _digest(Order calldata order, bytes32 separator) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(separator, keccak256(abi.encode(ORDER_TYPE, order)));
    }
}
