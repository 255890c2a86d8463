package bench;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The counters and the histogram of the reduced job, as in reduced.py; times are milliseconds. */
final class Numbers {
    private static final long REPEAT_WINDOW = 24 * 3_600_000L;
    private static final long[] BOUNDS = Arrays.stream(new long[] {
        60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 345600, 604800
    }).map(seconds -> 1000 * seconds).toArray();

    /** The fields of all three topics that the job reads. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonIgnoreProperties(ignoreUnknown = true)
    static final class Event {
        public String contactId, startedAt, resolvedAt, channel, queue, outcome;
        public int score;
    }

    /** In JSON a list; start and end are null until they are known. */
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    static final class Contact {
        public Long start, end;
        public String channel = "unknown", queue = "unknown";
    }

    /** One customer's contacts by id. */
    static final class Contacts extends LinkedHashMap<String, Contact> {}

    private record Label(String what, String channel, String queue) {}

    private final Map<Label, long[]> counts = new HashMap<>();
    final long[] resolution = new long[BOUNDS.length + 1];

    /** Any event; whether it has changed the contacts. */
    boolean apply(String topic, Contacts contacts, Event event) {
        if (topic.equals("survey-answered")) {
            count("csat " + event.score, contacts.getOrDefault(event.contactId, new Contact()));
            return false;
        }
        Contact contact = contacts.computeIfAbsent(event.contactId, id -> new Contact());
        if (topic.equals("contact-started")) {
            started(contacts, contact, event);
        } else {
            resolved(contact, event);
        }
        return true;
    }

    /** A contact began; it is a repeat if one before it ended less than a window ago. */
    private void started(Contacts contacts, Contact contact, Event event) {
        contact.start = Instant.parse(event.startedAt).toEpochMilli();
        contact.channel = event.channel;
        contact.queue = event.queue;
        count("started", contact);
        long start = contact.start;
        for (Contact other : contacts.values()) {
            boolean before = other != contact && other.start != null && other.start < start;
            if (before && (other.end == null || start <= other.end + REPEAT_WINDOW)) {
                count("repeat", contact);
                break;
            }
        }
    }

    /** A contact ended; its duration is known if its start is. */
    private void resolved(Contact contact, Event event) {
        contact.end = Instant.parse(event.resolvedAt).toEpochMilli();
        if (contact.start != null) {
            count(event.outcome, contact);
            int place = Arrays.binarySearch(BOUNDS, contact.end - contact.start);
            resolution[place < 0 ? -place - 1 : place]++;
        }
    }

    private void count(String what, Contact of) {
        counts.computeIfAbsent(new Label(what, of.channel, of.queue), label -> new long[1])[0]++;
    }

    /** The counters, by `what|channel|queue`. */
    Map<String, Long> counts() {
        Map<String, Long> found = new HashMap<>();
        counts.forEach((of, count) -> found.put(
                String.join("|", of.what(), of.channel(), of.queue()), count[0]));
        return found;
    }
}
