// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CallAuction} from "../CallAuction.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt} from "./Hunt.sol";

/// Three actors buy and sell in one call auction after another. Everybody tries everything at any time, so an auction can
/// be full, and orders come too late.
contract AuctionHunt is Hunt {
    /// An order in the books of the hunt; the quantity is what it still wants.
    struct Wish {
        address owner;
        bool isBuy;
        uint256 limit;
        uint256 quantity;
    }

    uint256 private constant LIFE = 15;
    string private constant LEFT_OUT = "nobody with a better limit, or an earlier order, is left out";

    CallAuction private auction;
    uint256 private closes;
    bool private isHeld;
    Wish[] private wishes;
    /// What each actor has in the auction.
    mapping(address => uint256) private assets;
    mapping(address => uint256) private cash;

    constructor() {
        _open(0);
    }

    function buy(uint256 who, uint256 limit, uint256 quantity) external {
        (limit, quantity) = (_within(limit, 90, 110), _within(quantity, 1, 20));
        if (!_place(who, abi.encodeCall(auction.buy, (limit, quantity)))) return;
        wishes.push(Wish(_actor(who), true, limit, quantity));
        cash[_actor(who)] += limit * quantity;
    }

    function sell(uint256 who, uint256 limit, uint256 quantity) external {
        (limit, quantity) = (_within(limit, 90, 110), _within(quantity, 1, 20));
        if (!_place(who, abi.encodeCall(auction.sell, (limit, quantity)))) return;
        wishes.push(Wish(_actor(who), false, limit, quantity));
        assets[_actor(who)] += quantity;
    }

    /// Cancel an order, the own one or another's, which may be cancelled before.
    function cancel(uint256 who, uint256 number, bool isOwn) external {
        if (wishes.length == 0) return;
        number = number % wishes.length;
        Wish storage wish = wishes[number];
        address caller = isOwn ? wish.owner : _actor(who);
        bool due = caller == wish.owner && wish.quantity != 0 && clock.epoch() < closes;
        bytes memory data = abi.encodeCall(auction.cancel, (number + 1));
        if (!_call(caller, address(auction), data, due, "an owner cancels its order once, before the close")) return;
        if (wish.isBuy) cash[caller] -= wish.limit * wish.quantity;
        else assets[caller] -= wish.quantity;
        wish.quantity = 0;
    }

    function hold(uint256 who) external {
        bool due = !isHeld && clock.epoch() >= closes;
        bytes memory data = abi.encodeCall(auction.hold, ());
        if (!_call(_actor(who), address(auction), data, due, "an auction is held once, after the close")) return;
        isHeld = true;
        (uint256 price, uint256 volume) = (auction.price(), auction.volume());
        _judge(price, volume);
        _fill(true, price, volume);
        _fill(false, price, volume);
    }

    function collect(uint256 who) external {
        address owner = _actor(who);
        bool due = isHeld && assets[owner] + cash[owner] != 0;
        (uint256 shares, uint256 dollars) = (asset.balanceOf(owner), money.balanceOf(owner));
        bytes memory data = abi.encodeCall(auction.collect, ());
        if (!_call(owner, address(auction), data, due, "who has something there collects it, after the auction")) return;
        _claim(asset.balanceOf(owner) == shares + assets[owner], "an owner gets its assets");
        _claim(money.balanceOf(owner) == dollars + cash[owner], "an owner gets its money");
        (assets[owner], cash[owner]) = (0, 0);
    }

    /// Time passes; when all is collected, there is another auction.
    function wait(uint64 epochs, uint256 seed) external {
        clock.pass(uint64(_within(epochs, 0, 2)));
        if (isHeld && auction.baseHeld() + auction.quoteHeld() == 0) _open(seed);
    }

    function _place(uint256 who, bytes memory data) private returns (bool) {
        bool due = clock.epoch() < closes && wishes.length < 32;
        return _call(_actor(who), address(auction), data, due, "an order is placed before the close, if there is room");
    }

    /// The rules of the price, asked of every limit: none trades more, or as much and leaves less over, or is as good and
    /// on the side to which buyers or sellers press.
    function _judge(uint256 price, uint256 volume) private {
        (uint256 bought, uint256 sold) = _wanted(price);
        if (volume != 0) _claim(volume == _min(bought, sold), "what both sides want is traded");
        uint256 least = _surplus(bought, sold);
        for (uint256 number = 0; number < wishes.length; number++) {
            if (wishes[number].quantity == 0) continue;
            uint256 limit = wishes[number].limit;
            (bought, sold) = _wanted(limit);
            _claim(_min(bought, sold) <= volume, "no limit trades more");
            if (volume == 0 || _min(bought, sold) != volume) continue;
            _claim(_surplus(bought, sold) >= least, "no limit that trades as much leaves less over");
            if (_surplus(bought, sold) != least) continue;
            _claim(bought <= sold || limit <= price, "buyers who get nothing raise the price");
            _claim(bought >= sold || limit >= price, "sellers who get nothing lower the price");
        }
    }

    /// Give each side its trades, one best order after the other, until the volume is used up.
    function _fill(bool isBuy, uint256 price, uint256 volume) private {
        while (volume != 0) {
            uint256 best = wishes.length;
            for (uint256 number = 0; number < wishes.length; number++) {
                Wish storage wish = wishes[number];
                if (wish.isBuy != isBuy || wish.quantity == 0) continue;
                if (best == wishes.length || _isBetter(isBuy, wish.limit, wishes[best].limit)) best = number;
            }
            bool fits = best < wishes.length && !_isBetter(isBuy, price, wishes[best].limit);
            _claim(fits, "the price is within the limits of all who trade");
            if (!fits) return;
            Wish storage chosen = wishes[best];
            uint256 quantity = _min(volume, chosen.quantity);
            if (isBuy) {
                assets[chosen.owner] += quantity;
                cash[chosen.owner] -= quantity * price;
            } else {
                assets[chosen.owner] -= quantity;
                cash[chosen.owner] += quantity * price;
            }
            chosen.quantity -= quantity;
            volume -= quantity;
        }
    }

    function _open(uint256 seed) private {
        closes = clock.epoch() + LIFE;
        isHeld = false;
        delete wishes;
        auction = new CallAuction(
            IToken(address(asset)), IToken(address(money)), IEpochs(address(clock)), _within(seed, 90, 110), closes
        );
        _allow(address(auction));
    }

    function _isBetter(bool isBuy, uint256 limit, uint256 other) private pure returns (bool) {
        return isBuy ? limit > other : limit < other;
    }

    function _min(uint256 one, uint256 other) private pure returns (uint256) {
        return one < other ? one : other;
    }

    function _surplus(uint256 bought, uint256 sold) private pure returns (uint256) {
        return bought < sold ? sold - bought : bought - sold;
    }

    /// What buyers and sellers want at a price.
    function _wanted(uint256 price) private view returns (uint256 bought, uint256 sold) {
        for (uint256 number = 0; number < wishes.length; number++) {
            Wish storage wish = wishes[number];
            if (wish.isBuy && wish.limit >= price) bought += wish.quantity;
            if (!wish.isBuy && wish.limit <= price) sold += wish.quantity;
        }
    }

    /// The claims of an auction: it owes each owner what its orders and trades say, and what it owes is there.
    function _check() internal view override {
        for (uint256 number = 0; number < ACTORS; number++) {
            address owner = actors[number];
            _equal(auction.baseOf(owner), assets[owner], LEFT_OUT);
            _equal(auction.quoteOf(owner), cash[owner], "each owner has the money that its trades at one price leave");
        }
        _equal(_sum(auction.baseOf), auction.baseHeld(), "the assets of the owners add up");
        _equal(_sum(auction.quoteOf), auction.quoteHeld(), "the money of the owners adds up");
        _equal(asset.balanceOf(address(auction)), auction.baseHeld(), "the assets are there");
        _equal(money.balanceOf(address(auction)), auction.quoteHeld(), "the money is there");
        _equal(_sum(asset.balanceOf) + auction.baseHeld(), ACTORS * WEALTH, "no asset is lost");
        _equal(_sum(money.balanceOf) + auction.quoteHeld(), ACTORS * WEALTH, "no money is lost");
    }
}

contract AuctionClaims is Claims(new AuctionHunt()) {}
