"""An Azure Service Bus emulator that the real SDKs talk to. Imports nothing of mqcourse."""
