// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OrderSettlement} from "../OrderSettlement.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors sign orders, cancel them one by one or all at once, and bring pairs of them to be settled that meet or not.
contract OrderHunt is Hunt {
    bytes32 private constant ORDER =
        keccak256("Order(address owner,bool isBuy,uint128 price,uint128 quantity,uint64 expiry,uint64 nonce)");
    uint256 private constant RECENT = 8;
    uint256 private constant FIRST_KEY = 1;

    OrderSettlement private immutable settlement;

    /// An order with its signature, and what the rules have of it.
    struct Known {
        OrderSettlement.Order order;
        bytes signature;
        bytes32 digest;
        uint256 filled;
        bool isCancelled;
    }

    Known[] private known;
    mapping(address => uint64) private least;
    mapping(address => uint256) private cashOf;
    mapping(address => uint256) private sharesOf;

    constructor() {
        settlement = new OrderSettlement(
            IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), "this run"
        );
        _allow(address(settlement));
        for (uint256 number = 0; number < ACTORS; number++) {
            (cashOf[actors[number]], sharesOf[actors[number]]) = (WEALTH, WEALTH);
        }
        for (uint256 number = 0; number < RECENT; number++) sign(number, number * 7);
    }

    /// Sign an order, in turn to buy and to sell; most meet.
    function sign(uint256 who, uint256 terms) public {
        (uint256 number, uint256 owner) = (known.length, who % ACTORS);
        bool isBuy = number % 2 == 0;
        uint128 price = uint128(_within(terms, isBuy ? 98 : 94, isBuy ? 106 : 102));
        uint128 quantity = uint128(_within(terms >> 32, 1, 60));
        uint64 expiry = clock.epoch() + uint64(_within(terms >> 64, 5, 30));
        Known storage one = known.push();
        one.order = OrderSettlement.Order(actors[owner], isBuy, price, quantity, expiry, uint64(number));
        one.digest = MessageHashUtils.toTypedDataHash(settlement.domain(), keccak256(abi.encode(ORDER, one.order)));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(FIRST_KEY + owner, one.digest);
        one.signature = abi.encodePacked(r, s, v);
    }

    /// Settle one trade or two of a pair of orders; now and then its terms are not those that were signed, or the signature
    /// is that of another order.
    function settle(uint256 first, uint256 second, uint128 quantity, uint256 kind) external {
        Known storage maker = _recent(first);
        Known storage taker = kind % 7 == 0 ? _recent(second) : _recent(first % RECENT + 2 * (second % RECENT) + 1);
        uint256 fault = _within(kind, 0, 7);
        OrderSettlement.Fill[] memory fills = new OrderSettlement.Fill[](kind % 5 == 0 ? 2 : 1);
        quantity = uint128(_within(quantity, 0, maker.order.quantity / 2 + 1));
        OrderSettlement.Fill memory fill =
            OrderSettlement.Fill(maker.order, maker.signature, taker.order, taker.signature, quantity);
        if (fault == 1) fill.maker.price -= 1;
        if (fault == 2) fill.taker.quantity += 1;
        if (fault == 3) fill.takerSignature = maker.signature;
        for (uint256 place = 0; place < fills.length; place++) fills[place] = fill;
        bool due = (fault == 0 || fault > 3) && quantity != 0 && _meet(maker.order, taker.order);
        due = due && _open(maker, quantity * fills.length) && _open(taker, quantity * fills.length);
        bytes memory data = abi.encodeCall(settlement.settle, (fills));
        if (!_call(actors[0], address(settlement), data, due, "a trade is settled just when both orders allow it")) return;
        quantity *= uint128(fills.length);
        (maker.filled, taker.filled) = (maker.filled + quantity, taker.filled + quantity);
        (address buyer, address seller) = (maker.order.owner, taker.order.owner);
        if (taker.order.isBuy) (buyer, seller) = (seller, buyer);
        cashOf[buyer] -= maker.order.price * quantity;
        cashOf[seller] += maker.order.price * quantity;
        sharesOf[buyer] += quantity;
        sharesOf[seller] -= quantity;
    }

    /// An order is cancelled by its owner, or by another one, who cannot.
    function cancel(uint256 number, uint256 who) external {
        if (who % 3 != 0) return;
        Known storage one = _recent(number);
        address caller = _actor(who / 3);
        bytes memory data = abi.encodeCall(settlement.cancel, (one.order));
        bool due = caller == one.order.owner;
        if (_call(caller, address(settlement), data, due, "its owner cancels an order")) one.isCancelled = true;
    }

    function cancelBelow(uint256 who, uint64 back) external {
        if (back % 4 != 0) return;
        (address owner, uint64 nonce) = (_actor(who), uint64(known.length - _within(back / 4, RECENT / 2, RECENT)));
        bytes memory data = abi.encodeCall(settlement.cancelBelow, (nonce));
        bool due = nonce > least[owner];
        if (_call(owner, address(settlement), data, due, "the least nonce only grows")) least[owner] = nonce;
    }

    function wait(uint64 epochs) external {
        clock.pass(uint64(_within(epochs, 0, 2)));
    }

    function _recent(uint256 seed) private view returns (Known storage) {
        return known[known.length - 1 - seed % RECENT];
    }

    function _meet(OrderSettlement.Order storage maker, OrderSettlement.Order storage taker) private view returns (bool) {
        if (maker.isBuy == taker.isBuy || maker.owner == taker.owner) return false;
        return maker.isBuy ? maker.price >= taker.price : taker.price >= maker.price;
    }

    function _open(Known storage one, uint256 quantity) private view returns (bool) {
        if (one.isCancelled || one.order.nonce < least[one.order.owner]) return false;
        return clock.epoch() <= one.order.expiry && one.filled + quantity <= one.order.quantity;
    }

    /// The claims of trades by orders: wallets are as the trades say, so cash and shares are conserved.
    function _check() internal view override {
        for (uint256 number = 0; number < ACTORS; number++) {
            address owner = actors[number];
            _equal(money.balanceOf(owner), cashOf[owner], "each owner has the cash that its trades leave");
            _equal(asset.balanceOf(owner), sharesOf[owner], "each owner has the shares that its trades leave");
        }
        _equal(_sum(money.balanceOf), ACTORS * WEALTH, "cash is conserved");
        _equal(_sum(asset.balanceOf), ACTORS * WEALTH, "shares are conserved");
    }

    function checkAll() external view override {
        for (uint256 number = 0; number < known.length; number++) {
            Known storage one = known[number];
            uint256 counted = one.isCancelled ? type(uint256).max : one.filled;
            _equal(settlement.filled(one.digest), counted, "an order is filled by its trades, at most as far as it goes");
        }
    }
}

contract OrderClaims is Claims(new OrderHunt()) {}
