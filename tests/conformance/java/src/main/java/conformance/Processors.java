package conformance;

import static conformance.Service.equal;
import static conformance.Service.messages;
import static conformance.Service.one;

import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Processors, with and without sessions. */
final class Processors {
    private Processors() {
    }

    private static void reached(CountDownLatch latch) throws InterruptedException {
        equal(true, latch.await(60, TimeUnit.SECONDS), "everything was handled");
    }

    @Program.Case
    static void everyMessageIsProcessedAndCompleted(Service service) throws InterruptedException {
        String queue = service.queue();
        service.sender(queue).sendMessages(messages(20, null));
        CountDownLatch all = new CountDownLatch(20);
        ServiceBusProcessorClient processor = service.kept(Service.builder().processor().queueName(queue).maxConcurrentCalls(4).disableAutoComplete()
            .processMessage(context -> {
                context.complete();
                all.countDown();
            }).processError(context -> { }).buildProcessorClient());
        processor.start();
        reached(all);
        processor.close();
        equal(null, service.receiver(queue).peekMessage(0), "what is left");
    }

    @Program.Case
    static void aHandlerThatFailsIsToldAndTheMessageDies(Service service) throws InterruptedException {
        String queue = service.queue(options -> options.setMaxDeliveryCount(3));
        service.sender(queue).sendMessages(messages(1, null));
        CountDownLatch errors = new CountDownLatch(3);
        ServiceBusProcessorClient processor = service.kept(Service.builder().processor().queueName(queue)
            .processMessage(context -> { throw new IllegalArgumentException("on purpose"); })
            .processError(context -> errors.countDown()).buildProcessorClient());
        processor.start();
        reached(errors);
        equal("MaxDeliveryCountExceeded", one(service.dead(queue)).getDeadLetterReason(), "the reason");
    }

    @Program.Case
    static void sessionsAreProcessedInOrder(Service service) throws InterruptedException {
        String queue = service.sessionQueue();
        for (String session : List.of("a", "b", "c")) {
            service.sender(queue).sendMessages(messages(4, session));
        }
        CountDownLatch all = new CountDownLatch(12);
        Map<String, List<String>> seen = new ConcurrentHashMap<>();
        ServiceBusProcessorClient processor = service.kept(Service.builder().sessionProcessor().queueName(queue).maxConcurrentSessions(3)
            .processMessage(context -> {
                seen.computeIfAbsent(context.getMessage().getSessionId(), key -> new CopyOnWriteArrayList<>()).add(context.getMessage().getBody().toString());
                all.countDown();
            }).processError(context -> { }).buildProcessorClient());
        processor.start();
        reached(all);
        for (String session : List.of("a", "b", "c")) {
            equal(List.of("0", "1", "2", "3"), seen.get(session), "the order of " + session);
        }
    }

    @Program.Case
    static void aSubscriptionIsProcessed(Service service) throws InterruptedException {
        String topic = service.topic("s");
        CountDownLatch all = new CountDownLatch(3);
        ServiceBusProcessorClient processor = service.kept(Service.builder().processor().topicName(topic).subscriptionName("s")
            .processMessage(context -> all.countDown()).processError(context -> { }).buildProcessorClient());
        processor.start();
        service.kept(Service.builder().sender().topicName(topic).buildClient()).sendMessages(messages(3, null));
        reached(all);
    }
}
