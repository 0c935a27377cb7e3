"""keeptouch's tests: plain values, or real servers on loopback."""
