"""What a run does: refresh, plan, apply. Sees only the ports."""
