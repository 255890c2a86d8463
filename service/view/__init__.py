"""What is shown: snapshots of a partition, and the catalogue of metrics."""
