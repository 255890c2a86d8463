"""What stands in the way of a goal that was missed, measured in runs of its own, a file a goal."""
