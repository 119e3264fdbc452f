"""From finalized blocks to payments on a chain: payloads, execution, certificates, contracts, reconciliation."""
