// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Token} from "../Token.sol";
import {IToken} from "../interfaces/IToken.sol";

/// What forge can do for a test and no contract can: act as another account, sign, set the time.
interface Vm {
    function prank(address sender) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function warp(uint256 time) external;
}

/// The clock of contracts: an epoch that only grows.
contract Clock {
    uint64 public epoch = 1;

    function pass(uint64 epochs) external {
        epoch += epochs;
    }
}

/// The state of a hunt: three actors with two tokens, and numbers in a range. What forge calls are the functions of the
/// inheriting contract; each makes one call that may succeed, so that a run is not a row of refusals.
abstract contract Hunt {
    Vm internal constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    uint256 internal constant ACTORS = 3;
    uint256 internal constant WEALTH = 10 ** 12;

    Token public immutable money = new Token("money", "M", 0);
    Token public immutable asset = new Token("asset", "A", 0);
    address[] public actors;

    constructor() {
        for (uint256 number = 0; number < ACTORS; number++) {
            actors.push(VM.addr(number + 1));
            money.mint(actors[number], WEALTH);
            asset.mint(actors[number], WEALTH);
        }
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

    /// What all actors together have of a token.
    function _owned(Token token) internal view returns (uint256 sum) {
        for (uint256 number = 0; number < ACTORS; number++) sum += token.balanceOf(actors[number]);
    }
}

/// What forge asks a test: which contract it is to call, and whether a claim holds. The name of a claim is its text.
abstract contract Claims {
    error Broken(string claim, uint256 found, uint256 expected);

    function targetContracts() external view returns (address[] memory found) {
        found = new address[](1);
        found[0] = _hunt();
    }

    function _hunt() internal view virtual returns (address);

    function _equal(uint256 found, uint256 expected, string memory claim) internal pure {
        if (found != expected) revert Broken(claim, found, expected);
    }

    function _atLeast(uint256 found, uint256 expected, string memory claim) internal pure {
        if (found < expected) revert Broken(claim, found, expected);
    }
}
