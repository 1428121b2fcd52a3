package conformance;

import static conformance.Service.equal;
import static conformance.Service.messages;

import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverAsyncClient;
import com.azure.messaging.servicebus.ServiceBusSenderAsyncClient;
import java.time.Duration;
import java.util.List;

/** The asynchronous clients, by Reactor. */
final class Asynchronous {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Asynchronous() {
    }

    private static ServiceBusSenderAsyncClient sender(Service service, String queue) {
        return service.kept(Service.builder().sender().queueName(queue).buildAsyncClient());
    }

    private static ServiceBusReceiverAsyncClient receiver(Service service, String queue) {
        return service.kept(Service.builder().receiver().queueName(queue).disableAutoComplete().buildAsyncClient());
    }

    @Program.Case
    static void messagesFlowAndAreCompleted(Service service) {
        String queue = service.queue();
        sender(service, queue).sendMessages(messages(25, null)).block(LIMIT);
        ServiceBusReceiverAsyncClient receiver = receiver(service, queue);
        List<String> bodies = receiver.receiveMessages()
            .concatMap(message -> receiver.complete(message).thenReturn(message.getBody().toString()))
            .take(25).collectList().block(LIMIT);
        equal(messages(25, null).stream().map(each -> each.getBody().toString()).toList(), bodies, "what came");
        equal(null, receiver.peekMessage(0).block(LIMIT), "what is left");
    }

    @Program.Case
    static void peekingGoesOn(Service service) {
        String queue = service.queue();
        sender(service, queue).sendMessages(messages(4, null)).block(LIMIT);
        ServiceBusReceiverAsyncClient receiver = receiver(service, queue);
        equal(2L, receiver.peekMessages(2).count().block(LIMIT), "the first peek");
        equal("2", receiver.peekMessage().block(LIMIT).getBody().toString(), "the next one");
    }

    @Program.Case
    static void aFailureIsAnErrorSignal(Service service) {
        Throwable problem = sender(service, "no-such-entity").sendMessage(new ServiceBusMessage("x"))
            .then().materialize().block(LIMIT).getThrowable();
        equal(true, problem != null && problem.getMessage().contains("no-such-entity"), "an error that names the entity: " + problem);
    }

    @Program.Case
    static void aSessionIsAcceptedAndKeepsItsState(Service service) {
        String queue = service.sessionQueue();
        sender(service, queue).sendMessages(messages(2, "s")).block(LIMIT);
        var sessions = service.kept(Service.builder().sessionReceiver().queueName(queue).disableAutoComplete().buildAsyncClient());
        ServiceBusReceiverAsyncClient receiver = service.kept(sessions.acceptNextSession().block(LIMIT));
        receiver.setSessionState("half way".getBytes()).block(LIMIT);
        equal("half way", new String(receiver.getSessionState().block(LIMIT)), "the state");
        equal(List.of("0", "1"), receiver.receiveMessages().take(2).map(each -> each.getBody().toString()).collectList().block(LIMIT), "what came");
    }

    @Program.Case
    static void aTransactionIsCommittedAndRolledBack(Service service) {
        String queue = service.queue();
        ServiceBusSenderAsyncClient sender = sender(service, queue);
        sender.createTransaction().flatMap(one -> sender.sendMessage(new ServiceBusMessage("lost"), one).then(sender.rollbackTransaction(one))).block(LIMIT);
        sender.createTransaction().flatMap(one -> sender.sendMessage(new ServiceBusMessage("kept"), one).then(sender.commitTransaction(one))).block(LIMIT);
        equal(List.of("kept"), receiver(service, queue).peekMessages(5).map(each -> each.getBody().toString()).collectList().block(LIMIT), "what is there");
    }
}
