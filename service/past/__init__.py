"""A file of events and its past: lines read, put in the order of event time, numbers at moments."""
