// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Attestations} from "./Attestations.sol";
import {FINALIZED_TYPE, Header} from "./Finalized.sol";
import {SettlementHalt} from "./SettlementHalt.sol";
import {ValidatorSet} from "./ValidatorSet.sol";
import {Vault} from "./Vault.sol";

/// Settles finalized blocks: one batch of net changes, signed by two thirds of the validators, relayed by any caller. It
/// checks order, certificate, conservation and solvency. It does not check prices, matching or orders: for those,
/// two thirds of the validators are trusted. Any trade can be proven against the Merkle root of its batch.
contract BatchSettlement is Attestations {
    event Settled(
        uint64 indexed last,
        uint64 first,
        uint64 epoch,
        uint64 trades,
        bytes32 blockHash,
        bytes32 tradesRoot,
        bytes32 netHash
    );

    error HeightGap(uint64 expected, uint64 found);
    error RangeBackwards(uint64 first, uint64 last);
    error EpochNotGrowing(uint64 previous, uint64 found);
    error WrongParent(bytes32 expected, bytes32 found);
    error BadRowsLength(uint256 length);
    error RowsNotAscending(uint256 account, uint256 token);
    error NotZeroSum(uint256 token, int256 sum);
    error BadExitsLength(uint256 length);
    error ExitsNotAscending(uint256 number);

    uint256 private constant ROW_SIZE = 24;
    uint256 private constant EXIT_SIZE = 4;

    uint64 public height;
    uint64 public epoch;
    bytes32 public head;
    mapping(uint64 => bytes32) public tradesRootAt;

    /// @param tokens the tokens of the vault, cash first
    /// @param validators_ the first validator set
    /// @param guardian_ who may pause
    /// @param genesis the hash of the block before the first
    /// @param run the identity of the run whose certificates count
    constructor(address[] memory tokens, address[] memory validators_, address guardian_, bytes32 genesis, bytes32 run)
        SettlementHalt(guardian_)
        Vault(tokens)
        ValidatorSet(validators_, run)
    {
        head = genesis;
    }

    /// Settle the next range of final blocks.
    /// @param header the range, its place in the chain, and the root of its trades
    /// @param rows net changes of 24 bytes each: account (4), token (4), signed change (16), ascending
    /// @param exits the numbers of the withdrawal requests that are executed, 4 bytes each, ascending
    /// @param certificate the signatures of two thirds of the validators
    function settle(Header calldata header, bytes calldata rows, bytes calldata exits, bytes calldata certificate)
        external
        whenNotPaused
    {
        if (escaped) revert SettlementEscaped();
        if (header.first != height + 1) revert HeightGap(height + 1, header.first);
        if (header.last < header.first) revert RangeBackwards(header.first, header.last);
        if (header.epoch <= epoch) revert EpochNotGrowing(epoch, header.epoch);
        if (header.parent != head) revert WrongParent(head, header.parent);

        _handOver(header.epoch);
        if (header.setId != setId) revert WrongValidatorSet(setId, header.setId);
        bytes32 netHash = keccak256(abi.encode(keccak256(rows), keccak256(exits)));
        _checkCertificate(_digest(keccak256(abi.encode(FINALIZED_TYPE, header, netHash))), certificate);

        height = header.last;
        epoch = header.epoch;
        head = header.blockHash;
        tradesRootAt[header.last] = header.tradesRoot;
        aliveAt = uint64(block.timestamp);

        _applyRows(rows);
        _applyExits(exits);
        emit Settled(
            header.last, header.first, header.epoch, header.trades, header.blockHash, header.tradesRoot, netHash
        );
    }

    /// The last settled block (its height, epoch and hash, and the root of its trades), and the numbers of deposits and of
    /// withdrawal requests so far.
    /// @return the height of the last settled block
    /// @return its epoch
    /// @return its hash
    /// @return the root of its trades
    /// @return the number of deposits so far
    /// @return the number of withdrawal requests so far
    function progress() external view returns (uint64, uint64, bytes32, bytes32, uint64, uint256) {
        return (height, epoch, head, tradesRootAt[height], depositCount, requests.length);
    }

    /// Whether this trade is at this place of the batch that ends at block `last`.
    /// @param last the height of the last block of the batch
    /// @param place the place of the trade in the batch
    /// @param record the trade as the validators signed it
    /// @param proof the hashes beside its way up to the root
    /// @return whether this way leads to the root of that batch
    function isSettled(uint64 last, uint64 place, bytes calldata record, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        bytes32 node = keccak256(abi.encode(keccak256(abi.encodePacked(place, record))));
        for (uint256 step = 0; step < proof.length; step++) {
            bytes32 other = proof[step];
            node = node < other ? keccak256(abi.encode(node, other)) : keccak256(abi.encode(other, node));
        }
        return node == tradesRootAt[last];
    }

    function _settledEpoch() internal view override returns (uint64) {
        return epoch;
    }

    function _settledHeight() internal view override returns (uint64) {
        return height;
    }

    /// Apply net rows: sorted, known accounts and tokens, no balance negative or too large, every token summing to zero.
    /// The arithmetic is unchecked, because each result is compared with its width; that saves an eighth of the gas.
    function _applyRows(bytes calldata rows) private {
        if (rows.length % ROW_SIZE != 0) revert BadRowsLength(rows.length);
        unchecked {
            uint256 accounts = accountCount;
            uint256 tokens = tokenCount;
            int256[] memory sums = new int256[](tokens);
            uint256 previous = 0;
            uint256 pair = type(uint256).max; // no slot yet; 0 would be a valid pair
            uint256 place = 0;
            uint256 packed = 0;
            uint256 offset;
            assembly {
                offset := rows.offset
            }
            for (uint256 end = offset + rows.length; offset < end; offset += ROW_SIZE) {
                uint256 key; // account and token
                int256 delta;
                assembly {
                    let word := calldataload(offset)
                    key := shr(192, word)
                    delta := sar(128, shl(64, word))
                }
                uint256 token = key & 0xffffffff;
                if (key <= previous) revert RowsNotAscending(key >> 32, token);
                if (token >= tokens) revert UnknownToken(token);
                if ((key >> 32) - 1 >= accounts) revert UnknownAccount(key >> 32);
                previous = key;
                if (key >> 1 != pair) {
                    if (pair != type(uint256).max) _write(place, packed);
                    pair = key >> 1;
                    place = _placeOf(pair);
                    packed = _read(place);
                }
                uint256 shift = (token & 1) << 7;
                uint256 held = uint128(packed >> shift);
                uint256 left = uint256(int256(held) + delta);
                if (left >> 128 != 0) {
                    if (int256(left) < 0) revert Insolvent(key >> 32, token, held, delta);
                    revert BalanceTooLarge(key >> 32, token, held, delta);
                }
                packed ^= (held ^ left) << shift;
                assembly {
                    // sums[token] += delta; the bounds were checked above
                    let sum := add(add(sums, 32), shl(5, token))
                    mstore(sum, add(mload(sum), delta))
                }
            }
            if (pair != type(uint256).max) _write(place, packed);
            for (uint256 token = 0; token < tokens; token++) {
                if (sums[token] != 0) revert NotZeroSum(token, sums[token]);
            }
        }
    }

    function _applyExits(bytes calldata exits) private {
        if (exits.length % EXIT_SIZE != 0) revert BadExitsLength(exits.length);
        uint256 next = 0;
        for (uint256 offset = 0; offset < exits.length; offset += EXIT_SIZE) {
            uint256 number = uint32(bytes4(exits[offset:offset + EXIT_SIZE]));
            if (number < next) revert ExitsNotAscending(number);
            next = number + 1;
            _exit(number);
        }
    }
}
