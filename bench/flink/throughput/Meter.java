import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.apache.flink.streaming.api.functions.sink.RichSinkFunction;

/** Tells how far the job is and what its process has spent: the lines that bench/internal/meter reads. */
final class Meter {
    private static final long NEAR = 128;
    private static final AtomicBoolean STARTED = new AtomicBoolean();
    private static final AtomicBoolean QUARTERED = new AtomicBoolean();
    private static final AtomicBoolean FINISHED = new AtomicBoolean();

    private Meter() {}

    /** Is called for each index when its record is made. */
    static void made(long index, long count) {
        if (index < NEAR) {
            once(STARTED, "start");
        } else if (index - count / 4 < NEAR && index >= count / 4) {
            once(QUARTERED, "quarter");
        } else if (index >= count - NEAR) {
            once(FINISHED, "last");
        }
    }

    private static void once(AtomicBoolean said, String mark) {
        if (said.compareAndSet(false, true)) {
            say(mark, "");
        }
    }

    private static void say(String mark, String more) {
        Instant now = Instant.now();
        long at = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        System.out.println("bench: " + mark + " pid=" + ProcessHandle.current().pid() + " at=" + at
                + " cpu=" + system.getProcessCpuTime() + " allocs=0 allocated=0"
                + " rss=" + resident("VmRSS") + " peak=" + resident("VmHWM") + more);
    }

    /** Reads a figure of the process's memory, in bytes; 0 where the system does not tell it. */
    private static long resident(String figure) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith(figure + ":"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst().orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Counts the results of its subtask, and tells them at the end of all input. */
    abstract static class Tally<T> extends RichSinkFunction<T> {
        private transient long records;
        private transient long sum;

        abstract long weigh(T value);

        @Override
        public void invoke(T value, Context context) {
            records++;
            sum += weigh(value);
        }

        @Override
        public void finish() {
            say("done", " records=" + records + " sum=" + Long.toUnsignedString(sum));
        }
    }
}
