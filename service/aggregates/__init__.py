"""What facts add up to: windows, counters, timers of event time, and their labels."""
