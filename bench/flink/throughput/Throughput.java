import java.time.Duration;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.utils.ParameterTool;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.flink.util.TimeUtils;

/**
 * The jobs of bench/internal/jobs for Flink. Parallelism, checkpoints, state backend and object reuse come from the
 * configuration that the job is submitted with, or, without a cluster, from options of their names.
 */
public class Throughput {

    public static void main(String[] args) throws Exception {
        ParameterTool params = ParameterTool.fromArgs(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(params.getConfiguration());
        env.getConfig().disableGenericTypes(); // a type that would go through Kryo is an error
        String job = params.getRequired("job");
        switch (job) {
            case "j1" -> wordCount(env, params);
            case "j2" -> tumblingCount(env, params);
            case "q0" -> passThrough(env, params);
            case "q5" -> hotItems(env, params);
            default -> throw new IllegalArgumentException("no job " + job);
        }
        env.execute(job);
    }

    /** J1: the running count of words, each new count emitted. */
    private static void wordCount(StreamExecutionEnvironment env, ParameterTool params) {
        long count = params.getLong("count");
        int words = params.getInt("words", 1000);
        generate(env, count, new MakeWords(count, env.getParallelism(), words))
                .keyBy(w -> w.f0)
                .reduce((a, b) -> Tuple2.of(a.f0, a.f1 + b.f1))
                .returns(new TypeHint<Tuple2<String, Long>>() {})
                .addSink(new Meter.Tally<>() {
                    @Override
                    long weigh(Tuple2<String, Long> w) {
                        return Work.weighWord(w.f0) * w.f1;
                    }
                });
    }

    /** J2: records counted by an integer key in windows of event time, which follow each other or slide. */
    private static void tumblingCount(StreamExecutionEnvironment env, ParameterTool params) {
        long count = params.getLong("count");
        Duration size = params.has("size") ? TimeUtils.parseDuration(params.get("size")) : Work.TUMBLING;
        var byKey = generate(env, count, new MakeEvents(count, env.getParallelism(), params.getLong("keys", 1000), params.getLong("per-ms", 1000)))
                .assignTimestampsAndWatermarks(
                        WatermarkStrategy.<Tuple2<Long, Long>>forMonotonousTimestamps().withTimestampAssigner((e, t) -> e.f1))
                .keyBy(e -> e.f0);
        var counts = params.has("slide")
                ? byKey.window(SlidingEventTimeWindows.of(size, TimeUtils.parseDuration(params.get("slide")))).aggregate(new CountInPlace<>(), new WithWindow())
                : byKey.window(TumblingEventTimeWindows.of(size)).aggregate(new Count<>(), new WithWindow());
        counts.addSink(new WindowTally());
    }

    /** Q5: in each sliding window, the auction with the most bids. */
    private static void hotItems(StreamExecutionEnvironment env, ParameterTool params) {
        long count = params.getLong("count");
        generate(env, count, new MakeBids(count, env.getParallelism(), params.getLong("per-second", 100_000)))
                .assignTimestampsAndWatermarks(
                        WatermarkStrategy.<Tuple4<Long, Long, Long, Long>>forMonotonousTimestamps().withTimestampAssigner((b, t) -> b.f3))
                .keyBy(b -> b.f0)
                .window(SlidingEventTimeWindows.of(Work.HOT_SIZE, Work.HOT_SLIDE))
                .aggregate(new Count<>(), new WithWindow())
                .keyBy(w -> w.f1)
                .window(TumblingEventTimeWindows.of(Work.HOT_SLIDE))
                .reduce((a, b) -> b.f2 > a.f2 || b.f2.equals(a.f2) && b.f0 < a.f0 ? b : a)
                .addSink(new WindowTally());
    }

    /** Q0: bids, with their strings, go from the source to the sink. */
    private static void passThrough(StreamExecutionEnvironment env, ParameterTool params) {
        long count = params.getLong("count");
        DataStream<Work.FullBid> bids =
                generate(env, count, new MakeFullBids(count, env.getParallelism(), params.getLong("per-second", 100_000)));
        if (params.has("rebalance")) {
            bids = bids.rebalance();
        }
        bids.map(b -> b).returns(Work.FullBid.class).addSink(new Meter.Tally<>() {
            @Override
            long weigh(Work.FullBid bid) {
                return bid.weigh();
            }
        });
    }

    private static <T> SingleOutputStreamOperator<T> generate(StreamExecutionEnvironment env, long count, Make<T> make) {
        return env.fromSequence(0, count - 1).map(make);
    }

    /**
     * Makes the record of each number. The sequence gives each subtask a range of numbers; so that event time goes on in
     * all of them alike, the n-th number of subtask i is taken for index n · parallelism + i.
     */
    abstract static class Make<T> extends RichMapFunction<Long, T> {
        private final long count;
        private final long lanes;

        Make(long count, int lanes) {
            if (count % lanes != 0) {
                throw new IllegalArgumentException("the count must be a multiple of the parallelism");
            }
            this.count = count;
            this.lanes = lanes;
        }

        abstract T at(long index);

        @Override
        public T map(Long number) {
            long each = count / lanes;
            long lane = number / each;
            long index = (number - lane * each) * lanes + lane;
            Meter.made(index, count);
            return at(index);
        }
    }

    static class MakeWords extends Make<Tuple2<String, Long>> {
        private final int different;
        private transient String[] words;

        MakeWords(long count, int lanes, int different) {
            super(count, lanes);
            this.different = different;
        }

        @Override
        public void open(OpenContext context) {
            words = Work.words(different);
        }

        @Override
        Tuple2<String, Long> at(long index) {
            return Tuple2.of(words[(int) Work.below(Work.mix(index), different)], 1L);
        }
    }

    static class MakeEvents extends Make<Tuple2<Long, Long>> {
        private final long keys;
        private final long perMs;

        MakeEvents(long count, int lanes, long keys, long perMs) {
            super(count, lanes);
            this.keys = keys;
            this.perMs = perMs;
        }

        @Override
        Tuple2<Long, Long> at(long index) {
            return Tuple2.of(Work.below(Work.mix(index), keys), Work.EPOCH + index / perMs);
        }
    }

    static class MakeBids extends Make<Tuple4<Long, Long, Long, Long>> {
        private final long perSecond;
        private transient Work.Numbers n;

        MakeBids(long count, int lanes, long perSecond) {
            super(count, lanes);
            this.perSecond = perSecond;
        }

        @Override
        public void open(OpenContext context) {
            n = new Work.Numbers();
        }

        @Override
        Tuple4<Long, Long, Long, Long> at(long index) {
            n.of(index, Work.mix(index), perSecond);
            return Tuple4.of(n.auction, n.bidder, n.price, n.time);
        }
    }

    static class MakeFullBids extends Make<Work.FullBid> {
        private final long perSecond;
        private transient Work.Numbers n;
        private transient Work.Texts texts;

        MakeFullBids(long count, int lanes, long perSecond) {
            super(count, lanes);
            this.perSecond = perSecond;
        }

        @Override
        public void open(OpenContext context) {
            n = new Work.Numbers();
            texts = new Work.Texts();
        }

        @Override
        Work.FullBid at(long index) {
            long r = Work.mix(index);
            n.of(index, r, perSecond);
            Work.FullBid bid = new Work.FullBid();
            bid.auction = n.auction;
            bid.bidder = n.bidder;
            bid.price = n.price;
            bid.time = n.time;
            texts.fill(bid, r);
            return bid;
        }
    }

    static class Count<T> implements AggregateFunction<T, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(T value, Long n) {
            return n + 1;
        }

        @Override
        public Long getResult(Long n) {
            return n;
        }

        @Override
        public Long merge(Long a, Long b) {
            return a + b;
        }
    }

    /**
     * Count for windows that slide, each record in very many: a count that stays where it is spares the collector as many new
     * ones, which old entries of the state would point to.
     */
    static class CountInPlace<T> implements AggregateFunction<T, long[], Long> {
        @Override
        public long[] createAccumulator() {
            return new long[1];
        }

        @Override
        public long[] add(T value, long[] n) {
            n[0]++;
            return n;
        }

        @Override
        public Long getResult(long[] n) {
            return n[0];
        }

        @Override
        public long[] merge(long[] a, long[] b) {
            a[0] += b[0];
            return a;
        }
    }

    /** Makes a result of key, end of the window, count. */
    static class WithWindow extends ProcessWindowFunction<Long, Tuple3<Long, Long, Long>, Long, TimeWindow> {
        @Override
        public void process(Long key, Context context, Iterable<Long> count, Collector<Tuple3<Long, Long, Long>> out) {
            out.collect(Tuple3.of(key, context.window().getEnd(), count.iterator().next()));
        }
    }

    static class WindowTally extends Meter.Tally<Tuple3<Long, Long, Long>> {
        @Override
        long weigh(Tuple3<Long, Long, Long> w) {
            return Work.weighWindow(w.f0, w.f1, w.f2);
        }
    }
}
