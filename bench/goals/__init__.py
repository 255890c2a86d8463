"""The goals of speed, one file each: how it is measured, and what it says."""
