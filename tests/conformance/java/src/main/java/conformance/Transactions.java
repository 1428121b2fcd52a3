package conformance;

import static conformance.Service.bodies;
import static conformance.Service.equal;
import static conformance.Service.one;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.ServiceBusTransactionContext;
import com.azure.messaging.servicebus.models.CompleteOptions;
import java.time.Duration;
import java.util.List;

/** Transactions in one entity and across entities. */
final class Transactions {
    private Transactions() {
    }

    @Program.Case
    static void sendsCountWhenCommitted(Service service) {
        String queue = service.queue();
        ServiceBusSenderClient sender = service.sender(queue);
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusTransactionContext lost = sender.createTransaction();
        sender.sendMessage(new ServiceBusMessage("lost"), lost);
        sender.rollbackTransaction(lost);
        ServiceBusTransactionContext kept = sender.createTransaction();
        sender.sendMessage(new ServiceBusMessage("kept"), kept);
        equal(null, receiver.peekMessage(0), "what is seen before the end");
        sender.commitTransaction(kept);
        equal(List.of("kept"), bodies(receiver.peekMessages(5)), "what is seen after it");
    }

    @Program.Case
    static void aCompletionIsUndone(Service service) {
        String queue = service.queue(options -> options.setLockDuration(Duration.ofSeconds(5)));
        service.sender(queue).sendMessage(new ServiceBusMessage("x"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusReceivedMessage message = one(receiver);
        ServiceBusTransactionContext undone = receiver.createTransaction();
        receiver.complete(message, new CompleteOptions().setTransactionContext(undone));
        receiver.rollbackTransaction(undone);
        // this client takes a message as settled even after a rollback, so its lock must end first
        ServiceBusReceivedMessage again = one(service.receiver(queue));
        equal(1L, again.getDeliveryCount(), "deliveries before this one");
    }

    @Program.Case
    static void aCompletionCountsWhenCommitted(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessage(new ServiceBusMessage("x"));
        ServiceBusReceiverClient receiver = service.receiver(queue);
        ServiceBusReceivedMessage message = one(receiver);
        ServiceBusTransactionContext done = receiver.createTransaction();
        receiver.complete(message, new CompleteOptions().setTransactionContext(done));
        receiver.commitTransaction(done);
        equal(null, receiver.peekMessage(0), "what is left");
    }

    @Program.Case
    static void acrossEntitiesAMessageMoves(Service service) {
        String from = service.queue();
        String to = service.queue();
        service.sender(from).sendMessage(new ServiceBusMessage("x"));
        var together = Service.builder().enableCrossEntityTransactions();
        ServiceBusReceiverClient receiver = service.kept(together.receiver().queueName(from).disableAutoComplete().buildClient());
        ServiceBusReceivedMessage message = one(receiver);
        ServiceBusSenderClient sender = service.kept(together.sender().queueName(to).buildClient());
        ServiceBusTransactionContext one = sender.createTransaction();
        sender.sendMessage(new ServiceBusMessage(message), one);
        receiver.complete(message, new CompleteOptions().setTransactionContext(one));
        sender.commitTransaction(one);
        equal(null, service.receiver(from).peekMessage(0), "what is left");
        equal(List.of("x"), bodies(service.receiver(to).peekMessages(5)), "what moved");
    }
}
