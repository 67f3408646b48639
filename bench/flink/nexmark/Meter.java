import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells how fast the job was. Steady is from the moment at which the first subtask of the source came to 30 % of its events
 * until the last came to 90 %; the whole run is from the first event until all results were counted.
 */
final class Meter {
    private static final com.sun.management.OperatingSystemMXBean SYSTEM =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final AtomicLong ROWS = new AtomicLong();
    private static long events;
    private static Reading began;
    private static Reading warm;
    private static Reading late;
    private static Reading ended;
    private static long steadyEvents;

    private Meter() {}

    /** What the clocks showed. */
    private record Reading(long nanos, long cpu) {
        static Reading now() {
            return new Reading(System.nanoTime(), SYSTEM.getProcessCpuTime());
        }
    }

    static void begin(long count) {
        events = count;
    }

    /** Is asked by a subtask of the source before each event that it makes. */
    static final class Source {
        private final long warmAt;
        private final long lateAt;
        private long next;

        Source(long count) {
            warmAt = count * 3 / 10;
            lateAt = count * 9 / 10;
        }

        void making(long made) {
            if (made == next) {
                mark(made);
            }
        }

        private void mark(long made) {
            synchronized (Meter.class) {
                if (made == 0) {
                    began = began == null ? Reading.now() : began;
                    next = warmAt;
                }
                if (made == warmAt) {
                    warm = warm == null ? Reading.now() : warm;
                    next = lateAt;
                }
                if (made == lateAt) {
                    late = Reading.now();
                    steadyEvents += lateAt - warmAt;
                    next = -1;
                }
            }
        }
    }

    /** Takes in the rows of a subtask that has none to come. */
    static void counted(long rows) {
        ROWS.addAndGet(rows);
        synchronized (Meter.class) {
            ended = Reading.now();
        }
    }

    static void report() {
        System.out.println("nexmark: events=" + events + " rows=" + ROWS
                + " steady_events=" + steadyEvents + " steady_ns=" + (late.nanos - warm.nanos) + " steady_cpu_ns=" + (late.cpu - warm.cpu)
                + " whole_ns=" + (ended.nanos - began.nanos) + " whole_cpu_ns=" + (ended.cpu - began.cpu));
    }
}
