import java.time.Duration;

import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.java.utils.ParameterTool;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.windowing.assigners.TumblingProcessingTimeWindows;
import org.apache.flink.util.Collector;

/** The same job as examples/socketwordcount: the words of lines from a socket, counted in tumbling windows. */
public class SocketWindowWordCount {

    public static void main(String[] args) throws Exception {
        ParameterTool params = ParameterTool.fromArgs(args);
        String host = params.get("host", "localhost");
        int port = params.getInt("port", 9010);
        Duration window = Duration.ofSeconds(params.getLong("window", 5));

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.socketTextStream(host, port)
                .flatMap(new Splitter())
                .uid("words")
                .keyBy(w -> w.word)
                .window(TumblingProcessingTimeWindows.of(window))
                .reduce((a, b) -> new WordCount(a.word, a.count + b.count))
                .uid("window-count")
                .print();
        env.execute("streaming.SocketWindowWordCount");
    }

    /** One record for each word of a line. */
    public static class Splitter implements FlatMapFunction<String, WordCount> {
        @Override
        public void flatMap(String line, Collector<WordCount> out) {
            for (String word : line.trim().split("\\s+")) {
                if (!word.isEmpty()) {
                    out.collect(new WordCount(word, 1));
                }
            }
        }
    }

    /** A word and how often it came. Public fields and an empty constructor: Flink's own serializer takes it. */
    public static class WordCount {
        public String word;
        public long count;

        public WordCount() {}

        public WordCount(String word, long count) {
            this.word = word;
            this.count = count;
        }

        @Override
        public String toString() {
            return word + " : " + count;
        }
    }
}
