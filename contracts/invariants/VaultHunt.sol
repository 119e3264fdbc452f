// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchSettlement} from "../BatchSettlement.sol";
import {FINALIZED_TYPE, Header} from "../Finalized.sol";
import {Claims} from "./Hunt.sol";
import {Signers} from "./Signers.sol";

/// Three owners, a validator that signs what is asked of it, and batches that are in order or not.
contract VaultHunt is Signers {
    bytes32 private constant HEARTBEAT = keccak256("Heartbeat(uint32 setId,uint64 beat,uint64 height)");

    string private constant IN_ORDER = "a block is settled once, in order, and keeps every sum";

    BatchSettlement private immutable vault;
    uint256 private key = FIRST_KEY;
    /// What only grows: height, epoch, deposits, nonce of the next handover, heartbeats.
    uint64[5] private numbers;

    constructor() {
        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (address(money), address(asset));
        vault = new BatchSettlement(tokens, _seats(key, 1), address(this), bytes32(0), bytes32(0));
        vault.openAccounts(actors);
        _allow(address(vault));
        for (uint32 number = 0; number < 2 * ACTORS; number++) {
            VM.prank(actors[number / 2]);
            vault.deposit(number / 2 + 1, number % 2, 1_000_000);
        }
    }

    function deposit(uint256 who, uint256 to, uint128 amount) external {
        VM.prank(_actor(who));
        vault.deposit(_account(to), uint32(who >> 128) % 2, uint128(_within(amount, 1, 10_000)));
        _look();
    }

    function depositMany(uint256 who, uint256 to, uint128 amount) external {
        bytes memory one = abi.encodePacked(_account(to), uint128(_within(amount, 1, 10_000)));
        VM.prank(_actor(who));
        vault.depositMany(uint32(who >> 128) % 2, bytes.concat(one, one));
        _look();
    }

    /// A batch in order: one account pays another one.
    function settle(uint256 from, uint256 amount, uint256 number) external {
        (uint32 payer, uint32 kind) = (_account(from), uint32(number % 2));
        uint256 held = vault.balanceOf(payer, kind);
        int128 paid = int128(uint128(_within(amount, 0, held)));
        uint32 payee = payer % uint32(ACTORS) + 1;
        bytes memory first = abi.encodePacked(payer, kind, -paid);
        bytes memory second = abi.encodePacked(payee, kind, paid);
        _relay(number, payer < payee ? bytes.concat(first, second) : bytes.concat(second, first), "");
    }

    /// A batch that is not in order: money from nowhere, a gap, or the last batch again.
    function forge(uint256 kind, uint256 amount) external {
        (Header memory header, uint256 signer) = _next(amount);
        bytes memory rows = abi.encodePacked(_account(kind), uint32(0), int128(uint128(_within(amount, 1, 1_000))));
        if (kind % 3 == 1) (header.first, rows) = (header.first + 1, "");
        if (kind % 3 == 2) (header.first, header.last, rows) = (header.first - 1, header.first - 1, "");
        try vault.settle(header, rows, "", _sign(_batch(header, rows, ""), signer)) {
            _claim(false, IN_ORDER);
        } catch {}
        _look();
    }

    function request(uint256 who, uint256 amount) external {
        uint32 account = _account(who);
        uint32 kind = uint32(amount >> 128) % 2;
        uint256 held = vault.balanceOf(account, kind);
        VM.prank(actors[account - 1]);
        vault.requestWithdrawal(account, kind, uint128(_within(amount, 1, held / 4 + 1)));
        _look();
    }

    function exit(uint256 number) external {
        (,, uint256 count) = vault.counts();
        if (count == 0) return;
        uint256 chosen = number % count;
        (uint32 account, uint32 kind, uint128 amount,, bool done) = vault.requests(chosen);
        if (done || vault.balanceOf(account, kind) < amount) return;
        _relay(number, "", abi.encodePacked(uint32(chosen)));
    }

    function claim(uint256 who, uint256 kind) external {
        uint32 account = _account(who);
        if (vault.claimable(account, kind % 2) == 0) return;
        VM.prank(actors[account - 1]);
        vault.claim(account, uint32(kind % 2));
        _look();
    }

    function beat() external {
        bytes32 content = keccak256(abi.encode(HEARTBEAT, vault.setId(), vault.beats(), vault.height()));
        vault.heartbeat(vault.beats(), _sign(content, key));
        _look();
    }

    function plan(uint64 inEpochs) external {
        _plan(vault, key, vault.epoch() + 1 + inEpochs % 5);
        _look();
    }

    function wait(uint256 time) external {
        VM.warp(block.timestamp + _within(time, 0, 1 days));
    }

    function _account(uint256 seed) private pure returns (uint32) {
        return uint32(seed % ACTORS) + 1;
    }

    /// The next batch and who signs it: where the next set takes over with it, that set.
    function _next(uint256 seed) private returns (Header memory header, uint256 signer) {
        signer = key;
        (uint64 last, uint64 epoch) = (vault.height(), vault.epoch() + 1);
        uint32 set = vault.setId();
        if (vault.handoverEpoch() != 0 && epoch >= vault.handoverEpoch()) {
            if (block.timestamp < vault.handoverNotBefore()) VM.warp(vault.handoverNotBefore());
            (signer, set) = (_otherKey(key), set + 1);
        }
        bytes32 content = keccak256(abi.encode(last, seed));
        header = Header(set, last + 1, last + 1 + uint64(seed % 3), epoch, vault.head(), content, content, 1);
    }

    function _batch(Header memory header, bytes memory rows, bytes memory exits) private pure returns (bytes32) {
        bytes32 net = keccak256(abi.encode(keccak256(rows), keccak256(exits)));
        return keccak256(abi.encode(FINALIZED_TYPE, header, net));
    }

    function _relay(uint256 seed, bytes memory rows, bytes memory exits) private {
        (Header memory header, uint256 signer) = _next(seed);
        vault.settle(header, rows, exits, _sign(_batch(header, rows, exits), signer));
        key = signer;
        _claim(vault.height() == header.last && vault.tradesRootAt(header.last) == header.tradesRoot, IN_ORDER);
        _look();
    }

    function _sign(bytes32 content, uint256 signer) private view returns (bytes memory) {
        return _certify(vault, content, signer, 1, true);
    }

    /// Compare every number that only grows with what it was.
    function _look() private {
        uint64[5] memory found =
            [vault.height(), vault.epoch(), vault.depositCount(), vault.handoverNonce(), vault.beats()];
        for (uint256 place = 0; place < found.length; place++) {
            _claim(found[place] >= numbers[place], "heights, epochs and nonces only grow");
        }
        numbers = found;
    }

    /// The claims of a vault: it holds exactly what its accounts and open claims say, settles each block once and in order,
    /// and its numbers only grow.
    function _check() internal view override {
        for (uint256 kind = 0; kind < 2; kind++) {
            uint256 claimable = 0;
            uint256 balances = 0;
            for (uint256 account = 1; account <= ACTORS; account++) {
                claimable += vault.claimable(account, kind);
                balances += vault.balanceOf(account, kind);
            }
            uint256 held = (kind == 0 ? money : asset).balanceOf(address(vault));
            _equal(claimable, vault.claimableTotal(kind), "the open claims add up");
            _equal(held, balances + claimable, "the vault holds its accounts and claims");
        }
    }
}

contract VaultClaims is Claims(new VaultHunt()) {}
