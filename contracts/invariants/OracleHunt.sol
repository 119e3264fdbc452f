// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Oracle} from "../Oracle.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims} from "./Hunt.sol";
import {Signers} from "./Signers.sol";

/// Three actors propose and dispute prices, and bring what validators signed, or did not. From time to time other
/// validators follow.
contract OracleHunt is Signers {
    bytes32 private constant PRICE = keccak256("Price(uint256 epoch,uint256 price)");
    string private constant DECIDED = "a dispute is decided once, by the validators of the time";
    uint256 private constant BOND = 500;
    uint256 private constant WINDOW = 3;
    uint256 private constant SEATS = 4;
    uint256 private constant QUORUM = 3;
    uint256 private constant RECENT = 5;

    Oracle private immutable oracle;

    /// A question as the rules have it.
    struct Known {
        IOracle.State state;
        address proposer;
        address disputer;
        uint256 price;
        uint256 until;
    }

    uint256[] private epochs;
    mapping(uint256 => Known) private known;
    uint256 private key = FIRST_KEY;
    uint256 private locked;

    constructor() {
        oracle = new Oracle(
            IToken(address(money)), IEpochs(address(clock)), BOND, WINDOW, _seats(FIRST_KEY, SEATS), "this run"
        );
        _allow(address(oracle));
        propose(0, 1, 1);
    }

    /// Propose the price of an epoch: of this one, one before or the next.
    function propose(uint256 who, uint256 back, uint256 price) public {
        uint256 epoch = clock.epoch() + 1 - _within(back, 0, 1);
        address owner = _actor(who);
        price = _within(price, 0, 3);
        bool due = known[epoch].state == IOracle.State.Unknown && epoch <= clock.epoch();
        bytes memory data = abi.encodeCall(oracle.propose, (epoch, price));
        if (!_call(owner, address(oracle), data, due, "a price is proposed once, and not before its epoch")) return;
        known[epoch] = Known(IOracle.State.Proposed, owner, address(0), price, clock.epoch() + WINDOW);
        epochs.push(epoch);
        locked += BOND;
    }

    function dispute(uint256 who, uint256 number) external {
        (Known storage one, uint256 epoch) = _recent(number);
        address owner = _actor(who);
        bool due = one.state == IOracle.State.Proposed && clock.epoch() < one.until && owner != one.proposer;
        bytes memory data = abi.encodeCall(oracle.dispute, (epoch));
        if (!_call(owner, address(oracle), data, due, "another one disputes a price, in its window")) return;
        (one.state, one.disputer) = (IOracle.State.Disputed, owner);
        locked += BOND;
    }

    function finish(uint256 number) external {
        (Known storage one, uint256 epoch) = _recent(number);
        uint256 held = money.balanceOf(one.proposer);
        bool due = one.state == IOracle.State.Proposed && clock.epoch() >= one.until;
        bytes memory data = abi.encodeCall(oracle.finish, (epoch));
        if (!_call(_actor(number), address(oracle), data, due, "what nobody disputed stands, after its window")) return;
        one.state = IOracle.State.Final;
        locked -= BOND;
        _claim(money.balanceOf(one.proposer) == held + BOND, "who was right has the bonds");
    }

    /// Bring the decision of a dispute; now and then the validators signed another price, too few did, one did it for
    /// all, or they are not those of the time.
    function decide(uint256 number, uint256 price, uint256 kind) external {
        (Known storage one, uint256 epoch) = _recent(number);
        (uint256 fault, uint256 signers) = (_within(kind, 0, 9), _present());
        price = _within(price, 0, 3);
        if (fault == 4) signers = _otherKey(signers);
        bytes32 content = keccak256(abi.encode(PRICE, epoch, fault == 1 ? price + 1 : price));
        bytes memory certificate = _certify(oracle, content, signers, fault == 2 ? 2 : QUORUM, fault != 3);
        address winner = price == one.price ? one.proposer : one.disputer;
        uint256 held = money.balanceOf(winner);
        bool due = (fault == 0 || fault > 4) && one.state == IOracle.State.Disputed;
        bytes memory data = abi.encodeCall(oracle.decide, (epoch, price, certificate));
        if (!_call(actors[0], address(oracle), data, due, DECIDED)) return;
        (one.state, one.price, key) = (IOracle.State.Final, price, signers);
        locked -= 2 * BOND;
        _claim(money.balanceOf(winner) == held + 2 * BOND, "who was right has the bonds");
    }

    /// The present validators plan that the others follow them; now and then once more, which ends the plan.
    function planHandover(uint64 inEpochs) external {
        if (oracle.handoverEpoch() != 0 && inEpochs % 8 != 0) return;
        _plan(oracle, key, clock.epoch() + 1 + inEpochs % 5);
    }

    function wait(uint64 passed, uint256 time) external {
        clock.pass(uint64(_within(passed, 0, 2)));
        VM.warp(block.timestamp + _within(time, 0, 1 days));
    }

    function _recent(uint256 seed) private view returns (Known storage, uint256 epoch) {
        epoch = epochs[epochs.length - 1 - seed % (epochs.length < RECENT ? epochs.length : RECENT)];
        return (known[epoch], epoch);
    }

    /// Who decides now: after the notice of a plan and from its epoch on, the next validators.
    function _present() private view returns (uint256) {
        uint64 planned = oracle.handoverEpoch();
        bool isDue = planned != 0 && clock.epoch() >= planned && block.timestamp >= oracle.handoverNotBefore();
        return isDue ? _otherKey(key) : key;
    }

    /// The claims of an oracle: it holds the bonds of what is open, and nothing else.
    function _check() internal view override {
        _equal(oracle.held(), locked, "the bonds of open questions add up");
        _equal(money.balanceOf(address(oracle)), locked, "the oracle holds all bonds");
        _equal(_sum(money.balanceOf) + locked, ACTORS * WEALTH, "no money is lost on a question");
    }

    function checkAll() external view override {
        for (uint256 number = 0; number < epochs.length; number++) {
            Known storage one = known[epochs[number]];
            _equal(uint256(oracle.stateOf(epochs[number])), uint256(one.state), "each question is where the rules have it");
            _equal(oracle.priceOf(epochs[number]), one.price, "a final price never changes");
        }
    }
}

contract OracleClaims is Claims(new OracleHunt()) {}
