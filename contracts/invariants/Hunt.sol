// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Token} from "../Token.sol";
import {IOracle} from "../interfaces/IOracle.sol";

/// What forge can do for a test and no contract can: act as another account, sign, set the time.
interface Vm {
    function prank(address sender) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function warp(uint256 time) external;
    function chainId(uint256 chain) external;
}

/// The clock of contracts: an epoch that only grows.
contract Clock {
    uint64 public epoch = 1;

    function pass(uint64 epochs) external {
        epoch += epochs;
    }
}

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

/// The world of a hunt: three actors with two tokens, a clock, and numbers in a range. What forge calls are the functions
/// of the inheriting contract; each makes one call that may succeed, so that a run is not a row of refusals. The name of a
/// claim is its text.
abstract contract Hunt {
    error Broken(string claim, uint256 found, uint256 expected);

    Vm internal constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    uint256 internal constant ACTORS = 3;
    uint256 internal constant WEALTH = 10 ** 12;

    Token internal immutable money = new Token("money", "M", 0);
    Token internal immutable asset = new Token("asset", "A", 0);
    Clock internal immutable clock = new Clock();
    address[] internal actors;
    /// The first claim that a call has broken.
    string private broken;

    constructor() {
        for (uint256 number = 0; number < ACTORS; number++) {
            actors.push(VM.addr(number + 1));
            money.mint(actors[number], WEALTH);
            asset.mint(actors[number], WEALTH);
        }
    }

    /// Whether every claim holds after a call.
    function check() external view {
        if (bytes(broken).length != 0) revert Broken(broken, 0, 1);
        _check();
    }

    /// What is asked at the end of a run only, because there is much to add up.
    function checkAll() external view virtual {}

    /// What must hold after every call.
    function _check() internal view virtual;

    /// A claim about the call that has just been made.
    function _claim(bool holds, string memory claim) internal {
        if (!holds && bytes(broken).length == 0) broken = claim;
    }

    /// Whether a call got through that was due. One that got through and was not due, or was refused and was due, breaks
    /// the claim.
    function _call(address caller, address target, bytes memory data, bool due, string memory claim)
        internal
        returns (bool)
    {
        VM.prank(caller);
        (bool done,) = target.call(data);
        _claim(done == due, claim);
        return done && due;
    }

    function _equal(uint256 found, uint256 expected, string memory claim) internal pure {
        if (found != expected) revert Broken(claim, found, expected);
    }

    function _atLeast(uint256 found, uint256 expected, string memory claim) internal pure {
        if (found < expected) revert Broken(claim, found, expected);
    }

    function _actor(uint256 seed) internal view returns (address) {
        return actors[seed % ACTORS];
    }

    function _other(uint256 seed) internal view returns (address) {
        return actors[(seed % ACTORS + 1) % ACTORS];
    }

    /// A number from the least to the most, both included.
    function _within(uint256 seed, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + seed % (most - least + 1);
    }

    /// The actors let a contract take all that they have.
    function _allow(address spender) internal {
        for (uint256 number = 0; number < ACTORS; number++) {
            VM.prank(actors[number]);
            money.approve(spender, type(uint256).max);
            VM.prank(actors[number]);
            asset.approve(spender, type(uint256).max);
        }
    }

    /// What all actors have together, by one number of each.
    function _sum(function(address) external view returns (uint256) numberOf) internal view returns (uint256 sum) {
        for (uint256 number = 0; number < ACTORS; number++) sum += numberOf(actors[number]);
    }
}

/// What forge asks a test: which contract it is to call, and whether the claims hold.
abstract contract Claims {
    Hunt private immutable hunt;

    constructor(Hunt hunt_) {
        hunt = hunt_;
    }

    function targetContracts() external view returns (address[] memory found) {
        found = new address[](1);
        found[0] = address(hunt);
    }

    function invariant_claims() external view {
        hunt.check();
    }

    function afterInvariant() external view {
        hunt.checkAll();
    }
}
