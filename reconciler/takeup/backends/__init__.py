"""The storage edge: where the state and its journal are kept."""
