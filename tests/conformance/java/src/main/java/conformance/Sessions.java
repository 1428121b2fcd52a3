package conformance;

import static conformance.Service.bodies;
import static conformance.Service.equal;
import static conformance.Service.messages;
import static conformance.Service.one;
import static conformance.Service.take;

import com.azure.core.amqp.exception.AmqpErrorCondition;
import com.azure.core.amqp.exception.AmqpException;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSessionReceiverClient;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Set;

/** Sessions by the synchronous clients. */
final class Sessions {
    private Sessions() {
    }

    private static ServiceBusSessionReceiverClient sessions(Service service, String queue) {
        return service.kept(Service.builder().sessionReceiver().queueName(queue).disableAutoComplete().buildClient());
    }

    @Program.Case
    static void aSessionKeepsItsOrder(Service service) {
        String queue = service.sessionQueue();
        service.sender(queue).sendMessages(messages(3, "a"));
        service.sender(queue).sendMessages(messages(2, "b"));
        equal(List.of("0", "1", "2"), bodies(take(service.kept(sessions(service, queue).acceptSession("a")), 3)), "the session");
    }

    @Program.Case
    static void theNextFreeSessionIsGiven(Service service) {
        String queue = service.sessionQueue();
        service.sender(queue).sendMessages(messages(1, "a"));
        service.sender(queue).sendMessages(messages(1, "b"));
        ServiceBusReceiverClient first = service.kept(sessions(service, queue).acceptNextSession());
        ServiceBusReceiverClient second = service.kept(sessions(service, queue).acceptNextSession());
        equal(Set.of("a", "b"), Set.of(first.getSessionId(), second.getSessionId()), "the two sessions");
    }

    @Program.Case
    static void aSessionThatIsHeldIsRefused(Service service) {
        String queue = service.sessionQueue();
        service.kept(sessions(service, queue).acceptSession("s"));
        try {
            sessions(service, queue).acceptSession("s");
        } catch (AmqpException problem) {
            // this client hands on the protocol's own error here
            equal(AmqpErrorCondition.SESSION_CANNOT_BE_LOCKED, problem.getErrorCondition(), "the condition");
            return;
        }
        throw new AssertionError("a session was given twice");
    }

    @Program.Case
    static void stateIsKeptAndTheLockRenewed(Service service) {
        String queue = service.sessionQueue();
        ServiceBusReceiverClient receiver = service.kept(sessions(service, queue).acceptSession("s"));
        equal(null, receiver.getSessionState(), "the state before any was set");
        receiver.setSessionState("half way".getBytes());
        equal("half way", new String(receiver.getSessionState()), "the state");
        equal(true, receiver.renewSessionLock().isAfter(OffsetDateTime.now()), "the lock goes on");
    }

    @Program.Case
    static void settlementWorksWithinASession(Service service) {
        String queue = service.sessionQueue();
        service.sender(queue).sendMessages(messages(3, "s"));
        ServiceBusReceiverClient receiver = service.kept(sessions(service, queue).acceptSession("s"));
        List<ServiceBusReceivedMessage> got = take(receiver, 3);
        receiver.complete(got.get(0));
        receiver.deadLetter(got.get(1));
        receiver.defer(got.get(2));
        equal("2", receiver.receiveDeferredMessage(got.get(2).getSequenceNumber()).getBody().toString(), "what was deferred");
        equal("s", one(service.dead(queue)).getSessionId(), "the session of what is dead");
    }
}
