// Generated from mqcourse/whatif/side_by_side.py by `make derived`; change it there.

// The same events at the three brokers.

import { KAFKA_EVENTS, KafkaPartition } from "./kafka_partition.js";
import { RABBITMQ_EVENTS, RabbitQueue } from "./rabbitmq_queue.js";
import { SERVICEBUS_EVENTS, ServiceBusQueue } from "./servicebus_queue.js";

/** In the order of a row. */
export const BROKERS = ["rabbitmq", "kafka", "servicebus"];

export const TITLES = ["RabbitMQ", "Kafka", "Service Bus"];

/** The events that each broker has. */
export const HAS = [RABBITMQ_EVENTS, KAFKA_EVENTS, SERVICEBUS_EVENTS];

export const PREFETCH = 2;

/** Two redeliveries, so three deliveries; RabbitMQ's default is 20. */
export const DELIVERY_LIMIT = 2;

/** Three deliveries; the default of Service Bus is 10. */
export const MAX_DELIVERY_COUNT = 3;

/** As in the version that the traces were recorded on. */
export const NACK_COUNTS = true;

/** An event, and what it did at RabbitMQ, Kafka and Service Bus, in this order; then where the messages are. */
export class Row {
  constructor(event, told, shelves) {
    this.event = event;
    this.told = told;
    this.shelves = shelves;
  }
}

/** Every event in turn, from empty brokers; the first row is the state before any. */
export function played(events) {
  const rabbitmq = new RabbitQueue(PREFETCH, DELIVERY_LIMIT, NACK_COUNTS);
  const kafka = new KafkaPartition();
  const servicebus = new ServiceBusQueue(MAX_DELIVERY_COUNT);
  const nothing = [];
  const rows = [new Row("", nothing, [rabbitmq.shelves(), kafka.shelves(), servicebus.shelves()])];
  for (const event of events) {
    const told = [rabbitmq.do(event), kafka.do(event), servicebus.do(event)];
    rows.push(new Row(event, told, [rabbitmq.shelves(), kafka.shelves(), servicebus.shelves()]));
  }
  return rows;
}
