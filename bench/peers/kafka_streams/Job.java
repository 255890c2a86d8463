package bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The reduced job on Kafka Streams: the topics merged, each customer's contacts in a RocksDB store
 * with changelog and cache, one stream thread.
 *
 * <p>BOOTSTRAP EVENTS GUARANTEE: does all of it twice, each time as a new application, and prints
 * the figures of the second time. After a first pass the code is compiled.
 */
public final class Job {
    private static final List<String> TOPICS =
            List.of("contact-started", "contact-resolved", "survey-answered");
    private static final String STORE = "customers";
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Contact ids are field names of the state: kept for good, they flood the table of names. */
    private static final ObjectMapper STATE = new ObjectMapper(JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build());
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final int events;
    private final Numbers numbers = new Numbers();
    private final CompletableFuture<Map<String, Object>> figures = new CompletableFuture<>();
    private int seen;
    private long begun, begunCpu;

    private Job(int events) {
        this.events = events;
    }

    public static void main(String[] arguments) throws Exception {
        int events = Integer.parseInt(arguments[1]);
        new Job(events).run(arguments[0], arguments[2]);
        Map<String, Object> figures = new Job(events).run(arguments[0], arguments[2]);
        System.out.println(JSON.writeValueAsString(figures));
        Runtime.getRuntime().halt(0);
    }

    private Map<String, Object> run(String bootstrap, String guarantee) throws Exception {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-streams-" + UUID.randomUUID());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("bench-").toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 10 * 1024 * 1024);
        try (KafkaStreams streams = new KafkaStreams(topology(), settings)) {
            streams.setUncaughtExceptionHandler(error -> {
                figures.completeExceptionally(error);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            return figures.get();
        }
    }

    private Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        Serde<Numbers.Contacts> contacts = json(STATE, Numbers.Contacts.class);
        builder.addStateStore(Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(STORE), Serdes.String(), contacts)
                .withLoggingEnabled(Map.of())
                .withCachingEnabled());
        builder.stream(TOPICS, Consumed.with(Serdes.String(), json(JSON, Numbers.Event.class)))
                .process(Counting::new, STORE);
        return builder.build();
    }

    private static <T> Serde<T> json(ObjectMapper mapper, Class<T> type) {
        var reader = mapper.readerFor(type);
        var writer = mapper.writerFor(type);
        return Serdes.serdeFrom(
                (topic, value) -> unchecked(() -> writer.writeValueAsBytes(value)),
                (topic, data) -> unchecked(() -> data == null ? null : reader.<T>readValue(data)));
    }

    private static <T> T unchecked(Callable<T> work) {
        try {
            return work.call();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private final class Counting extends ContextualProcessor<String, Numbers.Event, Void, Void> {
        @Override
        public void process(Record<String, Numbers.Event> record) {
            if (begun == 0) {
                begun = System.nanoTime();
                begunCpu = SYSTEM.getProcessCpuTime();
            }
            KeyValueStore<String, Numbers.Contacts> customers = context().getStateStore(STORE);
            Numbers.Contacts contacts = customers.get(record.key());
            if (contacts == null) {
                contacts = new Numbers.Contacts();
            }
            String topic = context().recordMetadata().orElseThrow().topic();
            if (numbers.apply(topic, contacts, record.value())) {
                customers.put(record.key(), contacts);
            }
            if (++seen == events) {
                figures.complete(Map.of(
                        "events", seen,
                        "seconds", (System.nanoTime() - begun) / 1e9,
                        "cpu_seconds", (SYSTEM.getProcessCpuTime() - begunCpu) / 1e9,
                        "counts", numbers.counts(),
                        "resolution", numbers.resolution));
            }
        }
    }
}
