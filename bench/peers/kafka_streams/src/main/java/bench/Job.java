package bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The reduced job on Kafka Streams: the topics merged, each customer's contacts in a RocksDB store
 * with changelog and cache, one stream thread.
 *
 * <p>BOOTSTRAP EVENTS GUARANTEE PASSES: does all of it so often, each time as a new application, and
 * prints the figures of the last time. After a first pass the code is compiled.
 */
public final class Job {
    private static final List<String> TOPICS =
            List.of("contact-started", "contact-resolved", "survey-answered");
    private static final String STORE = "customers";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectReader EVENTS = JSON.readerFor(Numbers.Event.class);
    /** Contact ids are field names of the state: kept for good, they flood the table of names. */
    private static final ObjectMapper STATE = new ObjectMapper(JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build());
    private static final ObjectReader CONTACTS = STATE.readerFor(Numbers.Contacts.class);
    private static final ObjectWriter CONTACTS_OUT = STATE.writerFor(Numbers.Contacts.class);
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final int events;
    private final Numbers numbers = new Numbers();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Map<String, Object> figures = new HashMap<>();
    private int seen;
    private long begun;
    private long begunCpu;

    private Job(int events) {
        this.events = events;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> figures = Map.of();
        for (int pass = 0; pass < Integer.parseInt(arguments[3]); pass++) {
            figures = new Job(Integer.parseInt(arguments[1])).run(arguments[0], arguments[2]);
        }
        System.out.println(JSON.writeValueAsString(figures));
        System.out.flush();
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
        settings.put("auto.offset.reset", "earliest");
        try (KafkaStreams streams = new KafkaStreams(topology(), settings)) {
            streams.setUncaughtExceptionHandler(error -> {
                error.printStackTrace();
                Runtime.getRuntime().halt(1);
                return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
            });
            streams.start();
            ended.await();
        }
        return figures;
    }

    private Topology topology() {
        Deserializer<Numbers.Event> event = (topic, data) -> read(EVENTS, data);
        Serializer<Numbers.Event> none = (topic, data) -> null;
        Deserializer<Numbers.Contacts> unpack = (topic, data) -> read(CONTACTS, data);
        Serializer<Numbers.Contacts> pack = (topic, contacts) -> write(contacts);
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(STORE),
                        Serdes.String(),
                        Serdes.serdeFrom(pack, unpack))
                .withLoggingEnabled(Map.of())
                .withCachingEnabled());
        builder.stream(TOPICS, Consumed.with(Serdes.String(), Serdes.serdeFrom(none, event)))
                .process(Counting::new, STORE);
        return builder.build();
    }

    private final class Counting extends ContextualProcessor<String, Numbers.Event, Void, Void> {
        private KeyValueStore<String, Numbers.Contacts> customers;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            super.init(context);
            customers = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, Numbers.Event> record) {
            if (begun == 0) {
                begun = System.nanoTime();
                begunCpu = SYSTEM.getProcessCpuTime();
            }
            Numbers.Contacts contacts = customers.get(record.key());
            if (contacts == null) {
                contacts = new Numbers.Contacts();
            }
            String topic = context().recordMetadata().orElseThrow().topic();
            if (numbers.apply(topic, contacts, record.value())) {
                customers.put(record.key(), contacts);
            }
            if (++seen == events) {
                report();
            }
        }
    }

    private void report() {
        figures.put("events", seen);
        figures.put("seconds", (System.nanoTime() - begun) / 1e9);
        figures.put("cpu_seconds", (SYSTEM.getProcessCpuTime() - begunCpu) / 1e9);
        figures.put("peak_rss", peakRss());
        figures.putAll(numbers.found());
        ended.countDown();
    }

    private static long peakRss() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmHWM"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static <T> T read(ObjectReader reader, byte[] data) {
        try {
            return data == null ? null : reader.readValue(data);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static byte[] write(Numbers.Contacts contacts) {
        try {
            return contacts == null ? null : CONTACTS_OUT.writeValueAsBytes(contacts);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
