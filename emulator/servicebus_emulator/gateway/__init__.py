"""Between protocol and broker: what each AMQP link of a client means in Service Bus terms.

It uses the engine (`amqp`) and the broker (`broker`), but no socket and no clock: `server` brings both.
"""
