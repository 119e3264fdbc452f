// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ValidatorSet} from "../ValidatorSet.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Hunt} from "./Hunt.sol";

/// Two sets of validators who follow each other: the keys of one begin at 11, those of the other at 21.
abstract contract Signers is Hunt {
    bytes32 private constant HANDOVER =
        keccak256("Handover(uint32 setId,uint64 nonce,uint64 fromEpoch,bytes32 validators)");
    uint256 internal constant FIRST_KEY = 11;

    /// The first key of the other set.
    function _otherKey(uint256 key) internal pure returns (uint256) {
        return key == FIRST_KEY ? FIRST_KEY + 10 : FIRST_KEY;
    }

    /// The addresses of a set.
    function _seats(uint256 key, uint256 count) internal pure returns (address[] memory found) {
        found = new address[](count);
        for (uint256 place = 0; place < count; place++) found[place] = VM.addr(key + place);
    }

    /// The first validators of a set sign; or the first one as often.
    function _certify(ValidatorSet set, bytes32 content, uint256 key, uint256 count, bool isEach)
        internal
        view
        returns (bytes memory found)
    {
        bytes32 digest = MessageHashUtils.toTypedDataHash(set.domain(), content);
        for (uint256 place = 0; place < count; place++) {
            uint256 signer = isEach ? place : 0;
            (uint8 v, bytes32 r, bytes32 s) = VM.sign(key + signer, digest);
            found = bytes.concat(found, abi.encodePacked(uint8(2 * signer + v - 27), r, s));
        }
    }

    /// A set of one or four plans that the other one follows it.
    function _plan(ValidatorSet set, uint256 key, uint64 fromEpoch) internal {
        (uint256 count, uint64 nonce) = (set.validatorCount(), set.handoverNonce());
        address[] memory next = _seats(_otherKey(key), count);
        bytes32 listed = keccak256(abi.encode(next));
        bytes32 content = keccak256(abi.encode(HANDOVER, set.setId(), nonce, fromEpoch, listed));
        set.planHandover(next, fromEpoch, nonce, _certify(set, content, key, (2 * count + 2) / 3, true));
    }
}
