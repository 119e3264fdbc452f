// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BridgedToken} from "./BridgedToken.sol";
import {Payments} from "./Payments.sol";
import {ValidatorSet} from "./ValidatorSet.sol";
import {IToken} from "./interfaces/IToken.sol";

/// One end of a bridge between two chains. The end where the token lives locks it; the other end mints what stands for it
/// and burns that when it goes back. Each transfer is a message with a number; anybody may deliver it with the signatures
/// of two thirds of the validators, who sign it for one chain and one contract.
contract Bridge is ValidatorSet {
    using Payments for IToken;

    event Connected(uint256 indexed chainId, address indexed bridge);
    event Sent(uint256 indexed nonce, address indexed to, uint256 amount);
    event Delivered(uint256 indexed nonce, address indexed to, uint256 amount);

    error NotDeployer(address caller);
    error ConnectedBefore(address bridge);
    error NothingToSend();
    error NoRecipient();
    error WrongOrigin(uint256 chainId, address bridge);
    error WrongDestination(uint256 chainId, address bridge);
    error DeliveredBefore(uint256 nonce);
    error ShortOfLocked(uint256 locked, uint256 needed);

    struct Message {
        uint256 fromChain;
        address fromBridge;
        uint256 toChain;
        address toBridge;
        uint256 nonce;
        address to;
        uint256 amount;
    }

    bytes32 private constant MESSAGE_TYPE =
        keccak256("Message(uint256 fromChain,address fromBridge,uint256 nonce,address to,uint256 amount)");

    address public immutable deployer;
    /// The token that this end locks; the address zero at the end that mints.
    IToken public immutable token;
    /// What this end mints, in the smallest unit of what the other end locks; the address zero at the end that locks.
    BridgedToken public immutable minted;
    uint256 public otherChain;
    address public otherBridge;
    /// The number of messages that left from here.
    uint256 public sent;
    uint256 public locked;
    mapping(bytes32 => bool) public delivered;

    /// @param token_ the token to lock, or the address zero at the end that mints
    /// @param validators_ the validators whose signatures count
    /// @param run the identity of the run
    constructor(IToken token_, address[] memory validators_, bytes32 run) ValidatorSet(validators_, run) {
        deployer = msg.sender;
        token = token_;
        minted = address(token_) == address(0) ? new BridgedToken("bridged", "bridged", 0) : BridgedToken(address(0));
    }

    /// Name the other end, once.
    /// @param chainId the chain of the other end
    /// @param bridge its address there
    function connect(uint256 chainId, address bridge) external {
        if (msg.sender != deployer) revert NotDeployer(msg.sender);
        if (otherBridge != address(0)) revert ConnectedBefore(otherBridge);
        (otherChain, otherBridge) = (chainId, bridge);
        emit Connected(chainId, bridge);
    }

    /// Send an amount of the caller to the other chain.
    /// @param to the recipient there
    /// @param amount the amount
    function send(address to, uint256 amount) external {
        if (amount == 0) revert NothingToSend();
        if (to == address(0)) revert NoRecipient();
        emit Sent(sent++, to, amount);
        if (address(token) == address(0)) {
            minted.burn(msg.sender, amount);
            return;
        }
        locked += amount;
        token.take(amount);
    }

    /// Pay out a message, once.
    /// @param message the message, as the other end sent it
    /// @param certificate signatures of two thirds of the validators
    function deliver(Message calldata message, bytes calldata certificate) external {
        _takeOver();
        bytes32 digest = _signed(message);
        if (delivered[digest]) revert DeliveredBefore(message.nonce);
        _checkCertificate(digest, certificate);
        delivered[digest] = true;
        emit Delivered(message.nonce, message.to, message.amount);
        if (address(token) == address(0)) {
            minted.mint(message.to, message.amount);
            return;
        }
        if (locked < message.amount) revert ShortOfLocked(locked, message.amount);
        locked -= message.amount;
        token.pay(message.to, message.amount);
    }

    /// @return the amount that this end has minted and not burned
    function supply() external view returns (uint256) {
        return address(token) == address(0) ? minted.totalSupply() : 0;
    }

    /// @param owner a holder
    /// @return what the holder has of the minted token
    function holding(address owner) external view returns (uint256) {
        return address(token) == address(0) ? minted.balanceOf(owner) : 0;
    }

    /// The digest that validators sign for a message: the domain names this chain and this contract.
    function _signed(Message calldata message) internal view virtual returns (bytes32) {
        if (message.toChain != block.chainid || message.toBridge != address(this)) {
            revert WrongDestination(message.toChain, message.toBridge);
        }
        if (message.fromChain != otherChain || message.fromBridge != otherBridge) {
            revert WrongOrigin(message.fromChain, message.fromBridge);
        }
        return _digest(
            keccak256(
                abi.encode(
                    MESSAGE_TYPE, message.fromChain, message.fromBridge, message.nonce, message.to, message.amount
                )
            )
        );
    }

    /// A bridge has no epochs: the next set of validators counts as soon as the notice of its plan has passed.
    function _takeOver() private {
        if (handoverEpoch != 0 && block.timestamp >= handoverNotBefore) _handOver(handoverEpoch);
    }

    function _settledEpoch() internal pure override returns (uint64) {
        return 0;
    }
}
