package conformance;

import static conformance.Service.bodies;
import static conformance.Service.equal;
import static conformance.Service.fails;
import static conformance.Service.messages;
import static conformance.Service.one;
import static conformance.Service.take;

import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.models.AbandonOptions;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import com.azure.messaging.servicebus.models.ServiceBusReceiveMode;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The synchronous clients: sending, receiving, settling, peeking, scheduling, renewing. */
final class Messaging {
    private Messaging() {
    }

    @Program.Case
    static void everyPropertyComesBack(Service service) {
        String queue = service.queue();
        UUID id = UUID.randomUUID();
        ServiceBusMessage sent = new ServiceBusMessage("body").setMessageId("m").setCorrelationId("c").setSubject("s").setTo("t")
            .setReplyTo("r").setContentType("text/plain").setReplyToSessionId("rs").setPartitionKey("p").setTimeToLive(Duration.ofDays(30));
        sent.getApplicationProperties().putAll(Map.of("text", "snö", "long", 1L << 40, "double", 1.5, "yes", true, "id", id));
        service.sender(queue).sendMessage(sent);
        ServiceBusReceivedMessage got = one(service.receiver(queue));
        equal(List.of("body", "m", "c", "s", "t", "r", "text/plain", "rs", "p"),
            List.of(got.getBody().toString(), got.getMessageId(), got.getCorrelationId(), got.getSubject(), got.getTo(), got.getReplyTo(),
                got.getContentType(), got.getReplyToSessionId(), got.getPartitionKey()), "the properties");
        equal(Map.of("text", "snö", "long", 1L << 40, "double", 1.5, "yes", true, "id", id), got.getApplicationProperties(), "those of the application");
        equal(1L, got.getSequenceNumber(), "the number");
    }

    @Program.Case
    static void aBatchArrivesWholeAndInOrder(Service service) {
        String queue = service.queue();
        ServiceBusSenderClient sender = service.sender(queue);
        ServiceBusMessageBatch batch = sender.createMessageBatch();
        messages(40, null).forEach(message -> equal(true, batch.tryAddMessage(message), "it fits"));
        sender.sendMessages(batch);
        equal(messages(40, null).stream().map(each -> each.getBody().toString()).toList(), bodies(take(service.receiver(queue), 40)), "the batch");
    }

    @Program.Case
    static void completedIsGone(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessages(messages(3, null));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        take(receiver, 3).forEach(receiver::complete);
        equal(null, receiver.peekMessage(0), "what is left");
    }

    @Program.Case
    static void abandonedComesAgainWithItsChanges(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessage(new ServiceBusMessage("x"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        receiver.abandon(one(receiver), new AbandonOptions().setPropertiesToModify(Map.of("why", "again")));
        ServiceBusReceivedMessage second = one(receiver);
        equal(List.of(1L, "again"), List.of(second.getDeliveryCount(), second.getApplicationProperties().get("why")), "the second delivery");
    }

    @Program.Case
    static void deadLetteredKeepsItsReason(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessage(new ServiceBusMessage("x"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusReceivedMessage message = one(receiver);
        receiver.deadLetter(message, new DeadLetterOptions().setDeadLetterReason("bad").setDeadLetterErrorDescription("no customer"));
        ServiceBusReceivedMessage dead = one(service.dead(queue));
        equal(List.of("bad", "no customer", message.getSequenceNumber()),
            List.of(dead.getDeadLetterReason(), dead.getDeadLetterErrorDescription(), dead.getSequenceNumber()), "what is dead");
    }

    @Program.Case
    static void deferredIsReceivedByItsNumber(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessage(new ServiceBusMessage("later"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusReceivedMessage message = one(receiver);
        receiver.defer(message);
        ServiceBusReceivedMessage deferred = receiver.receiveDeferredMessage(message.getSequenceNumber());
        equal("later", deferred.getBody().toString(), "what came");
        receiver.complete(deferred);
        // this client takes "not found" for an empty answer, and says of that what Reactor says
        fails(ServiceBusFailureReason.GENERAL_ERROR, () -> receiver.receiveDeferredMessage(message.getSequenceNumber()));
    }

    @Program.Case
    static void scheduledMessagesAreSeenAndCancelled(Service service) {
        String queue = service.queue();
        ServiceBusSenderClient sender = service.sender(queue);
        // what comes back is lazy: only reading the numbers schedules
        List<Long> numbers = new ArrayList<>();
        sender.scheduleMessages(messages(3, null), OffsetDateTime.now().plusHours(1)).forEach(numbers::add);
        ServiceBusReceiverClient receiver = service.receiver(queue);
        equal(List.of("0", "1", "2"), bodies(receiver.peekMessages(9)), "what is scheduled");
        sender.cancelScheduledMessages(numbers);
        equal(null, receiver.peekMessage(0), "what is left");
    }

    @Program.Case
    static void aRenewedLockLasts(Service service) {
        String queue = service.queue(options -> options.setLockDuration(Duration.ofSeconds(5)));
        service.sender(queue).sendMessage(new ServiceBusMessage("x"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusReceivedMessage message = one(receiver);
        equal(true, receiver.renewMessageLock(message).isAfter(message.getLockedUntil()) || !message.getLockedUntil().isBefore(OffsetDateTime.now()), "the lock went on");
        receiver.complete(message);
    }

    @Program.Case
    static void anExpiredLockIsLost(Service service) {
        String queue = service.queue(options -> options.setLockDuration(Duration.ofSeconds(5)));
        service.sender(queue).sendMessage(new ServiceBusMessage("x"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusReceivedMessage message = one(receiver);
        // the other receiver gets it as soon as the lock has ended, whenever that is
        ServiceBusReceivedMessage again = one(service.receiver(queue));
        equal(1L, again.getDeliveryCount(), "deliveries before this one");
        fails(ServiceBusFailureReason.MESSAGE_LOCK_LOST, () -> receiver.complete(message));
    }

    @Program.Case
    static void receiveAndDeleteLeavesNothing(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessages(messages(5, null));
        ServiceBusReceiverClient receiver = service.kept(Service.builder().receiver().queueName(queue)
            .receiveMode(ServiceBusReceiveMode.RECEIVE_AND_DELETE).buildClient());
        equal(5, take(receiver, 5).size(), "how many came");
        equal(null, receiver.peekMessage(0), "what is left");
    }

    @Program.Case
    static void aLargeMessageCrossesBothWays(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessage(new ServiceBusMessage(new byte[200_000]));
        equal(200_000, one(service.receiver(queue)).getBody().toBytes().length, "the size");
    }

    @Program.Case
    static void aMissingEntityIsNamed(Service service) {
        fails(ServiceBusFailureReason.MESSAGING_ENTITY_NOT_FOUND, () -> service.sender("no-such-entity").sendMessage(new ServiceBusMessage("x")));
    }
}
