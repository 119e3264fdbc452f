// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bonds} from "../Bonds.sol";
import {FINALIZED_TYPE, Header} from "../Finalized.sol";
import {IToken} from "../interfaces/IToken.sol";
import {IValidators} from "../interfaces/IValidators.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Claims, Clock, Hunt} from "./Hunt.sol";

/// A settlement as bonds see it: its epoch, its domain, and who sits in its places.
contract Committee is Clock {
    uint8 public constant validatorCount = 3;
    bytes32 public constant domain = keccak256("this settlement");
    address[validatorCount] public validator;

    function seat(uint256 place, address next) external {
        validator[place] = next;
    }
}

/// Three actors bond validators, give notice, withdraw, and report what a validator signed, be it evidence or not.
contract BondHunt is Hunt {
    uint256 private constant BOND = 1_000;
    uint256 private constant REWARD = 250;
    uint64 private constant WINDOW = 4;
    uint64 private constant NOTICE = 6;
    uint256 private constant PLACES = 3;
    uint256 private constant RECENT = 5;
    uint256 private constant FIRST_KEY = 100;
    string private constant LOST = "a bond is lost once, and just for two results of one block, in time";
    address private constant TREASURY = address(0x7ea5);

    Committee private immutable committee = new Committee();
    Bonds private immutable bonds;

    /// A validator as the rules have it.
    struct Known {
        Bonds.State state;
        address owner;
        uint64 until;
    }

    /// Every validator that ever had a place; its number and the first key give its key.
    Known[] private known;
    uint256[PLACES] private seated;
    uint256 private open;
    uint256 private slashed;

    constructor() {
        bonds = new Bonds(
            IToken(address(money)), IValidators(address(committee)), TREASURY, BOND, REWARD * 10, WINDOW, NOTICE
        );
        _allow(address(bonds));
        committee.pass(20);
        for (uint256 place = 0; place < PLACES; place++) _seat(place);
    }

    function deposit(uint256 who, uint256 place) external {
        address owner = _actor(who);
        Known storage one = known[seated[place % PLACES]];
        bytes memory data = abi.encodeCall(bonds.deposit, (place % PLACES));
        if (!_call(owner, address(bonds), data, one.state == Bonds.State.None, "a bond is paid once")) return;
        (one.state, one.owner, one.until, open) = (Bonds.State.Bonded, owner, 0, open + 1);
    }

    /// Notice is given by the owner, or by another one, who cannot.
    function giveNotice(uint256 number, bool isOwner) external {
        (Known storage one, address validator,) = _recent(number);
        address caller = isOwner ? one.owner : _actor(number);
        bool due = one.state == Bonds.State.Bonded && caller == one.owner;
        bytes memory data = abi.encodeCall(bonds.giveNotice, (validator));
        if (!_call(caller, address(bonds), data, due, "notice is given by the owner, once")) return;
        (one.state, one.until) = (Bonds.State.Leaving, committee.epoch() + NOTICE);
    }

    function withdraw(uint256 number, bool isOwner) external {
        (Known storage one, address validator,) = _recent(number);
        address caller = isOwner ? one.owner : _actor(number);
        bool due = one.state == Bonds.State.Leaving && committee.epoch() >= one.until && caller == one.owner;
        bytes memory data = abi.encodeCall(bonds.withdraw, (validator));
        if (!_call(caller, address(bonds), data, due, "a bond is withdrawn by its owner, after the notice")) return;
        (one.state, open) = (Bonds.State.None, open - 1);
    }

    /// Show two statements of a validator. Now and then they are evidence; otherwise there is one fault:
    /// one digest, two heights, two signers, another domain, or a signature on something else.
    function report(uint256 number, uint256 kind, uint256 age) external {
        (Known storage one,, uint256 key) = _recent(number);
        (uint256 fault, uint64 back) = (_within(kind, 0, 8), uint64(_within(age, 0, WINDOW + 2)));
        bytes32 domain = fault == 4 ? bytes32("another one") : committee.domain();
        uint64 epoch = committee.epoch() - back;
        Bonds.Statement memory first = _stated(domain, Header(1, 5, 7, epoch, "", "a block", "", 0), key);
        Header memory header = Header(1, 7, 9, epoch - 1, "", "another block", "", 0);
        if (fault == 1) header = first.header;
        if (fault == 2) (header.first, header.last) = (8, 9);
        Bonds.Statement memory second = _stated(domain, header, fault == 3 ? key + 1 : key);
        if (fault == 5) second.header.trades = 1;
        if (age % 2 == 0) (first, second) = (second, first);
        bool due = (fault == 0 || fault > 5) && back <= WINDOW;
        due = due && (one.state == Bonds.State.Bonded || one.state == Bonds.State.Leaving);
        bytes memory data = abi.encodeCall(bonds.report, (first, second));
        if (!_call(_actor(number), address(bonds), data, due, LOST)) return;
        (one.state, open, slashed) = (Bonds.State.Slashed, open - 1, slashed + 1);
    }

    /// Another validator takes a place, mostly that of one that lost its bond.
    function seat(uint256 place, uint256 chance) external {
        if (known[seated[place % PLACES]].state == Bonds.State.Slashed || chance % 8 == 0) _seat(place % PLACES);
    }

    function wait(uint64 epochs) external {
        committee.pass(uint64(_within(epochs, 0, 5)));
    }

    function _seat(uint256 place) private {
        seated[place] = known.length;
        committee.seat(place, VM.addr(FIRST_KEY + known.length));
        known.push(Known(Bonds.State.None, actors[0], 0));
    }

    /// One of the validators who came last, some of whom have left their places.
    function _recent(uint256 seed) private view returns (Known storage one, address validator, uint256 key) {
        uint256 number = known.length - 1 - seed % (known.length < RECENT ? known.length : RECENT);
        key = FIRST_KEY + number;
        return (known[number], VM.addr(key), key);
    }

    function _stated(bytes32 domain, Header memory header, uint256 key) private pure returns (Bonds.Statement memory) {
        bytes32 content = keccak256(abi.encode(FINALIZED_TYPE, header, bytes32(0)));
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, MessageHashUtils.toTypedDataHash(domain, content));
        return Bonds.Statement(domain, header, 0, abi.encodePacked(r, s, v - 27));
    }

    /// The claims of bonds: the contract holds those that nobody withdrew or lost, and what was lost was paid out.
    function _check() internal view override {
        uint256 held = money.balanceOf(address(bonds));
        uint256 treasury = money.balanceOf(TREASURY);
        _equal(bonds.held(), open * BOND, "the open bonds add up");
        _equal(held, bonds.held(), "the contract holds all bonds");
        _equal(treasury, slashed * (BOND - REWARD), "the treasury has its share of every lost bond");
        _equal(_sum(money.balanceOf) + held + treasury, ACTORS * WEALTH, "the reporters have the rest");
    }

    function checkAll() external view override {
        for (uint256 number = 0; number < known.length; number++) {
            address validator = VM.addr(FIRST_KEY + number);
            _equal(uint256(bonds.stateOf(validator)), uint256(known[number].state), "each bond is where the rules have it");
        }
    }
}

contract BondClaims is Claims(new BondHunt()) {}
