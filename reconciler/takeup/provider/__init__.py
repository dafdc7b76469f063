"""The recorder edge: the port the engine sees, Agora behind it, and the emulator."""
