"""An Azure Service Bus emulator that the real SDKs talk to. Imports nothing of mqcourse."""

__version__ = "0.1.0"
