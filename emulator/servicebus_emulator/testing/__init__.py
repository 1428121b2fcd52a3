"""The emulator in tests of other programs: a process (`emulator_process`) and the pytest fixture `servicebus`."""
