// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A token that misbehaves on demand, for tests: it returns false, keeps a fee, or calls back into its caller.
contract HostileToken {
    enum Manner {
        Honest,
        SaysNo,
        KeepsFee,
        CallsBack
    }

    Manner public manner;
    address public target;
    bytes public callback;
    bytes public answer;
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function behave(Manner manner_, address target_, bytes calldata callback_) external {
        manner = manner_;
        target = target_;
        callback = callback_;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    /// For an owner's calls: lets this contract itself own an account of the vault.
    function call(address to, bytes calldata data) external {
        (bool done, bytes memory said) = to.call(data);
        if (!done) {
            assembly {
                revert(add(said, 32), mload(said))
            }
        }
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (manner == Manner.SaysNo) return false;
        if (manner == Manner.CallsBack) {
            manner = Manner.Honest; // once: the call inside moves tokens as it should
            (bool done, bytes memory said) = target.call(callback);
            answer = said;
            if (done) answer = "accepted";
        }
        balanceOf[from] -= amount;
        balanceOf[to] += manner == Manner.KeepsFee ? amount - 1 : amount;
        return true;
    }
}
