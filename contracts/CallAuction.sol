// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Payments} from "./Payments.sol";
import {IEpochs} from "./interfaces/IEpochs.sol";
import {IToken} from "./interfaces/IToken.sol";

/// One call auction of an asset for money: limit orders are collected until it closes, then all trade at one price
/// (rulebook F-1.6, with a tick of 1). Each order locks what it may have to pay. Holding the auction only changes the
/// books, and every owner collects for itself, so no owner can block the others.
contract CallAuction {
    using Payments for IToken;

    struct Order {
        address owner;
        bool isBuy;
        uint256 limit;
        /// 0 once the order is cancelled.
        uint256 quantity;
    }

    /// What buyers and sellers want at a price, how much of it trades, and how much is left over.
    struct Cross {
        uint256 price;
        uint256 bought;
        uint256 sold;
        uint256 volume;
        uint256 surplus;
    }

    event BuyPlaced(address indexed owner, uint256 order, uint256 price, uint256 quantity, uint256 locked);
    event SellPlaced(address indexed owner, uint256 order, uint256 price, uint256 quantity, uint256 locked);
    event OrderCancelled(address indexed owner, uint256 order, uint256 released);
    event AuctionHeld(uint256 price, uint256 volume, uint256 bought, uint256 sold);
    event Collected(address indexed owner, uint256 base, uint256 quote);

    error BadAuction(uint256 referencePrice, uint256 closes);
    error NothingToTrade();
    error Closed(uint256 closes, uint256 settled);
    error Full(uint256 most);
    error UnknownOrder(uint256 order);
    error NotYourOrder(uint256 order, address owner);
    error CancelledBefore(uint256 order);
    error HeldBefore();
    error StillOpen(uint256 closes, uint256 settled);
    error NotHeld();
    error NothingToCollect();

    /// The most orders, cancelled ones included, so that the gas of holding the auction is bounded.
    uint256 public constant MOST = 32;

    IToken public immutable base;
    IToken public immutable quote;
    IEpochs public immutable clock;
    /// The price that decides among those that are equally good.
    uint256 public immutable referencePrice;
    /// The epoch from which no order is placed or cancelled, and the auction can be held.
    uint256 public immutable closes;
    /// The number of orders, which are numbered from 1.
    uint256 public count;
    bool public isHeld;
    /// The price of all trades, or 0 if nothing traded.
    uint256 public price;
    uint256 public volume;
    /// What the contract owes to all owners together.
    uint256 public baseHeld;
    uint256 public quoteHeld;
    mapping(uint256 => Order) public orders;
    /// What an owner has here: locked by its orders until the auction is held, to be collected from then on.
    mapping(address => uint256) public baseOf;
    mapping(address => uint256) public quoteOf;

    /// @param base_ the asset
    /// @param quote_ the money
    /// @param clock_ the contract that knows the epoch
    /// @param referencePrice_ the price that decides among those that are equally good
    /// @param closes_ the epoch at which the auction closes
    constructor(IToken base_, IToken quote_, IEpochs clock_, uint256 referencePrice_, uint256 closes_) {
        if (referencePrice_ == 0 || closes_ == 0) revert BadAuction(referencePrice_, closes_);
        base = base_;
        quote = quote_;
        clock = clock_;
        referencePrice = referencePrice_;
        closes = closes_;
    }

    /// Place an order to buy, and lock what it costs at its limit.
    /// @param limit the highest price
    /// @param quantity the quantity of the asset
    function buy(uint256 limit, uint256 quantity) external {
        uint256 order = _place(limit, quantity, true);
        uint256 locked = limit * quantity;
        quoteOf[msg.sender] += locked;
        quoteHeld += locked;
        emit BuyPlaced(msg.sender, order, limit, quantity, locked);
        quote.take(locked);
    }

    /// Place an order to sell, and lock its quantity.
    /// @param limit the lowest price
    /// @param quantity the quantity of the asset
    function sell(uint256 limit, uint256 quantity) external {
        uint256 order = _place(limit, quantity, false);
        baseOf[msg.sender] += quantity;
        baseHeld += quantity;
        emit SellPlaced(msg.sender, order, limit, quantity, quantity);
        base.take(quantity);
    }

    /// Cancel an order before the auction closes, and pay back what it locked.
    /// @param order its number
    function cancel(uint256 order) external {
        Order memory found = orders[order];
        if (found.owner == address(0)) revert UnknownOrder(order);
        if (found.owner != msg.sender) revert NotYourOrder(order, found.owner);
        if (found.quantity == 0) revert CancelledBefore(order);
        _checkOpen();
        orders[order].quantity = 0;
        uint256 released = found.isBuy ? found.limit * found.quantity : found.quantity;
        emit OrderCancelled(msg.sender, order, released);
        if (found.isBuy) {
            quoteOf[msg.sender] -= released;
            quoteHeld -= released;
            quote.pay(msg.sender, released);
        } else {
            baseOf[msg.sender] -= released;
            baseHeld -= released;
            base.pay(msg.sender, released);
        }
    }

    /// Hold the auction after it has closed, whoever calls.
    function hold() external {
        if (isHeld) revert HeldBefore();
        uint256 settled = clock.epoch();
        if (settled < closes) revert StillOpen(closes, settled);
        isHeld = true;
        Order[] memory book = _book();
        Cross memory found = _findPrice(book);
        price = found.price;
        volume = found.volume;
        for (uint256 place = 0; place < book.length; place++) {
            uint256 ahead = _ahead(book, place);
            if (ahead >= found.volume) continue;
            _trade(book[place], Math.min(book[place].quantity, found.volume - ahead), found.price);
        }
        emit AuctionHeld(found.price, found.volume, found.bought, found.sold);
    }

    /// Pay the caller all that it has here, once the auction is held.
    function collect() external {
        if (!isHeld) revert NotHeld();
        uint256 assets = baseOf[msg.sender];
        uint256 money = quoteOf[msg.sender];
        if (assets == 0 && money == 0) revert NothingToCollect();
        (baseOf[msg.sender], quoteOf[msg.sender]) = (0, 0);
        baseHeld -= assets;
        quoteHeld -= money;
        emit Collected(msg.sender, assets, money);
        if (assets != 0) base.pay(msg.sender, assets);
        if (money != 0) quote.pay(msg.sender, money);
    }

    function _place(uint256 limit, uint256 quantity, bool isBuy) private returns (uint256 order) {
        if (limit == 0 || quantity == 0) revert NothingToTrade();
        _checkOpen();
        if (count == MOST) revert Full(MOST);
        order = ++count;
        orders[order] = Order(msg.sender, isBuy, limit, quantity);
    }

    function _checkOpen() private view {
        uint256 settled = clock.epoch();
        if (settled >= closes) revert Closed(closes, settled);
    }

    /// All orders, read from storage once.
    function _book() private view returns (Order[] memory book) {
        book = new Order[](count);
        for (uint256 place = 0; place < book.length; place++) book[place] = orders[place + 1];
    }

    /// The price with the largest volume; of these, with the smallest surplus; of these, with a surplus of buyers the
    /// highest and with a surplus of sellers the lowest; between the two, the closest to the reference.
    function _findPrice(Order[] memory book) private view returns (Cross memory) {
        Cross[] memory crosses = new Cross[](book.length);
        Cross memory best = Cross(0, 0, 0, 0, 0);
        for (uint256 place = 0; place < book.length; place++) {
            if (book[place].quantity == 0) continue; // a cancelled order sets no price
            Cross memory one = _cross(book, book[place].limit);
            crosses[place] = one;
            if (one.volume > best.volume || (one.volume == best.volume && one.surplus < best.surplus)) best = one;
        }
        if (best.volume == 0) return best;
        (uint256 low, uint256 high) = (best.price, best.price);
        (uint256 pressedUp, uint256 pressedDown) = (0, type(uint256).max);
        for (uint256 place = 0; place < book.length; place++) {
            Cross memory one = crosses[place];
            if (one.volume != best.volume || one.surplus != best.surplus) continue;
            low = Math.min(low, one.price);
            high = Math.max(high, one.price);
            if (one.bought > one.sold) pressedUp = Math.max(pressedUp, one.price);
            if (one.bought < one.sold) pressedDown = Math.min(pressedDown, one.price);
        }
        // The surplus of buyers falls as the price rises, so the prices with one are below those with one of sellers.
        if (pressedUp != 0) low = pressedUp;
        if (pressedDown != type(uint256).max) high = pressedDown;
        return _cross(book, Math.min(Math.max(referencePrice, low), high));
    }

    /// What the orders want at a price.
    function _cross(Order[] memory book, uint256 level) private pure returns (Cross memory found) {
        found.price = level;
        for (uint256 place = 0; place < book.length; place++) {
            Order memory one = book[place];
            if (one.isBuy && one.limit >= level) found.bought += one.quantity;
            if (!one.isBuy && one.limit <= level) found.sold += one.quantity;
        }
        found.volume = Math.min(found.bought, found.sold);
        found.surplus = Math.max(found.bought, found.sold) - found.volume;
    }

    /// The quantity of the orders of the same side that trade before this one: those with a better limit, and the earlier
    /// ones with the same limit.
    function _ahead(Order[] memory book, uint256 place) private pure returns (uint256 ahead) {
        Order memory one = book[place];
        for (uint256 before = 0; before < book.length; before++) {
            Order memory other = book[before];
            if (other.isBuy != one.isBuy) continue;
            bool isBetter = one.isBuy ? other.limit > one.limit : other.limit < one.limit;
            if (isBetter || (other.limit == one.limit && before < place)) ahead += other.quantity;
        }
    }

    /// Exchange in the owner's books what its order locked for what it bought or sold.
    function _trade(Order memory order, uint256 quantity, uint256 level) private {
        uint256 cost = quantity * level;
        if (order.isBuy) {
            quoteOf[order.owner] -= cost;
            baseOf[order.owner] += quantity;
        } else {
            baseOf[order.owner] -= quantity;
            quoteOf[order.owner] += cost;
        }
    }
}
