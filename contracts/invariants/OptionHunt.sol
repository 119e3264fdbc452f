// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OptionSeries} from "../OptionSeries.sol";
import {PredictionMarket} from "../PredictionMarket.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims, Hunt, Seer} from "./Hunt.sol";

/// Three actors write, trade and cash options and bets, one series after another.
contract OptionHunt is Hunt {
    uint256 private constant LIFE = 20;

    Seer private immutable seer = new Seer();
    OptionSeries private series;
    PredictionMarket private market;
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

    /// The claims of options and bets: every unit is covered by money that is there, and both sides are of one number. A
    /// payment that is not covered would not get through, so nobody is left with a claim.
    function _check() internal view override {
        (uint256 written, uint256 pairs) = (_sum(series.shortOf), _sum(market.noOf));
        _equal(_sum(series.longOf), written, "as many options are held as were written");
        _equal(_sum(market.yesOf), pairs, "there are as many yes as no");
        _equal(series.held(), written * series.cap(), "every option is covered by its cap");
        _equal(market.held(), pairs * market.payout(), "every pair is covered by its payout");
        uint256 held = money.balanceOf(address(series)) + money.balanceOf(address(market));
        _equal(held, series.held() + market.held(), "what is counted is there");
    }
}

contract OptionClaims is Claims(new OptionHunt()) {}
