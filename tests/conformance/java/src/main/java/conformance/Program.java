package conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs every case and prints one line of JSON for each: its name, why it failed if it did, how long it took.
 *
 * <p>SERVICEBUS_CONNECTION says where the service is, TRANSPORT how to reach it: plain, tls, websocket or
 * websocket-tls. What TLS trusts is the JVM's own: -Djavax.net.ssl.trustStore. Arguments choose cases by a part of
 * their names.
 */
public final class Program {
    private static final List<Class<?>> CASES = List.of(
        FirstSteps.class, Messaging.class, Asynchronous.class, Processors.class, Sessions.class, Transactions.class,
        Administration.class);
    private static final long LIMIT_S = 120;

    /** A method without arguments that is a case. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    public @interface Case {
    }

    private Program() {
    }

    public static void main(String[] wanted) {
        int failed = 0;
        ExecutorService runner = Executors.newCachedThreadPool();
        for (Class<?> type : CASES) {
            List<Method> methods = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Case.class))
                .sorted(Comparator.comparing(Method::getName)).toList();
            for (Method method : methods) {
                String name = type.getSimpleName() + "." + method.getName();
                if (wanted.length > 0 && Arrays.stream(wanted).noneMatch(name::contains)) {
                    continue;
                }
                long began = System.nanoTime();
                Throwable problem = run(runner, method);
                failed += problem == null ? 0 : 1;
                System.out.printf("{\"name\":%s,\"error\":%s,\"tookSeconds\":%s}%n", quoted(name),
                    problem == null ? "null" : quoted(trace(problem)), (System.nanoTime() - began) / 1e9);
            }
        }
        System.out.flush();
        // threads of a case that hung must not keep the program alive
        System.exit(failed == 0 ? 0 : 1);
    }

    private static Throwable run(ExecutorService runner, Method method) {
        Future<?> running = runner.submit(() -> {
            try (Service service = new Service()) {
                method.invoke(null, service);
            }
            return null;
        });
        try {
            running.get(LIMIT_S, TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException problem) {
            return problem.getCause() instanceof InvocationTargetException thrown ? thrown.getCause() : problem.getCause();
        } catch (TimeoutException problem) {
            running.cancel(true);
            return new IllegalStateException("took longer than " + LIMIT_S + " s");
        } catch (InterruptedException problem) {
            return problem;
        }
    }

    private static String trace(Throwable problem) {
        StringWriter text = new StringWriter();
        problem.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static String quoted(String text) {
        StringBuilder made = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            switch (each) {
                case '"' -> made.append("\\\"");
                case '\\' -> made.append("\\\\");
                default -> {
                    if (each < ' ') {
                        made.append(String.format("\\u%04x", (int) each));
                    } else {
                        made.append(each);
                    }
                }
            }
        }
        return made.append('"').toString();
    }
}
