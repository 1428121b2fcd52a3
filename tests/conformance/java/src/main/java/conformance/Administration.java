package conformance;

import static conformance.Service.equal;

import com.azure.core.exception.ResourceExistsException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClient;
import com.azure.messaging.servicebus.administration.models.CorrelationRuleFilter;
import com.azure.messaging.servicebus.administration.models.CreateQueueOptions;
import com.azure.messaging.servicebus.administration.models.CreateRuleOptions;
import com.azure.messaging.servicebus.administration.models.CreateSubscriptionOptions;
import com.azure.messaging.servicebus.administration.models.QueueProperties;
import com.azure.messaging.servicebus.administration.models.RuleProperties;
import com.azure.messaging.servicebus.administration.models.SqlRuleAction;
import com.azure.messaging.servicebus.administration.models.SqlRuleFilter;
import java.time.Duration;
import java.util.List;

/** Entities made, read, changed, listed and deleted. */
final class Administration {
    private Administration() {
    }

    @Program.Case
    static void aQueueKeepsItsSettings(Service service) {
        ServiceBusAdministrationClient client = service.administration;
        String name = Service.name("set");
        client.createQueue(name, new CreateQueueOptions().setLockDuration(Duration.ofSeconds(45)).setMaxDeliveryCount(7).setSessionRequired(true)
            .setDefaultMessageTimeToLive(Duration.ofDays(2)).setAutoDeleteOnIdle(Duration.ofMinutes(20)).setUserMetadata("<who & why>"));
        QueueProperties got = client.getQueue(name);
        equal(List.of(Duration.ofSeconds(45), 7, true, Duration.ofDays(2), Duration.ofMinutes(20), "<who & why>"),
            List.of(got.getLockDuration(), got.getMaxDeliveryCount(), got.isSessionRequired(), got.getDefaultMessageTimeToLive(),
                got.getAutoDeleteOnIdle(), got.getUserMetadata()), "the settings");
        equal(9, client.updateQueue(got.setMaxDeliveryCount(9)).getMaxDeliveryCount(), "what changed");
        client.deleteQueue(name);
        equal(false, client.getQueueExists(name), "whether it is there");
    }

    @Program.Case
    static void rulesOfASubscription(Service service) {
        ServiceBusAdministrationClient client = service.administration;
        String topic = service.topic();
        client.createSubscription(topic, "s", "first", new CreateSubscriptionOptions().setMaxDeliveryCount(3),
            new CreateRuleOptions(new SqlRuleFilter("a = 1")).setAction(new SqlRuleAction("SET b = 2")));
        client.createRule(topic, "second", "s", new CreateRuleOptions(new CorrelationRuleFilter("c").setLabel("l")));
        List<String> names = client.listRules(topic, "s").stream().map(RuleProperties::getName).sorted().toList();
        equal(List.of("first", "second"), names, "the rules");
        RuleProperties rule = client.getRule(topic, "s", "first");
        equal("a = 1", ((SqlRuleFilter) rule.getFilter()).getSqlExpression(), "the filter");
        equal(1, client.getTopicRuntimeProperties(topic).getSubscriptionCount(), "the subscriptions");
        client.deleteRule(topic, "s", "first");
        equal(1L, client.listRules(topic, "s").stream().count(), "the rules that are left");
    }

    @Program.Case
    static void countsAreLive(Service service) {
        String queue = service.queue();
        service.sender(queue).sendMessages(Service.messages(3, null));
        var receiver = service.receiver(queue);
        receiver.deadLetter(Service.one(receiver));
        var live = service.administration.getQueueRuntimeProperties(queue);
        equal(List.of(2, 1, 3L), List.of(live.getActiveMessageCount(), live.getDeadLetterMessageCount(), live.getTotalMessageCount()), "the counts");
    }

    @Program.Case
    static void whatIsRefusedSaysWhy(Service service) {
        ServiceBusAdministrationClient client = service.administration;
        String queue = service.queue();
        try {
            client.createQueue(queue);
            throw new AssertionError("a queue was made twice");
        } catch (ResourceExistsException expected) {
            equal(409, expected.getResponse().getStatusCode(), "the status");
        }
        try {
            client.getQueue("no-such-queue");
            throw new AssertionError("a queue that is not there was read");
        } catch (ResourceNotFoundException expected) {
            // the service answers with an empty feed here, which this client takes for "not found"
            equal(true, expected.getMessage() != null, "whether it says something");
        }
    }

    @Program.Case
    static void theNamespaceSaysWhatItIs(Service service) {
        equal(false, service.administration.getNamespaceProperties().getName().isEmpty(), "whether its name is empty");
    }
}
