"""An emulator of Agora Cloud Recording: a state machine, its storage, and a WSGI face."""
