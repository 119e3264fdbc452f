// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OptionSeries} from "../OptionSeries.sol";
import {PredictionMarket} from "../PredictionMarket.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Clock, Hunt} from "./Hunt.sol";

/// An oracle that knows every price, as the hunt draws it.
contract Seer is IOracle {
    mapping(uint256 => uint256) private prices;

    function tell(uint256 epoch, uint256 price) external {
        prices[epoch] = price;
    }

    function finalPrice(uint256 epoch) external view returns (uint256) {
        return prices[epoch];
    }

    function stateOf(uint256) external pure returns (State) {
        return State.Final;
    }
}

/// Three actors write, trade and cash options and bets, one series after another.
contract OptionHunt is Hunt {
    uint256 private constant LIFE = 20;

    Clock public immutable clock = new Clock();
    Seer public immutable seer = new Seer();
    OptionSeries public series;
    PredictionMarket public market;
    uint256 private expiry;

    constructor() {
        _open(0);
    }

    function write(uint256 who, uint256 quantity) external {
        if (clock.epoch() >= expiry) return;
        VM.prank(_actor(who));
        series.write(_within(quantity, 1, 100));
    }

    function hand(uint256 who, uint256 quantity) external {
        address owner = _actor(who);
        uint256 held = series.longOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        series.transfer(_other(who), _within(quantity, 1, held));
    }

    function split(uint256 who, uint256 quantity) external {
        if (clock.epoch() >= expiry) return;
        VM.prank(_actor(who));
        market.split(_within(quantity, 1, 100));
    }

    function merge(uint256 who, uint256 quantity) external {
        address owner = _actor(who);
        (uint256 yes, uint256 no) = (market.yesOf(owner), market.noOf(owner));
        uint256 pairs = yes < no ? yes : no;
        if (pairs == 0 || clock.epoch() >= expiry) return;
        VM.prank(owner);
        market.merge(_within(quantity, 1, pairs));
    }

    function bet(uint256 who, uint256 quantity) external {
        address owner = _actor(who);
        uint256 held = market.yesOf(owner);
        if (held == 0) return;
        VM.prank(owner);
        market.giveYes(_other(who), _within(quantity, 1, held));
    }

    /// Time passes; at the expiry the price is told, both are decided, and everybody is paid in some order.
    function wait(uint64 epochs, uint256 price, uint256 first) external {
        clock.pass(uint64(_within(epochs, 0, 3)));
        if (clock.epoch() < expiry) return;
        seer.tell(expiry, _within(price, 0, 200));
        series.expire();
        market.resolve();
        for (uint256 number = 0; number < ACTORS; number++) {
            address owner = _actor(first % ACTORS + number);
            if (series.longOf(owner) + series.shortOf(owner) != 0) {
                VM.prank(owner);
                series.claim();
            }
            if (market.yesOf(owner) + market.noOf(owner) != 0) {
                VM.prank(owner);
                market.redeem();
            }
        }
        _open(price);
    }

    function _open(uint256 seed) private {
        expiry = clock.epoch() + LIFE;
        (IToken cash, IOracle oracle, IEpochs time) =
            (IToken(address(money)), IOracle(address(seer)), IEpochs(address(clock)));
        series = new OptionSeries(cash, oracle, time, 100, _within(seed, 1, 60), expiry, seed % 2 == 0);
        market = new PredictionMarket(cash, oracle, time, 100, _within(seed, 1, 60), expiry, 5);
        _allow(address(series));
        _allow(address(market));
    }
}

contract OptionClaims is Claims {
    OptionHunt private hunt;

    function setUp() public {
        hunt = new OptionHunt();
    }

    /// The claims of options and bets: every unit is covered by money that is there, and both sides are of one number. A
    /// payment that is not covered would not get through, so nobody is left with a claim.
    function invariant_options() external view {
        (OptionSeries series, PredictionMarket market) = (hunt.series(), hunt.market());
        uint256[4] memory sums;
        for (uint256 number = 0; number < 3; number++) {
            address owner = hunt.actors(number);
            sums[0] += series.longOf(owner);
            sums[1] += series.shortOf(owner);
            sums[2] += market.yesOf(owner);
            sums[3] += market.noOf(owner);
        }
        _equal(sums[0], sums[1], "as many options are held as were written");
        _equal(sums[2], sums[3], "there are as many yes as no");
        _equal(series.held(), sums[1] * series.cap(), "every option is covered by its cap");
        _equal(market.held(), sums[2] * market.payout(), "every pair is covered by its payout");
        uint256 held = hunt.money().balanceOf(address(series)) + hunt.money().balanceOf(address(market));
        _equal(held, series.held() + market.held(), "what is counted is there");
    }

    function _hunt() internal view override returns (address) {
        return address(hunt);
    }
}
