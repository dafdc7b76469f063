"""Pure functions from a plan or a state to text or JSON."""
