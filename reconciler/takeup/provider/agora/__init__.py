"""Agora Cloud Recording over HTTP."""
