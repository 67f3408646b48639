import java.util.Set;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.streaming.api.functions.source.RichParallelSourceFunction;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceFunctionProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** The table of all events. Subtask i of n makes the events i, i+n, i+2n, …, as Weft's generator does. */
public final class Events implements DynamicTableSourceFactory {
    private static final ConfigOption<Long> COUNT = ConfigOptions.key("events").longType().noDefaultValue();
    private static final ConfigOption<Long> RATE = ConfigOptions.key("event-rate").longType().noDefaultValue();
    private static final ConfigOption<Long> SEED = ConfigOptions.key("seed").longType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "nexmark-events";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(COUNT, RATE, SEED);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        var options = FactoryUtil.createTableFactoryHelper(this, context).getOptions();
        return new Table(new Maker(options.get(COUNT), options.get(RATE), options.get(SEED)));
    }

    private static final class Table implements ScanTableSource {
        private final Maker maker;

        Table(Maker maker) {
            this.maker = maker;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return ChangelogMode.insertOnly();
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            return SourceFunctionProvider.of(maker, true);
        }

        @Override
        public DynamicTableSource copy() {
            return new Table(maker);
        }

        @Override
        public String asSummaryString() {
            return "events";
        }
    }

    private static final class Maker extends RichParallelSourceFunction<RowData> {
        private static final int AT_ONCE = 64; // events for which the lock is taken once

        private final long count;
        private final long rate;
        private final long seed;
        private volatile boolean cancelled;

        Maker(long count, long rate, long seed) {
            this.count = count;
            this.rate = rate;
            this.seed = seed;
        }

        @Override
        public void run(SourceContext<RowData> out) {
            int lane = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
            int lanes = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
            long mine = (count - lane + lanes - 1) / lanes;
            Market market = new Market(rate, seed);
            Meter.Source meter = new Meter.Source(mine);
            for (long made = 0; made < mine && !cancelled; ) {
                synchronized (out.getCheckpointLock()) {
                    for (long end = Math.min(made + AT_ONCE, mine); made < end; made++) {
                        meter.making(made);
                        out.collect(market.event(made * lanes + lane));
                    }
                }
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
