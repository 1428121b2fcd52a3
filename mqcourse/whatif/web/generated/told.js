// Generated from mqcourse/whatif/told.py by `make derived`; change it there.

// What one event did at one broker.

/**
 * The outcome of an event.
 *
 * `did`: published, received, empty, full, settled, returned, lost, killed, waited, joining, rewound, expired, cannot
 * (the broker has no such operation) or nothing (it changed no state). `message`: its number, 0 for none. `failed`:
 * how often the broker counts that it was delivered before (RabbitMQ's x-delivery-count, Service Bus's delivery count
 * in Python; Kafka counts none). `redelivered`: RabbitMQ's flag. `offset`: Kafka's, -1 for none. `say`: one or two
 * sentences in the vendor's words.
 */
export class Told {
  constructor(did, message, failed, redelivered, offset, say) {
    this.did = did;
    this.message = message;
    this.failed = failed;
    this.redelivered = redelivered;
    this.offset = offset;
    this.say = say;
  }
}

/** An outcome without a delivery. */
export function plain(did, message, say) {
  return new Told(did, message, 0, false, -1, say);
}
