import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

import org.apache.flink.api.java.utils.ParameterTool;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * A query of the Nexmark benchmark in Flink SQL, in a cluster inside this JVM: the peer of examples/nexmark. The queries
 * are in the folder queries, the tables that they read in tables.sql.
 */
public final class Nexmark {
    private Nexmark() {}

    public static void main(String[] args) throws Exception {
        ParameterTool params = ParameterTool.fromArgs(args);
        String query = params.getRequired("query");
        long events = params.getLong("events");

        Configuration settings = new Configuration();
        settings.setString("parallelism.default", params.get("parallelism", "2"));
        settings.setString("pipeline.object-reuse", "true");
        settings.setString("state.backend.type", "hashmap");
        settings.setString("taskmanager.memory.managed.size", "256m");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        tables.getConfig().set("table.local-time-zone", "UTC");

        String source = text("tables.sql")
                .replace("${events}", Long.toString(events))
                .replace("${event-rate}", params.getRequired("event-rate"))
                .replace("${seed}", params.get("seed", "1"));
        for (String statement : source.split(";\\s*\n")) {
            if (!statement.isBlank()) {
                tables.executeSql(statement);
            }
        }
        Meter.begin(events);
        tables.sqlQuery(text("queries/" + query + ".sql"))
                .insertInto(TableDescriptor.forConnector(CountRows.CONNECTOR).build())
                .execute()
                .await();
        Meter.report();
    }

    private static String text(String name) throws IOException {
        try (InputStream in = Nexmark.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException("no " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
