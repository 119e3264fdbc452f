// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bridge} from "../Bridge.sol";
import {BridgedToken} from "../BridgedToken.sol";
import {IToken} from "../interfaces/IToken.sol";
import {Claims} from "./Hunt.sol";
import {Signers} from "./Signers.sol";

/// Three actors send money over a bridge and back, and deliver messages as they were sent or not. Four validators sign
/// what was sent; from time to time four others follow them at one end.
contract BridgeHunt is Signers {
    bytes32 private constant MESSAGE =
        keccak256("Message(uint256 fromChain,address fromBridge,uint256 nonce,address to,uint256 amount)");
    string private constant DELIVERED = "a message is delivered once, as it was sent, by the validators of the time";
    uint256 private constant SEATS = 4;
    uint256 private constant QUORUM = 3;
    uint256 private constant RECENT = 8;

    /// The end that locks and the end that mints, each on a chain of its own.
    Bridge[2] private ends;
    BridgedToken private immutable bridged;
    /// The first key of the present validators of each end.
    uint256[2] private keys = [FIRST_KEY, FIRST_KEY];
    Bridge.Message[] private messages;
    bool[] private delivered;
    uint256 private onTheWay;

    constructor() {
        for (uint256 end = 0; end < 2; end++) {
            VM.chainId(_chainOf(end));
            ends[end] = new Bridge(IToken(end == 0 ? address(money) : address(0)), _seats(FIRST_KEY, SEATS), "this run");
        }
        for (uint256 end = 0; end < 2; end++) ends[end].connect(_chainOf(1 - end), address(ends[1 - end]));
        bridged = ends[1].minted();
        _allow(address(ends[0]));
    }

    function send(uint256 who, uint256 from, uint256 amount) external {
        (uint256 end, address owner) = (from % 2, _actor(who));
        uint256 held = end == 0 ? 1_000 : bridged.balanceOf(owner);
        if (held == 0) return;
        (Bridge here, Bridge there) = (ends[end], ends[1 - end]);
        amount = _within(amount, 1, held);
        messages.push(
            Bridge.Message(
                _chainOf(end), address(here), _chainOf(1 - end), address(there), here.sent(), _other(who), amount
            )
        );
        delivered.push(false);
        onTheWay += amount;
        VM.chainId(_chainOf(end));
        VM.prank(owner);
        here.send(_other(who), amount);
    }

    /// Deliver a message, perhaps again; in half of the calls there is a fault: another amount, another recipient, the end
    /// that sent it, too few signatures, one signature for all, or signatures of others than the present validators.
    function deliver(uint256 number, uint256 kind) external {
        if (messages.length == 0) return;
        number = messages.length - 1 - number % (messages.length < RECENT ? messages.length : RECENT);
        Bridge.Message memory message = messages[number];
        uint256 fault = _within(kind, 0, 11);
        uint256 end = message.toBridge == address(ends[0]) ? 0 : 1;
        uint256 key = _present(end);
        bytes32 content = _contentOf(message);
        if (fault == 1) message.amount += 1;
        if (fault == 2) message.to = message.to == actors[0] ? actors[1] : actors[0];
        if (fault == 3) end = 1 - end;
        if (fault == 4) key = _otherKey(key);
        VM.chainId(_chainOf(end));
        bytes memory certificate = _certify(ends[end], content, key, fault == 5 ? 2 : QUORUM, fault != 6);
        bool due = (fault == 0 || fault > 6) && !delivered[number];
        bytes memory data = abi.encodeCall(Bridge.deliver, (message, certificate));
        if (!_call(actors[0], address(ends[end]), data, due, DELIVERED)) return;
        (delivered[number], keys[end]) = (true, key);
        onTheWay -= message.amount;
    }

    /// Who is not the bridge cannot mint, burn or connect it to another one.
    function intrude(uint256 who, uint256 kind) external {
        (address owner, address target) = (_actor(who), kind % 3 == 0 ? address(ends[who % 2]) : address(bridged));
        bytes memory data = abi.encodeCall(Bridge.connect, (1, owner));
        if (kind % 3 == 1) data = abi.encodeCall(bridged.mint, (owner, 1));
        if (kind % 3 == 2) data = abi.encodeCall(bridged.burn, (_other(who), 0));
        _call(owner, target, data, false, "only the bridge mints and burns, and its ends stay connected");
    }

    function hand(uint256 who, uint256 amount) external {
        address owner = _actor(who);
        amount = _within(amount, 0, bridged.balanceOf(owner));
        VM.prank(owner);
        bridged.transfer(_other(who), amount);
    }

    /// The present validators of an end plan that the others follow them; now and then once more, which ends the plan.
    function planHandover(uint256 where) external {
        uint256 end = where % 2;
        if (ends[end].handoverEpoch() != 0 && where % 16 > 1) return;
        VM.chainId(_chainOf(end));
        _plan(ends[end], keys[end], 1);
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + _within(time, 0, 1 days));
    }

    function _chainOf(uint256 end) private pure returns (uint256) {
        return 1_001 + end;
    }

    /// Who signs for an end now: after the notice of a plan, the next validators.
    function _present(uint256 end) private view returns (uint256) {
        bool isDue = ends[end].handoverEpoch() != 0 && block.timestamp >= ends[end].handoverNotBefore();
        return isDue ? _otherKey(keys[end]) : keys[end];
    }

    function _contentOf(Bridge.Message memory message) private pure returns (bytes32) {
        return keccak256(
            abi.encode(MESSAGE, message.fromChain, message.fromBridge, message.nonce, message.to, message.amount)
        );
    }

    /// The claims of a bridge: what is minted at one end is locked at the other, but for what is on its way.
    function _check() internal view override {
        _equal(money.balanceOf(address(ends[0])), ends[0].locked(), "the bridge holds what is locked");
        _equal(ends[0].locked(), ends[1].supply() + onTheWay, "what is minted or on its way is locked");
        _equal(_sum(bridged.balanceOf), ends[1].supply(), "what is minted has an owner");
        _equal(_sum(money.balanceOf) + ends[0].locked(), ACTORS * WEALTH, "no money is lost on a bridge");
    }
}

contract BridgeClaims is Claims(new BridgeHunt()) {}
