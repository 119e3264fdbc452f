// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bridge} from "../Bridge.sol";
import {IToken} from "../interfaces/IToken.sol";

/// For the lesson: a bridge whose validators sign what is paid and not where. A signature that was made for one chain is
/// valid on the other, too.
contract NaiveBridge is Bridge {
    /// @param token_ what is locked or minted
    /// @param validators_ who sign messages
    /// @param run named in no message: that is the mistake
    constructor(IToken token_, address[] memory validators_, bytes32 run)
        Bridge(token_, validators_, run)
    {}

    function _signed(Message calldata message) internal pure override returns (bytes32) {
        return keccak256(abi.encode(message.nonce, message.to, message.amount));
    }
}
