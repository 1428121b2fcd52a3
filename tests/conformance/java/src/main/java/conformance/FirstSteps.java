package conformance;

import com.azure.core.amqp.AmqpTransportType;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;

/** The snippets of emulator/docs/your-client.md, each run as a case. */
final class FirstSteps {
    private FirstSteps() {
    }

    @Program.Case
    static void asOnThePage(Service service) {
        String queue = service.queue();
        switch (Service.TRANSPORT) {
            case "plain" -> plain(queue, Service.PORT);
            case "tls" -> thereAndBack(tls(Service.PORT), queue);
            default -> thereAndBack(webSocket(Service.PORT, Service.CONNECTION), queue);
        }
    }

    private static void plain(String queue, int port) {
        // snippet: plain
        String connection = "Endpoint=sb://localhost:" + port + ";SharedAccessKeyName=RootManageSharedAccessKey;"
            + "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true";
        ServiceBusClientBuilder builder = new ServiceBusClientBuilder().connectionString(connection);
        try (ServiceBusSenderClient sender = builder.sender().queueName(queue).buildClient();
             ServiceBusReceiverClient receiver = builder.receiver().queueName(queue).disableAutoComplete().buildClient()) {
            sender.sendMessage(new ServiceBusMessage("hello"));
            receiver.receiveMessages(1).forEach(receiver::complete);
        }
        // end of snippet
    }

    private static ServiceBusClientBuilder tls(int port) {
        // snippet: tls
        // java -Djavax.net.ssl.trustStore=emulator.p12 -Djavax.net.ssl.trustStorePassword=changeit …
        ServiceBusClientBuilder builder = new ServiceBusClientBuilder()
            .connectionString("Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE")
            .customEndpointAddress("https://localhost:" + port);
        // end of snippet
        return builder;
    }

    private static ServiceBusClientBuilder webSocket(int port, String connection) {
        // snippet: websocket
        ServiceBusClientBuilder builder = new ServiceBusClientBuilder()
            .connectionString(connection)
            .customEndpointAddress("https://localhost:" + port)
            .transportType(AmqpTransportType.AMQP_WEB_SOCKETS);
        // end of snippet
        return builder;
    }

    private static void thereAndBack(ServiceBusClientBuilder builder, String queue) {
        try (ServiceBusSenderClient sender = builder.sender().queueName(queue).buildClient();
             ServiceBusReceiverClient receiver = builder.receiver().queueName(queue).disableAutoComplete().buildClient()) {
            sender.sendMessage(new ServiceBusMessage("hello"));
            Service.equal("hello", Service.one(receiver).getBody().toString(), "what came back");
        }
    }
}
