import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.binary.BinaryStringData;

/** What the strings of events are cut from: examples/nexmark/market/text.go in Java. They are made once, as Flink keeps strings. */
final class Texts {
    static final int HOT_CHANNELS = 4;
    static final int CHANNELS = 10_000;
    private static final int LETTERS = 1 << 20;
    private static final int DIGIT_GROUPS = 10_000;
    private static final int EACH = 1_000;
    private static final int STEP_BITS = 10;
    private static final int STEPS = 1 << STEP_BITS;

    final BinaryStringData[] cities =
            list("Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne");
    final BinaryStringData[] states = list("AZ,CA,ID,OR,WA,WY");
    final BinaryStringData[] names;
    final BinaryStringData[] emails = new BinaryStringData[EACH];
    final BinaryStringData[] items = new BinaryStringData[EACH];
    final BinaryStringData[] descriptions = new BinaryStringData[EACH];
    final BinaryStringData[] channels = new BinaryStringData[HOT_CHANNELS + CHANNELS];
    final BinaryStringData[] urls = new BinaryStringData[HOT_CHANNELS + CHANNELS];
    private final MemorySegment[] letters;
    private final MemorySegment[] digits;
    private final long[] prices = new long[STEPS + 1];
    private long state; // of the random numbers

    Texts(long seed) {
        state = Market.mix(~seed);
        letters = segment(letters(LETTERS, ' ', false));
        StringBuilder groups = new StringBuilder();
        for (int i = 0; i < DIGIT_GROUPS; i++) {
            groups.append(String.format(Locale.ROOT, "%04d ", below(10_000)));
        }
        digits = segment(groups.toString());
        List<String> all = new ArrayList<>();
        for (String first : "Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter".split(",")) {
            for (String last : "Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris".split(",")) {
                all.add(first + " " + last);
            }
        }
        names = list(String.join(",", all));
        for (int i = 0; i < EACH; i++) {
            emails[i] = ready(words(7, ' ') + "@" + words(5, ' ') + ".com");
            items[i] = ready(words(20, ' '));
            descriptions[i] = ready(words(100, ' '));
        }
        String[] hot = "Google,Facebook,Baidu,Apple".split(",");
        for (int i = 0; i < HOT_CHANNELS; i++) {
            channels[i] = ready(hot[i]);
            urls[i] = ready(page());
        }
        for (int i = 0; i < CHANNELS; i++) {
            String url = page();
            if (below(10) > 0) {
                url += "&channel_id=" + (Integer.reverse(i) & Integer.MAX_VALUE);
            }
            channels[HOT_CHANNELS + i] = ready("channel-" + i);
            urls[HOT_CHANNELS + i] = ready(url);
        }
        for (int i = 0; i <= STEPS; i++) {
            prices[i] = Math.round(100 * Math.pow(10, 6 * (double) i / STEPS));
        }
    }

    long price(long random) {
        int rest = 32 - STEP_BITS;
        int at = (int) (random >>> rest);
        long part = random & (1L << rest) - 1;
        return prices[at] + ((prices[at + 1] - prices[at]) * part >> rest);
    }

    BinaryStringData extra(int room, long random, Market market) {
        if (room <= 0) {
            return BinaryStringData.EMPTY_UTF8;
        }
        int spread = (room + 2) / 5;
        int size = room - spread;
        if (spread > 0) {
            size += (int) Market.scale(random, 2L * spread);
        }
        int from = (int) Market.scaleFar(market.draw(), LETTERS - size);
        return BinaryStringData.fromAddress(letters, from, size);
    }

    BinaryStringData creditCard(long random) {
        int groups = 4;
        int from = 5 * (int) Market.scale(random, DIGIT_GROUPS - groups + 1);
        return BinaryStringData.fromAddress(digits, from, 5 * groups - 1);
    }

    private long draw() {
        state += 0x9e3779b97f4a7c15L;
        return Market.mix(state);
    }

    private long below(long n) {
        return Market.scaleFar(draw(), n);
    }

    private String page() {
        return "https://www.nexmark.com/" + words(5, '_') + "/" + words(5, '_') + "/" + words(5, '_') + "/item.htm?query=1";
    }

    private String words(int below, char special) {
        return letters(3 + (int) below(below - 3), special, true).strip();
    }

    private String letters(int length, char special, boolean some) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            long two = draw();
            char letter = (char) ('a' + Market.scale(Market.high(two), 26));
            text.append(some && Market.scale(Market.low(two), 13) == 0 ? special : letter);
        }
        return text.toString();
    }

    private static MemorySegment[] segment(String text) {
        return new MemorySegment[] {MemorySegmentFactory.wrap(text.getBytes(StandardCharsets.US_ASCII))};
    }

    private static BinaryStringData ready(String text) {
        BinaryStringData string = BinaryStringData.fromString(text);
        string.ensureMaterialized();
        return string;
    }

    private static BinaryStringData[] list(String names) {
        String[] all = names.split(",");
        BinaryStringData[] ready = new BinaryStringData[all.length];
        for (int i = 0; i < all.length; i++) {
            ready[i] = ready(all[i]);
        }
        return ready;
    }
}
