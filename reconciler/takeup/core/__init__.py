"""The pure heart: what is wanted, what was, what differs, what to do. No clock, env, file, network, log."""
