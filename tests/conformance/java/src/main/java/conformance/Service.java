package conformance;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.core.amqp.AmqpTransportType;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.util.UrlBuilder;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClientBuilder;
import com.azure.messaging.servicebus.administration.models.CreateQueueOptions;
import com.azure.messaging.servicebus.models.SubQueue;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Where the service is, how each transport reaches it; entities and clients of one case, gone when it closes. */
public final class Service implements AutoCloseable {
    static final String TRANSPORT = Objects.requireNonNullElse(System.getenv("TRANSPORT"), "plain");
    static final String PLAIN = Objects.requireNonNull(System.getenv("SERVICEBUS_CONNECTION"), "SERVICEBUS_CONNECTION is not set");
    static final int PORT = Integer.parseInt(PLAIN.split(";")[0].replaceAll("/$", "").replaceAll(".*:", ""));
    static final boolean TLS = TRANSPORT.endsWith("tls");
    static final String CONNECTION = TLS ? PLAIN.replace("UseDevelopmentEmulator=true", "") : PLAIN;

    private final Deque<AutoCloseable> undo = new ArrayDeque<>();
    final ServiceBusAdministrationClient administration = administration(CONNECTION, PORT);

    /** The administration client always dials 443: a policy of its own puts the port into each request. */
    static ServiceBusAdministrationClient administration(String connection, int port) {
        // snippet: administration
        HttpPipelinePolicy emulatorsPort = (context, next) -> {
            context.getHttpRequest().setUrl(UrlBuilder.parse(context.getHttpRequest().getUrl()).setPort(port).toString());
            return next.process();
        };
        ServiceBusAdministrationClient administration = new ServiceBusAdministrationClientBuilder()
            .connectionString(connection)
            .addPolicy(emulatorsPort)
            .buildClient();
        // end of snippet
        return administration;
    }

    static ServiceBusClientBuilder builder() {
        ServiceBusClientBuilder builder = new ServiceBusClientBuilder().connectionString(CONNECTION)
            .retryOptions(new AmqpRetryOptions().setTryTimeout(Duration.ofSeconds(20)).setMaxRetries(0));
        if (TRANSPORT.startsWith("websocket")) {
            builder.transportType(AmqpTransportType.AMQP_WEB_SOCKETS);
        }
        if (!TRANSPORT.equals("plain")) {
            builder.customEndpointAddress("https://localhost:" + PORT);
        }
        return builder;
    }

    <T extends AutoCloseable> T kept(T client) {
        undo.push(client);
        return client;
    }

    ServiceBusSenderClient sender(String queue) {
        return kept(builder().sender().queueName(queue).buildClient());
    }

    ServiceBusReceiverClient receiver(String queue) {
        return kept(builder().receiver().queueName(queue).disableAutoComplete()
            .maxAutoLockRenewDuration(Duration.ZERO).buildClient());
    }

    ServiceBusReceiverClient dead(String queue) {
        return kept(builder().receiver().queueName(queue).subQueue(SubQueue.DEAD_LETTER_QUEUE).disableAutoComplete().buildClient());
    }

    static String name(String word) {
        return word + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    String queue(Consumer<CreateQueueOptions> change) {
        String name = name("queue");
        CreateQueueOptions options = new CreateQueueOptions().setLockDuration(Duration.ofMinutes(1));
        change.accept(options);
        administration.createQueue(name, options);
        undo.push(() -> administration.deleteQueue(name));
        return name;
    }

    String queue() {
        return queue(options -> { });
    }

    String sessionQueue() {
        return queue(options -> options.setSessionRequired(true));
    }

    String topic(String... subscriptions) {
        String name = name("topic");
        administration.createTopic(name);
        undo.push(() -> administration.deleteTopic(name));
        for (String each : subscriptions) {
            administration.createSubscription(name, each);
        }
        return name;
    }

    static List<ServiceBusMessage> messages(int count, String session) {
        return IntStream.range(0, count).mapToObj(number -> {
            ServiceBusMessage message = new ServiceBusMessage(Integer.toString(number));
            return session == null ? message : message.setSessionId(session);
        }).toList();
    }

    static List<ServiceBusReceivedMessage> take(ServiceBusReceiverClient receiver, int count) {
        List<ServiceBusReceivedMessage> found = new ArrayList<>();
        while (found.size() < count) {
            int before = found.size();
            receiver.receiveMessages(count - before, Duration.ofSeconds(10)).forEach(found::add);
            if (found.size() == before) {
                break;
            }
        }
        return found;
    }

    static ServiceBusReceivedMessage one(ServiceBusReceiverClient receiver) {
        List<ServiceBusReceivedMessage> found = take(receiver, 1);
        if (found.isEmpty()) {
            throw new AssertionError("no message came");
        }
        return found.get(0);
    }

    static List<String> bodies(Iterable<ServiceBusReceivedMessage> messages) {
        List<String> found = new ArrayList<>();
        messages.forEach(message -> found.add(message.getBody().toString()));
        return found;
    }

    static void equal(Object wanted, Object got, String what) {
        if (!Objects.equals(wanted, got)) {
            throw new AssertionError(what + ": " + got + ", not " + wanted);
        }
    }

    static void fails(ServiceBusFailureReason reason, Runnable run) {
        try {
            run.run();
        } catch (ServiceBusException problem) {
            equal(reason, problem.getReason(), "the reason of " + problem);
            return;
        }
        throw new AssertionError("no ServiceBusException was thrown");
    }

    @Override
    public void close() throws Exception {
        while (!undo.isEmpty()) {
            undo.pop().close();
        }
    }
}
