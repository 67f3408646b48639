import java.util.Set;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.streaming.api.functions.sink.RichSinkFunction;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkFunctionProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.types.RowKind;

/**
 * A sink that throws rows away, as Flink's blackhole does, and counts them: those that are new and those that replace
 * another, not those that only take one back.
 */
public final class CountRows implements DynamicTableSinkFactory {
    static final String CONNECTOR = "count-rows";

    @Override
    public String factoryIdentifier() {
        return CONNECTOR;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        return new Table();
    }

    private static final class Table implements DynamicTableSink {
        /** Rows before an update are not wanted, which spares the query making them. */
        @Override
        public ChangelogMode getChangelogMode(ChangelogMode offered) {
            ChangelogMode.Builder wanted = ChangelogMode.newBuilder();
            for (RowKind kind : offered.getContainedKinds()) {
                if (kind != RowKind.UPDATE_BEFORE) {
                    wanted.addContainedKind(kind);
                }
            }
            return wanted.build();
        }

        @Override
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
            return SinkFunctionProvider.of(new Counter());
        }

        @Override
        public DynamicTableSink copy() {
            return new Table();
        }

        @Override
        public String asSummaryString() {
            return CONNECTOR;
        }
    }

    private static final class Counter extends RichSinkFunction<RowData> {
        private transient long rows;

        @Override
        public void invoke(RowData row, Context context) {
            RowKind kind = row.getRowKind();
            if (kind == RowKind.INSERT || kind == RowKind.UPDATE_AFTER) {
                rows++;
            }
        }

        @Override
        public void finish() {
            Meter.counted(rows);
        }
    }
}
