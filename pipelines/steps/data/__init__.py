"""Where training data comes from: drafts and turns in MongoDB, accepted labels, snapshots, the split."""
