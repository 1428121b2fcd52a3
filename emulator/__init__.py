"""Makes the tests below a package of their own, `emulator.tests`, beside the course's; nothing else is found by it."""
